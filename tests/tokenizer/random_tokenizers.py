#!/usr/bin/env python3
"""random_tokenizers.py [--count N] [--seed N] [--output FILE]: small tokenizers at random, and what the Rust
tokenizers make of texts with each: a line of JSON a tokenizer.

Needs the package tokenizers. Without --output it writes random_tokenizers.zip, beside this script, which
random_tokenizers_test.cc holds Henson to. By hand:

  random_tokenizers.py --count 20000 --seed 5 --output /tmp/cases.jsonl
  HENSON_RANDOM_TOKENIZERS=/tmp/cases.jsonl build/runtime_tests --gtest_filter='RandomTokenizers.*'
"""
import argparse
import base64
import json
import os
import pathlib
import random
import struct
import sys

import golden
from tokenizers import Tokenizer


# Characters that something in the pipeline treats apart.
ALPHABET = ("aabbccddeezzABCÉéèüßİıſǅﬁ①½²٣९一二三日本のテスト가각한글ᄀ" "αβΣςσжЖйабв"
            "אבגتَّ" "हिन्दीক্ষสวัสดี" "😀👩‍💻🏳️‍🌈🇩🇪" "\u0301\u0308\u0327\u0345\u200d\ufe0f\u200b\u00ad\ufeff\ufffd"
            "▁▁Ġ.,;:!?'\"`-_()[]<>/\\@#$%&*+=~^|{}0123456789" "\u00a0\u2003\u3000\u2028\u0085\t\n\r\x01\x7f\x1f"
            "      ")
WORDS = ["the", "of", "un", "##s", "don't", "we'll", "I'm", "x's", "\r\n", "  ", "   ", "e\u0301", "A\u030a",
         "\u1100\u1161\u11a8", "ǆ", "``", "''", "<s>", "</s>", "[MASK]", "<unk>", "<0x41>", "new york", " a ", "aa",
         "abc", "ab", "12", "3.5", "©\u200d", "\u0600a", "q\u0323\u0307", "q\u0307\u0323", "ﬃ", "㎏", "Å"]


class Random(random.Random):
    def maybe(self, probability=0.5):
        return self.random() < probability

    def word(self, longest=4):
        if self.maybe(0.25):
            return self.choice(WORDS)
        return "".join(self.choice(ALPHABET) for _ in range(self.randint(1, longest)))

    def text(self):
        return "".join(self.word(5) + (" " if self.maybe(0.4) else "") for _ in range(self.randint(0, 12)))


def charsmap(rng):
    """A compiled map of some strings, as SentencePiece writes it."""
    pairs = {}
    for _ in range(rng.randint(1, 12)):
        key = rng.choice([rng.word(1), rng.word(2), "e\u0301", "\t", "\r\n", "\u3000", "ﬁ", "①", "\u00a0"])
        pairs[key.encode()] = rng.choice([" ", "", rng.word(2), rng.word(1), "abc"]).encode()
    pairs.pop(b"", None)
    replacements, values = b"", {}
    for key, value in pairs.items():
        values[key] = len(replacements)
        replacements += value + b"\0"
    units, used = {0: 0}, {0}

    def place(prefix, at):
        children = sorted({key[len(prefix)] for key in values if key.startswith(prefix) and key != prefix})
        labels = ([0] if prefix in values else []) + children
        base = 1
        while any(base ^ label in used for label in labels):
            base += 1
        used.update(base ^ label for label in labels)
        assert base ^ at < 1 << 21
        units[at] |= (base ^ at) << 10 | (1 << 8 if prefix in values else 0)
        if prefix in values:
            units[base] = values[prefix] | 1 << 31
        for label in children:
            units[base ^ label] = label
        for label in children:
            place(prefix + bytes([label]), base ^ label)

    place(b"", 0)
    size = max(units) // 256 * 256 + 512
    array = struct.pack(f"<I{size}I", 4 * size, *(units.get(i, 0) for i in range(size)))
    return base64.b64encode(array + replacements).decode()


