"""Folders of a tokenizer with a broken file each: vocab.txt, tokenizer.json, vocab.json with
merges.txt, and the configurations beside them."""

import copy
import json

WORDS = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n"


def added(token, number, **more):
    return dict({"id": number, "content": token, "single_word": False, "lstrip": False,
                 "rstrip": False, "normalized": False, "special": True}, **more)


WORD_PIECE = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [added("[PAD]", 0), added("[CLS]", 2)],
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                   "strip_accents": None, "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "##b": 5}},
}

BPE = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [added("<s>", 0), added("<mask>", 2, lstrip=True)],
    "normalizer": None,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
    "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
                       "trim_offsets": True, "add_prefix_space": False},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "dropout": None, "unk_token": None, "fuse_unk": False,
              "continuing_subword_prefix": "", "end_of_word_suffix": "",
              "vocab": {"<s>": 0, "</s>": 1, "<mask>": 2, "a": 3, "b": 4, "ab": 5},
              "merges": ["a b"]},
}


def changed(sound, path, value):
    """The JSON with another value at a path; None takes it away."""
    model = copy.deepcopy(sound)
    *before, last = path.split("/")
    place = model
    for key in before:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if isinstance(place, list):
        last = int(last)
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(model, indent=1)


def files():
    for what, data in vocab_txts().items():
        yield f"txt_{what}/vocab.txt", data
    for what, data in {**texts(), **word_pieces(), **bpes()}.items():
        yield f"json_{what}/tokenizer.json", data
    for what, (vocab, merges) in merges_files().items():
        if vocab is not None:
            yield f"bpe_{what}/vocab.json", vocab
        if merges is not None:
            yield f"bpe_{what}/merges.txt", merges
    for what, (name, data) in configs().items():
        yield f"config_{what}/vocab.txt", WORDS
        yield f"config_{what}/{name}", data


def vocab_txts():
    return {
        "empty": "",
        "of_invalid_utf8": b"[UNK]\n\xff\xfe\n",
        "of_utf16": "[UNK]\n[CLS]\n".encode("utf-16-le"),
        "cut_in_a_character": WORDS.encode() + b"\xe2\x82",
        "of_surrogates": WORDS.encode() + b"\xed\xa0\x80\n",
        "without_unknown": WORDS.replace("[UNK]\n", ""),
        "without_separators": WORDS.replace("[CLS]\n", "").replace("[SEP]\n", ""),
        "of_an_archive": b"PK\x03\x04" + bytes(26),
        "of_html": "<!DOCTYPE html>\n<html><body>404</body></html>\n",
    }


def texts():
    sound = json.dumps(WORD_PIECE)
    return {
        "empty": "",
        "cut": sound[:len(sound) // 2],
        "with_a_tail": sound + "}",
        "of_a_list": "[1, 2]",
        "of_a_text": '"tokenizer"',
        "of_null": "null",
        "of_invalid_utf8": sound.encode().replace(b'"a"', b'"\xff"'),
        "of_half_a_surrogate": sound.replace('"a"', '"\\ud800"'),
        "of_a_number_beyond_doubles": sound.replace('"a": 4', '"a": 1e999'),
        "100000_deep": "[" * 100000,
        "of_comments": "// a tokenizer\n" + sound,
        "of_single_quotes": sound.replace('"', "'"),
        "of_nan": sound.replace('"a": 4', '"a": NaN'),
    }


def word_pieces():
    def other(path, value):
        return changed(WORD_PIECE, path, value)

    return {
        "version_2": other("version", "2.0"),
        "version_of_a_number": other("version", 1),
        "without_model": other("model", None),
        "model_of_a_list": other("model", []),
        "without_vocabulary": other("model/vocab", None),
        "vocabulary_of_a_text": other("model/vocab", "vocab.txt"),
        "vocabulary_of_nothing": other("model/vocab", {}),
        "id_negative": other("model/vocab/a", -1),
        "id_of_a_text": other("model/vocab/a", "4"),
        "id_of_a_float": other("model/vocab/a", 4.5),
        "id_beyond_64_bits": other("model/vocab/a", 1 << 64),
        "id_of_2_to_the_40": other("model/vocab/a", 1 << 40),
        "ids_with_a_gap": other("model/vocab/a", 3 << 20),
        "without_unknown": other("model/unk_token", "<missing>"),
        "words_of_negative_length": other("model/max_input_chars_per_word", -1),
        "prefix_of_a_number": other("model/continuing_subword_prefix", 2),
        "lower_case_of_a_number": other("normalizer/lowercase", 1),
        "normalizer_without_type": other("normalizer/type", None),
        "added_of_an_object": other("added_tokens", {}),
        "added_without_content": other("added_tokens/0/content", None),
        "added_of_a_number": other("added_tokens/0", 7),
        "separator_without_id": other("post_processor/sep", ["[SEP]"]),
    }


def bpes():
    def other(path, value):
        return changed(BPE, path, value)

    return {
        "merges_of_an_object": other("model/merges", {}),
        "merge_of_one_token": other("model/merges/0", "ab"),
        "merge_of_three_tokens": other("model/merges/0", ["a", "b", "ab"]),
        "merge_of_a_number": other("model/merges/0", ["a", 1]),
        "merge_of_an_unknown_token": other("model/merges/0", "a c"),
        "merge_to_an_unknown_token": other("model/merges/0", "b a"),
        "dropout": other("model/dropout", 0.5),
    }


def merges_files():
    vocab = json.dumps({"<s>": 0, "</s>": 1, "<unk>": 2, "<mask>": 3, "a": 4, "b": 5, "ab": 6})
    return {
        "without_merges": (vocab, None),
        "without_vocabulary": (None, "a b\n"),
        "vocabulary_cut": (vocab[:-4], "a b\n"),
        "vocabulary_of_a_list": ('["a", "b"]', "a b\n"),
        "vocabulary_of_texts": ('{"a": "0"}', "a b\n"),
        "without_ends": (json.dumps({"a": 0, "b": 1, "ab": 2}), "a b\n"),
        "merges_of_invalid_utf8": (vocab, b"a \xff\n"),
        "merge_of_one_token": (vocab, "#version: 0.2\nab\n"),
        "merge_of_three_tokens": (vocab, "#version: 0.2\na b\na b c\n"),
        "merges_with_an_empty_line": (vocab, "a b\n\na b\n"),
        "merge_of_an_unknown_token": (vocab, "a c\n"),
    }


def configs():
    config, special, more = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
    return {
        "cut": (config, '{"do_lower_case": tr'),
        "of_a_list": (config, "[]"),
        "lower_case_of_a_text": (config, '{"do_lower_case": "yes"}'),
        "mask_of_a_number": (config, '{"mask_token": 5}'),
        "mask_without_content": (config, '{"mask_token": {"text": "[MASK]"}}'),
        "unknown_that_is_missing": (config, '{"unk_token": "<missing>"}'),
        "added_of_no_id": (config, '{"added_tokens_decoder": {"x": {"content": "a"}}}'),
        "special_of_a_list": (special, '{"cls_token": ["[CLS]"]}'),
        "added_of_a_text": (more, '{"<new>": "7"}'),
        "added_of_an_array": (more, '["<new>"]'),
    }
