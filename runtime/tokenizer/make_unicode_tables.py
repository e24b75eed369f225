#!/usr/bin/env python3
"""make_unicode_tables.py: writes unicode_tables.cc, beside this script.

Needs the package tokenizers, which it asks about every code point: its Unicode tables are of several
versions (of categories an old one, of decompositions another, of lower case a new one), so no
library's tables are the same as these.
"""
import base64
import pathlib
import struct

import tokenizers
from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
clean = normalizers.BertNormalizer(True, False, False, False).normalize_str
strip = normalizers.BertNormalizer(False, False, True, False).normalize_str
strip_marks = normalizers.StripAccents().normalize_str
decompose = normalizers.NFD().normalize_str
decompose_further = normalizers.NFKD().normalize_str
lower = normalizers.Lowercase().normalize_str
words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
pieces = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
regex_words = pre_tokenizers.Whitespace().pre_tokenize_str
digits = pre_tokenizers.Digits().pre_tokenize_str
scripts = pre_tokenizers.UnicodeScripts().pre_tokenize_str


def grapheme_counter():
    """A normalizer that makes one X of each grapheme of less than 6 bytes, through a double array that
    knows each byte."""
    leaf, value_at = 1 << 8, 512
    units = [0] * 2 * value_at
    units[0] = 256 << 10
    for byte in range(1, 256):
        units[256 ^ byte] = byte | leaf | ((256 ^ byte) ^ value_at) << 10
    array = struct.pack(f"<I{len(units)}I", 4 * len(units), *units)
    return normalizers.Precompiled(array + b"X\0").normalize_str


graphemes = grapheme_counter()


def count(text):
    """How many X it makes: one for each short grapheme, and one for each code point of a longer one."""
    return len(graphemes(text))


# Code points that stand beside one in question. With MARK, LAST has 5 bytes: the two are one X when a
# grapheme begins with LAST, else one each.
MARK, ZWJ, KA, VIRAMA, LAST, LEADING, VOWEL, TRAILING = "\u0301\u200d\u0915\u094d\u2122\u1100\u1161\u11a8"


def grapheme_kind(c):
    """By which rules of text segmentation (UAX #29) it joins its neighbours, if by any. Without those of
    flags, which never matter: a grapheme of two is always long."""
    if count(c + MARK + MARK) == 2:
        return "Control"
    if c == ZWJ:
        return "Joiner"
    if count("a" + c) == 1:
        if count(KA + c + KA + MARK) == 4:
            return "Linker"
        if count(KA + c + VIRAMA + KA + MARK) == 5:
            return "LinkingExtend"
        return "Extend" if count(LAST + c + ZWJ + LAST + MARK) == 5 else "Spacing"
    if count(c + "a") == 1:
        return "Prepend"
    if 0xAC00 <= ord(c) < 0xD7A4:
        return None  # by arithmetic
    if count(c + LEADING + MARK) == 3:
        return "Leading"
    if count(c + TRAILING + MARK) == 3:
        return "Vowel" if count(c + VOWEL + MARK) == 3 else "Trailing"
    if count(c + ZWJ + LAST + MARK) == 4:
        return "Pictographic"
    return "Consonant" if count(c + VIRAMA + KA + MARK) == 4 else None


GRAPHEME_KINDS = ["Control", "Joiner", "Linker", "LinkingExtend", "Extend", "Spacing", "Prepend", "Leading", "Vowel",
                  "Trailing", "Pictographic", "Consonant"]


def grapheme_ranges():
    runs = []
    for c in CODE_POINTS:
        kind = grapheme_kind(chr(c))
        if kind is None:
            continue
        if runs and runs[-1][1] == c - 1 and runs[-1][2] == kind:
            runs[-1][1] = c
        else:
            runs.append([c, c, kind])
    return runs


def reorders(text):
    """Whether a mark changes its place beside one of the lowest or the highest class."""
    return (decompose("a\u0345" + text) != "a\u0345" + text
            or decompose("a" + text + "\u0334") != "a" + text + "\u0334")


def joins(text, neighbour):
    return len(pieces(neighbour + text + neighbour)) == 1