PATTERNS = [r"\s+", r" {2,}", r"\p{L}+", r"\d", r"[^\s\p{L}\p{N}]+", r"(?i:'s|'t|'re)| ?\p{L}+| ?\p{N}+|\s+(?!\S)|\s+",
            r"\b", r"^", r"$", r"", r"a|ab", r"(?<=a)b", r"[aeiou]", r".", r"\w+|[^\w\s]+", r"x*", r"\p{Han}",
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+", r"\X", r"(.)\1"]


EMPTY = {r"\b", r"^", r"$", r"", r"x*"}  # what these find may have no characters


def pattern(rng, finds_nothing=True):
    made = {"Regex": rng.choice(PATTERNS)} if rng.maybe(0.6) else {"String": rng.choice([" ", "a", "", rng.word(2)])}
    if not finds_nothing and list(made.values())[0] in EMPTY:
        return pattern(rng, finds_nothing)
    return made


def normalizer(rng, depth=0):
    kind = rng.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "Strip", "Replace", "Prepend",
                       "Precompiled", "BertNormalizer", "ByteLevel", "Sequence", "Sequence", "Sequence"])
    made = {"type": kind}
    if kind == "Strip":
        made |= {"strip_left": rng.maybe(), "strip_right": rng.maybe()}
    elif kind == "Replace":
        # Characters that are from nowhere would lead the Rust tokenizers astray.
        made |= {"pattern": pattern(rng, False), "content": rng.choice(["", " ", "x", "▁", rng.word(2)])}
    elif kind == "Prepend":
        made |= {"prepend": rng.choice(["▁", " ", "ab"])}
    elif kind == "Precompiled":
        made |= {"precompiled_charsmap": charsmap(rng)}
    elif kind == "BertNormalizer":
        made |= {"clean_text": rng.maybe(), "handle_chinese_chars": rng.maybe(), "lowercase": rng.maybe(),
                 "strip_accents": rng.choice([None, True, False])}
    elif kind == "Sequence":
        if depth > 1:
            return normalizer(rng, depth)
        made |= {"normalizers": [normalizer(rng, depth + 1) for _ in range(rng.randint(0, 4))]}
    return made


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def pre_tokenizer(rng, depth=0):
    kind = rng.choice(["BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Metaspace", "Metaspace", "Whitespace",
                       "WhitespaceSplit", "Punctuation", "Digits", "UnicodeScripts", "FixedLength", "Split", "Split",
                       "Sequence", "Sequence"])
    made = {"type": kind}
    if kind == "ByteLevel":
        made |= {"add_prefix_space": rng.maybe(), "trim_offsets": rng.maybe(), "use_regex": rng.maybe()}
    elif kind == "CharDelimiterSplit":
        made |= {"delimiter": rng.choice([" ", "a", "一", "-"])}
    elif kind == "Metaspace":
        made |= {"replacement": rng.choice("▁▁▁_Ġ"), "prepend_scheme": rng.choice(["always", "first", "never"]),
                 "split": rng.maybe(0.7)}
    elif kind == "Punctuation":
        made |= {"behavior": rng.choice(BEHAVIORS)}
    elif kind == "Digits":
        made |= {"individual_digits": rng.maybe()}
    elif kind == "FixedLength":
        made |= {"length": rng.randint(1, 6)}
    elif kind == "Split":
        made |= {"pattern": pattern(rng), "behavior": rng.choice(BEHAVIORS), "invert": rng.maybe()}
    elif kind == "Sequence":
        if depth > 1:
            return pre_tokenizer(rng, depth)
        made |= {"pretokenizers": [pre_tokenizer(rng, depth + 1) for _ in range(rng.randint(0, 4))]}
    return made


