#!/usr/bin/env python3
"""make_kinds_golden.py: writes kinds.zip, beside this script: tokenizers of all kinds, trained on lines.txt, and
what the Rust ones make of its lines. golden.py says how.

Needs the packages tokenizers, sentencepiece and transformers (0.22.2, 0.2.3 and 4.57.1 wrote what is here): those
that are kept in SentencePiece's files are what transformers makes of them. A folder of the archive is a tokenizer's.
"""
import io
import json
import pathlib
import shutil
import tempfile

import sentencepiece
import transformers
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

import golden

SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
CLIP_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
LINES = golden.read_lines()


def train(tokenizer, trainer, special):
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True, lstrip="mask" in t.lower())
                                  for t in special])
    return tokenizer


def around(tokenizer, cls, sep, pair_type=0):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", pair=f"{cls} $A {sep} {sep} $B:{pair_type} {sep}:{pair_type}",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in (cls, sep)])
    return tokenizer


def unigram():
    """With the pieces that SentencePiece trained: the package's own trainer wants each character."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces = sentencepiece.SentencePieceProcessor(
        model_proto=sentencepiece_model(model_type="unigram", vocab_size=3900))
    scores = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(3, len(pieces))]
    tokenizer = Tokenizer(models.Unigram([(token, 0.0) for token in special] + scores, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(),
                                                 normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])
    return around(tokenizer, "<s>", "</s>")


def word_level():
    special = ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.UnicodeScripts()])
    trainer = trainers.WordLevelTrainer(vocab_size=1200, special_tokens=special, show_progress=False)
    return around(train(tokenizer, trainer, special), "[CLS]", "[SEP]", 1)


def word_piece():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase(), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(),
                                                       pre_tokenizers.Punctuation("contiguous")])
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=1800, limit_alphabet=700, special_tokens=special, show_progress=False)
    return around(train(tokenizer, trainer, special), "[CLS]", "[SEP]", 1)


def byte_level(pre_tokenizer, normalizer=None, **options):
    special = ["<s>", "</s>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=1500, special_tokens=special, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    train(tokenizer, trainer, special)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1",
                                      special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("<s>", "</s>")])])
    return tokenizer


def modern():
    return byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), normalizers.NFC())


def split():
    return byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
                      ignore_merges=True)


def chinese():
    return byte_level(pre_tokenizers.Sequence([pre_tokenizers.Whitespace(),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False)]),
                      normalizers.Sequence([normalizers.Replace("\n", " "), normalizers.Lowercase()]))


def suffixed(normalizer, pre_tokenizer, alphabet, special):
    tokenizer = Tokenizer(models.BPE(unk_token=special[0], end_of_word_suffix="</w>"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.decoder = decoders.BPEDecoder()
    trainer = trainers.BpeTrainer(vocab_size=1800, limit_alphabet=600, end_of_word_suffix="</w>", special_tokens=special,
                                  initial_alphabet=alphabet, show_progress=False)
    return around(train(tokenizer, trainer, special), special[1], special[2])


def clip():
    return suffixed(normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "),
                                          normalizers.Lowercase()]),
                    pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(CLIP_SPLIT), "removed", invert=True),
                                             pre_tokenizers.ByteLevel(add_prefix_space=False)]),
                    pre_tokenizers.ByteLevel.alphabet(), ["<unk>", "<s>", "</s>"])


def gpt():
    return suffixed(normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer(), [],
                    ["<unk>", "<s>", "</s>"])


def llama():
    special = ["<unk>", "<s>", "</s>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    trainer = trainers.BpeTrainer(vocab_size=1600, limit_alphabet=300, show_progress=False, max_token_length=8,
                                  special_tokens=special + [f"<0x{b:02X}>" for b in range(256)])
    train(tokenizer, trainer, special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return tokenizer


def sentencepiece_model(**options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(LINES), model_writer=model, minloglevel=2,
                                             character_coverage=0.98, hard_vocab_limit=False, **options)
    return model.getvalue()


def kept_in(name, model, kind, config, folder):
    """A tokenizer that transformers makes of a folder with a SentencePiece model."""
    (folder / name).write_bytes(model)
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"tokenizer_class": kind.__name__}))
    return transformers.AutoTokenizer.from_pretrained(folder)._tokenizer


def sentencepiece_kinds():
    plain = sentencepiece_model(model_type="unigram", vocab_size=3900)
    lower = sentencepiece_model(model_type="unigram", vocab_size=3900, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1,
                                pad_piece="<pad>", control_symbols=["[CLS]", "[SEP]"], user_defined_symbols=["[MASK]"],
                                normalization_rule_name="nmt_nfkc_cf")
    t5 = sentencepiece_model(model_type="unigram", vocab_size=3900, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
                             normalization_rule_name="nmt_nfkc")
    deberta = sentencepiece_model(model_type="unigram", vocab_size=3900, pad_id=0, bos_id=1, eos_id=2, unk_id=3,
                                  pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
                                  user_defined_symbols=["[MASK]"], normalization_rule_name="identity")
    pairs = sentencepiece_model(model_type="bpe", vocab_size=3900, normalization_rule_name="nmt_nfkc")
    return {
        "xlm_roberta": ("sentencepiece.bpe.model", plain, transformers.XLMRobertaTokenizerFast, {}),
        "camembert": ("sentencepiece.bpe.model", plain, transformers.CamembertTokenizerFast, {}),
        "albert": ("spiece.model", lower, transformers.AlbertTokenizerFast, {}),
        "albert_accents": ("spiece.model", lower, transformers.AlbertTokenizerFast,
                           {"keep_accents": True, "do_lower_case": False}),
        "t5": ("spiece.model", t5, transformers.T5TokenizerFast, {}),
        "deberta_v2": ("spm.model", deberta, transformers.DebertaV2TokenizerFast, {"split_by_punct": True}),
        "big_bird": ("spiece.model", lower, transformers.BigBirdTokenizerFast, {}),
        "rembert": ("sentencepiece.model", lower, transformers.RemBertTokenizerFast,
                    {"do_lower_case": True, "keep_accents": False}),
        "t5_first": ("spiece.model", t5, transformers.T5TokenizerFast, {"legacy": False, "extra_ids": 5}),
        "bpe_pieces": ("sentencepiece.bpe.model", pairs, transformers.XLMRobertaTokenizerFast, {}),
    }


def main():
    kinds = {"unigram": unigram, "word_level": word_level, "word_piece": word_piece, "modern": modern, "split": split,
             "chinese": chinese, "clip": clip, "gpt": gpt, "llama": llama}
    root = pathlib.Path(tempfile.mkdtemp())
    for name, make in kinds.items():
        folder = root / name
        folder.mkdir()
        tokenizer = make()
        (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
        golden.write(folder, tokenizer, sequences=60)
    for name, (file, model, kind, config) in sentencepiece_kinds().items():
        folder = root / name
        folder.mkdir()
        golden.write(folder, kept_in(file, model, kind, config, folder), sequences=60)
    golden.write_zip(golden.FOLDER / "kinds.zip", {str(path.relative_to(root)): path.read_bytes()
                                                   for path in root.rglob("*") if path.is_file()})
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