SETS = [
    ("Removed", "Control, format and private use: removed by cleaning.", lambda c: clean(c) == ""),
    ("White", "Separates words.", lambda c: len(words("a" + c + "b")) == 2),
    ("Mark", "Nonspacing marks: what accents are stripped of.",
     lambda c: strip(c) == "" and decompose(c) == c),
    ("Punctuation", "A word of its own in WordPiece.", lambda c: len(words("a" + c + "b")) == 3),
    ("Letter", r"\p{L} of the byte-level pattern.", lambda c: joins(c, "a")),
    ("Number", r"\p{N} of the byte-level pattern.", lambda c: joins(c, "1")),
    ("Decomposes", "Has a canonical decomposition.", lambda c: decompose(c) != c),
    ("Reorders", "Has a combining class other than 0, and no decomposition.",
     lambda c: decompose(c) == c and reorders(c)),
    ("DecomposesFurther", "Has a canonical or a compatibility decomposition.",
     lambda c: decompose_further(c) != c),
    ("AnyMark", "Marks of all kinds: what StripAccents removes.", lambda c: strip_marks(c) == ""),
    ("Word", r"\w of regular expressions.", lambda c: len(regex_words("a" + c + "b")) == 1),
    ("Numeric", "Of the categories Nd, Nl and No.", lambda c: len(digits("a" + c)) == 2),
]


def ranges(members):
    found = []
    for c in members:
        if found and c == found[-1][1] + 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def lower_runs(pairs):
    """Runs (first, last, step, difference) of code points whose lower case is one other."""
    runs = []
    for c, to in pairs:
        if runs and runs[-1][3] == to - c:
            first, last, step, _ = runs[-1]
            if c - last == step or (first == last and c - last <= 2):
                runs[-1][1:3] = [c, c - last]
                continue
        runs.append([c, c, 1, to - c])
    return runs


def script_ranges():
    """Runs (first, last, number) of code points of one script, without those of any script; the
    numbers mean nothing but themselves."""
    known, runs = [], []
    for c in map(chr, CODE_POINTS):
        if len(scripts("a" + c)) == 1 and len(scripts("\u03b1" + c)) == 1:
            continue
        before = [runs[-1][2]] if runs else []
        number = next((i for i in before + list(range(len(known))) if len(scripts(known[i] + c)) == 1),
                      len(known))
        if number == len(known):
            known.append(c)
        if runs and runs[-1][1] == ord(c) - 1 and runs[-1][2] == number:
            runs[-1][1] = ord(c)
        else:
            runs.append([ord(c), ord(c), number])
    return runs


def lines(items):
    out, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            out.append(line)
            line = "   "
        line += " " + item + ","
    return "\n".join(out + [line])


def main():
    text = ["// Written by make_unicode_tables.py, from tokenizers " + tokenizers.__version__ + ".",
            '#include "runtime/tokenizer/unicode_tables.h"\n',
            "namespace henson::tokenizer {", "namespace {\n", "// clang-format off"]
    for name, what, test in SETS:
        found = ranges([c for c in CODE_POINTS if test(chr(c))])
        text.append(f"// {what}\nconstexpr CodePointRange k{name}[] = {{")
        text.append(lines(f"{{0x{a:X}, 0x{b:X}}}" for a, b in found) + "\n};")
    pairs = [(c, ord(lower(chr(c)))) for c in CODE_POINTS if len(lower(chr(c))) == 1]
    runs = lower_runs([(c, to) for c, to in pairs if c != to])
    text.append("constexpr LowerRun kLowerRuns[] = {")
    text.append(lines(f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in runs) + "\n};")
    text.append("constexpr ScriptRange kScripts[] = {")
    text.append(lines(f"{{0x{a:X}, 0x{b:X}, {n + 1}}}" for a, b, n in script_ranges()) + "\n};")
    text.append("using G = GraphemeKind;\nconstexpr GraphemeRange kGraphemes[] = {")
    text.append(lines(f"{{0x{a:X}, 0x{b:X}, G::k{k}}}" for a, b, k in grapheme_ranges()) + "\n};")
    text += ["// clang-format on\n", "}  // namespace\n",
             "std::span<const CodePointRange> ranges_of(CodePointSet set) {", "  switch (set) {"]
    for name, _, _ in SETS:
        text.append(f"    case CodePointSet::k{name}:\n      return k{name};")
    text += ["  }", "  return {};", "}\n",
             "std::span<const LowerRun> lower_runs() { return kLowerRuns; }\n",
             "std::span<const ScriptRange> script_ranges() { return kScripts; }\n",
             "std::span<const GraphemeRange> grapheme_ranges() { return kGraphemes; }\n",
             "}  // namespace henson::tokenizer\n"]
    pathlib.Path(__file__).with_name("unicode_tables.cc").write_text("\n".join(text))


if __name__ == "__main__":
    main()