def decoder(rng, depth=0):
    kind = rng.choice(["BPEDecoder", "ByteLevel", "WordPiece", "Metaspace", "CTC", "Replace", "Fuse", "Strip",
                       "ByteFallback", "Sequence"])
    made = {"type": kind}
    if kind == "BPEDecoder":
        made |= {"suffix": rng.choice(["</w>", "a"])}
    elif kind == "ByteLevel":
        made |= {"add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    elif kind == "WordPiece":
        made |= {"prefix": rng.choice(["##", ""]), "cleanup": rng.maybe()}
    elif kind == "Metaspace":
        made |= {"replacement": "▁", "prepend_scheme": rng.choice(["always", "first", "never"]), "split": rng.maybe()}
    elif kind == "CTC":
        made |= {"pad_token": "a", "word_delimiter_token": "▁", "cleanup": rng.maybe()}
    elif kind == "Replace":
        made |= {"pattern": pattern(rng), "content": rng.choice(["", " ", "x"])}
    elif kind == "Strip":
        made |= {"content": rng.choice(" a▁"), "start": rng.randint(0, 2), "stop": 0}
    elif kind == "Sequence":
        if depth > 1:
            return decoder(rng, depth)
        made |= {"decoders": [decoder(rng, depth + 1) for _ in range(rng.randint(0, 4))]}
    return made


BYTES = {byte: chr(c) for byte, c in zip(
    list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256)) +
    [b for b in range(256) if b < 33 or 127 <= b < 161 or b == 173],
    list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256)) + list(range(256, 324)))}


def tokens(rng, texts):
    """Distinct strings that occur in texts as the pipeline spells them, and some others."""
    found = {}
    for _ in range(rng.randint(5, 60)):
        if texts and rng.maybe(0.8):
            text = rng.choice(texts)
            begin = rng.randrange(len(text))
            found[text[begin:begin + rng.choice([1, 1, 1, 2, 2, 3, 4, 6])]] = None
        else:
            found[rng.word(3)] = None
    return [token for token in found if token]


def shuffled(rng, items):
    items = list(items)
    rng.shuffle(items)
    return items


def bpe(rng, spelled):
    prefix = rng.choice([None, None, None, "", "##"])
    suffix = rng.choice([None, None, None, "", "</w>"])
    characters = sorted({c for text in spelled for c in text}) if spelled else ["a", "b"]
    characters = [c for c in characters if rng.maybe(0.85)] or ["a"]
    vocabulary = dict.fromkeys(characters)
    for c in characters:
        if prefix and rng.maybe(0.8):
            vocabulary[prefix + c] = None
        if suffix and rng.maybe(0.8):
            vocabulary[c + suffix] = None
    merges, known = [], list(vocabulary)
    for _ in range(rng.randint(0, 40) if known else 0):
        left, right = rng.choice(known), rng.choice(known)
        if spelled and rng.maybe(0.8):
            text = rng.choice(spelled)
            at = rng.randrange(len(text))
            lefts = [t for t in known if text.startswith(t, at)]
            if lefts:
                left = rng.choice(lefts)
                rights = [t for t in known if text.startswith(t.removeprefix(prefix or ""), at + len(left))]
                if prefix:
                    rights = [t for t in rights if t.startswith(prefix)]
                if rights:
                    right = rng.choice(rights)
        if prefix and not right.startswith(prefix):
            continue
        merged = left + right[len(prefix or ""):]
        merges.append([left, right])
        if merged not in vocabulary:
            vocabulary[merged] = None
            known.append(merged)
    # With both, offsets of the Rust tokenizers lead anywhere.
    byte_fallback = not prefix and not suffix and rng.maybe(0.3)
    if byte_fallback:
        vocabulary |= {f"<0x{b:02X}>": None for b in range(256) if rng.maybe(0.98)}
    unk = rng.choice([None, "<unk>", "<unk>"])
    if unk:
        vocabulary[unk] = None
    ids = {token: i for i, token in enumerate(shuffled(rng, vocabulary))}
    if rng.maybe():
        merges = [" ".join(merge) for merge in merges if " " not in "".join(merge)]
    return {"type": "BPE", "dropout": None, "unk_token": unk, "continuing_subword_prefix": prefix,
            "end_of_word_suffix": suffix, "fuse_unk": rng.maybe(), "byte_fallback": byte_fallback,
            "ignore_merges": rng.maybe(0.3), "vocab": ids, "merges": merges}


def model(rng, spelled):
    kind = rng.choice(["WordPiece", "BPE", "BPE", "Unigram", "Unigram", "WordLevel"])
    if kind == "BPE":
        return bpe(rng, spelled)
    found = tokens(rng, spelled)
    if kind == "Unigram":
        vocabulary = [[token, round(-rng.random() * 12, rng.choice([0, 1, 12]))] for token in found]
        byte_fallback = rng.maybe(0.3)
        if byte_fallback:
            vocabulary += [[f"<0x{b:02X}>", 0.0] for b in range(256) if rng.maybe(0.98)]
        if rng.maybe(0.2):
            vocabulary.append(list(rng.choice(vocabulary)))
        unk = rng.randrange(len(vocabulary)) if vocabulary and rng.maybe(0.9) else None
        if unk is not None and rng.maybe(0.8):
            vocabulary[unk][0] = "<unk>"
        return {"type": "Unigram", "unk_id": unk, "vocab": vocabulary, "byte_fallback": byte_fallback}
    if kind == "WordPiece":
        found += ["##" + token for token in tokens(rng, spelled)]
    found.append("[UNK]")
    ids = {token: i for i, token in enumerate(dict.fromkeys(shuffled(rng, found)))}
    if kind == "WordPiece":
        return {"type": kind, "unk_token": "[UNK]", "continuing_subword_prefix": rng.choice(["##", "##", ""]),
                "max_input_chars_per_word": rng.choice([100, 100, 3]), "vocab": ids}
    return {"type": kind, "vocab": ids, "unk_token": "[UNK]"}


def added_tokens(rng, texts):
    made = {}
    for i in range(rng.choice([0, 0, 1, 2, 4])):
        content = rng.choice(["<s>", "</s>", "[MASK]", "<mask>", rng.word(3), rng.word(2), rng.choice(texts)[:3] or "b"])
        made[content] = {"id": 1000 + i, "content": content, "single_word": rng.maybe(0.3), "lstrip": rng.maybe(0.3),
                         "rstrip": rng.maybe(0.3), "normalized": rng.maybe(), "special": rng.maybe()}
    return list(made.values())


def post_processor(rng, ids):
    def token():
        return rng.choice(list(ids.items())) if ids else ("<s>", 5)

    kind = rng.choice([None, None, "BertProcessing", "RobertaProcessing", "TemplateProcessing", "ByteLevel", "Sequence"])
    if kind is None:
        return None
    made = {"type": kind}
    if kind in ("BertProcessing", "RobertaProcessing"):
        made |= {"sep": list(token()), "cls": list(token())}
    if kind in ("RobertaProcessing", "ByteLevel"):
        made |= {"trim_offsets": rng.maybe(0.7), "add_prefix_space": rng.maybe()}
    if kind == "ByteLevel":
        made |= {"use_regex": True}
    if kind == "TemplateProcessing":
        names = {name: {"id": name, "ids": [rng.randint(0, 30) for _ in range(n)], "tokens": ["t"] * n}
                 for name, n in (("<a>", 1), ("<b>", 1), ("<c>", 2))}

        def special():
            return [{"SpecialToken": {"id": rng.choice(list(names)), "type_id": rng.randint(0, 2)}}
                    for _ in range(rng.randint(0, 2))]

        def sequence(which):
            return [{"Sequence": {"id": which, "type_id": rng.randint(0, 2)}}]
        made |= {"single": special() + sequence("A") + special(),
                 "pair": special() + sequence("A") + special() + sequence("B") + special(),
                 "special_tokens": names}
    if kind == "Sequence":
        template = post_processor(rng, ids)
        while template is None or template["type"] not in ("TemplateProcessing", "BertProcessing"):
            template = post_processor(rng, ids)
        trimming = {"type": "ByteLevel", "trim_offsets": rng.maybe(), "add_prefix_space": rng.maybe(), "use_regex": True}
        made |= {"processors": [trimming, template]}
    return made


def truncation(rng):
    return {"direction": rng.choice(["Left", "Right"]), "max_length": rng.randint(13, 18),
            "strategy": rng.choice(["LongestFirst", "OnlyFirst", "OnlySecond"]), "stride": 0}


def describe(rng, texts):
    """A tokenizer.json. What the model sees is asked of the parts before it."""
    made = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
            "normalizer": normalizer(rng) if rng.maybe(0.7) else None,
            "pre_tokenizer": pre_tokenizer(rng) if rng.maybe(0.9) else None,
            "post_processor": None, "decoder": decoder(rng) if rng.maybe(0.8) else None,
            "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}
    before = Tokenizer.from_str(json.dumps(made))
    spelled = []
    for text in texts:
        if before.normalizer is not None:
            text = before.normalizer.normalize_str(text)
        words = [text] if before.pre_tokenizer is None else [w for w, _ in before.pre_tokenizer.pre_tokenize_str(text)]
        spelled += [word for word in words if word]
    made["model"] = model(rng, spelled)
    made["added_tokens"] = added_tokens(rng, texts)
    ids = Tokenizer.from_str(json.dumps(made)).get_vocab(with_added_tokens=True)
    made["post_processor"] = post_processor(rng, ids)
    if rng.maybe(0.15):
        made["truncation"] = truncation(rng)
    return made


def byte_positions(text):
    positions = [0]
    for c in text:
        positions.append(positions[-1] + len(c.encode()))
    return positions


def answer(tokenizer, texts, add_special):
    case = {"texts": texts, "add_special": add_special}
    try:
        encoding = tokenizer.encode(*texts, add_special_tokens=add_special)
    except BaseException as error:  # also panics
        if isinstance(error, KeyboardInterrupt):
            raise
        return case | {"error": str(error)[:200]}
    if tokenizer.truncation is not None and all(encoding.special_tokens_mask) and any(texts):
        return case | {"error": "nothing of the texts is left"}
    at = [byte_positions(text) for text in texts]
    sequences = [-1 if s is None else s for s in encoding.sequence_ids]
    offsets = []
    for s, (begin, end) in zip(sequences, encoding.offsets):
        fits = s >= 0 and max(begin, end) < len(at[s])
        offsets.append([at[s][begin], at[s][end]] if fits else [begin, end])
    case |= {"ids": encoding.ids, "type_ids": encoding.type_ids, "special": encoding.special_tokens_mask,
             "sequences": sequences, "offsets": offsets, "words": [-1 if w is None else w for w in encoding.word_ids]}
    for name, skips in (("decoded", False), ("decoded_without_special", True)):
        try:
            case[name] = tokenizer.decode(encoding.ids, skip_special_tokens=skips)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
    return case


def line(seed):
    rng = Random(seed)
    texts = [rng.text() for _ in range(6)]
    try:
        description = describe(rng, [text for text in texts if text] or ["a"])
        tokenizer = Tokenizer.from_str(json.dumps(description))
    except BaseException as error:  # panics of the normalizer
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    cases = [answer(tokenizer, [text], rng.maybe()) for text in texts]
    cases += [answer(tokenizer, [rng.choice(texts), rng.choice(texts)], rng.maybe(0.8)) for _ in range(2)]
    return {"seed": seed, "tokenizer": description, "cases": cases}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    os.environ.setdefault("RUST_BACKTRACE", "0")
    made = [made for made in map(line, range(arguments.seed, arguments.seed + arguments.count)) if made is not None]
    text = "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in made)
    if arguments.output is None:
        golden.write_zip(golden.FOLDER / "random_tokenizers.zip", {"random_tokenizers.jsonl": text.encode()})
    else:
        arguments.output.write_text(text, encoding="utf-8")
    print(f"{len(made)} tokenizers of {arguments.count}", file=sys.stderr)


if __name__ == "__main__":
    main()
