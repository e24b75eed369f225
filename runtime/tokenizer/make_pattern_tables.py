#!/usr/bin/env python3
"""make_pattern_tables.py: writes pattern_tables.cc, beside this script.

Needs the package tokenizers and an Oniguruma as libonig.so.5 (0.23.3 and 6.9.8 wrote what is here), and asks both
about every code point. Where a property of one is another than of the other, the package's is recorded.
"""
import ctypes
import pathlib

import tokenizers
from tokenizers import Regex, pre_tokenizers

from make_unicode_tables import lines, ranges

# Those of Oniguruma's doc/UNICODE_PROPERTIES but for blocks, which differ by their names alone.
PROPERTIES = """
ASCII_Hex_Digit Adlam Ahom Alphabetic Anatolian_Hieroglyphs Any Arabic Armenian Assigned Avestan Balinese
Bamum Bassa_Vah Batak Bengali Bhaiksuki Bidi_Control Bopomofo Brahmi Braille Buginese Buhid C
Canadian_Aboriginal Carian Case_Ignorable Cased Caucasian_Albanian Cc Cf Chakma Cham Changes_When_Casefolded
Changes_When_Casemapped Changes_When_Lowercased Changes_When_Titlecased Changes_When_Uppercased Cherokee
Chorasmian Cn Co Common Coptic Cs Cuneiform Cypriot Cypro_Minoan Cyrillic Dash Default_Ignorable_Code_Point
Deprecated Deseret Devanagari Diacritic Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic
Emoji Emoji_Component Emoji_Modifier Emoji_Modifier_Base Emoji_Presentation Ethiopic Extended_Pictographic
Extender Georgian Glagolitic Gothic Grantha Grapheme_Base Grapheme_Extend Grapheme_Link Greek Gujarati
Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hex_Digit Hiragana Hyphen
IDS_Binary_Operator IDS_Trinary_Operator ID_Continue ID_Start Ideographic Imperial_Aramaic Inherited
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Join_Control Kaithi Kannada Katakana Kayah_Li
Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi L LC Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Ll
Lm Lo Logical_Order_Exception Lowercase Lt Lu Lycian Lydian M Mahajani Makasar Malayalam Mandaic Manichaean
Marchen Masaram_Gondi Math Mc Me Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
Meroitic_Hieroglyphs Miao Mn Modi Mongolian Mro Multani Myanmar N Nabataean Nandinagari Nd New_Tai_Lue Newa
Nko Nl No Noncharacter_Code_Point Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic
Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage
Osmanya Other_Alphabetic Other_Default_Ignorable_Code_Point Other_Grapheme_Extend Other_ID_Continue
Other_ID_Start Other_Lowercase Other_Math Other_Uppercase P Pahawh_Hmong Palmyrene Pattern_Syntax
Pattern_White_Space Pau_Cin_Hau Pc Pd Pe Pf Phags_Pa Phoenician Pi Po Prepended_Concatenation_Mark Ps
Psalter_Pahlavi Quotation_Mark Radical Regional_Indicator Rejang Runic S Samaritan Saurashtra Sc
Sentence_Terminal Sharada Shavian Siddham SignWriting Sinhala Sk Sm So Soft_Dotted Sogdian Sora_Sompeng
Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut
Telugu Terminal_Punctuation Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Unified_Ideograph Unknown
Uppercase Vai Variation_Selector Vithkuqi Wancho Warang_Citi White_Space XID_Continue XID_Start Yezidi Yi Z
Zanabazar_Square Zl Zp Zs Adlm Aghb AHex Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bidi_C Bopo Brah
Brai Bugi Buhd Cakm Cans Cari Cased_Letter Cher Chrs CI Close_Punctuation Combining_Mark
Connector_Punctuation Control Copt Cpmn Cprt Currency_Symbol CWCF CWCM CWL CWT CWU Cyrl Dash_Punctuation
Decimal_Number Dep Deva DI Dia Diak Dogr Dsrt Dupl EBase EComp Egyp Elba Elym EMod Enclosing_Mark EPres Ethi
Ext ExtPict Final_Punctuation Format Geor Glag Gong Gonm Goth Gran Gr_Base Grek Gr_Ext Gr_Link Gujr Guru
Hang Hani Hano Hatr Hebr Hex Hira Hluw Hmng Hmnp Hung IDC Ideo IDS IDSB IDST Initial_Punctuation Ital Java
Join_C Kali Kana Khar Khmr Khoj Kits Knda Kthi Lana Laoo Latn Lepc Letter Letter_Number Limb Lina Linb
Line_Separator LOE Lowercase_Letter Lyci Lydi Mahj Maka Mand Mani Marc Mark Math_Symbol Medf Mend Merc Mero
Mlym Modifier_Letter Modifier_Symbol Mong Mroo Mtei Mult Mymr Nand Narb Nbat NChar Nkoo Nonspacing_Mark Nshu
Number OAlpha ODI Ogam OGr_Ext OIDC OIDS Olck OLower OMath Open_Punctuation Orkh Orya Osge Osma Other
Other_Letter Other_Number Other_Punctuation Other_Symbol Ougr OUpper Palm Paragraph_Separator Pat_Syn Pat_WS
Pauc PCM Perm Phag Phli Phlp Phnx Plrd Private_Use Prti Punctuation Qaac Qaai QMark RI Rjng Rohg Runr Samr
Sarb Saur SD Separator Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Space_Separator Spacing_Mark STerm
Sund Surrogate Sylo Symbol Syrc Tagb Takr Tale Talu Taml Tang Tavt Telu Term Tfng Tglg Thaa Tibt Tirh
Titlecase_Letter Tnsa Ugar UIdeo Unassigned Uppercase_Letter Vaii Vith VS Wara Wcho WSpace XIDC XIDS Xpeo
Xsux Yezi Yiii Zanb Zinh Zyyy Zzzz
""".split()

TEXT = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)


def recorded(pattern, text):
    rest = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text)
    return frozenset(text).difference(*(piece for piece, _ in rest))


class Region(ctypes.Structure):
    _fields_ = [("allocated", ctypes.c_int), ("count", ctypes.c_int), ("begins", ctypes.POINTER(ctypes.c_int)),
                ("ends", ctypes.POINTER(ctypes.c_int)), ("history", ctypes.c_void_p)]


VISIT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.POINTER(Region), ctypes.c_void_p)


def pointers(data):
    begin = ctypes.addressof(data)
    return ctypes.c_void_p(begin), ctypes.c_void_p(begin + len(data) - 1)


class Library:
    """The installed Oniguruma."""

    def __init__(self):
        self.library = ctypes.CDLL("libonig.so.5")
        self.library.onig_region_new.restype = ctypes.c_void_p
        self.library.onig_version.restype = ctypes.c_char_p
        self.version = self.library.onig_version().decode()
        self.utf8 = ctypes.c_char.in_dll(self.library, "OnigEncodingUTF8")
        self.syntax = ctypes.c_char.in_dll(self.library, "OnigSyntaxRuby")
        self.library.onig_initialize((ctypes.c_void_p * 1)(ctypes.addressof(self.utf8)), 1)
        self.region = ctypes.c_void_p(self.library.onig_region_new())

    def members(self, pattern, text):
        data = text.encode()
        buffer = ctypes.create_string_buffer(data)  # outlives the search
        expression, regex, error = ctypes.create_string_buffer(pattern.encode()), ctypes.c_void_p(), bytes(64)
        if self.library.onig_new(ctypes.byref(regex), *pointers(expression), 0, ctypes.byref(self.utf8),
                                 ctypes.byref(self.syntax), error) != 0:
            raise ValueError(pattern)
        found = set()

        def visit(_count, _result, region, _argument):
            found.update(data[region.contents.begins[0]:region.contents.ends[0]].decode())
            return 0

        self.library.onig_scan(regex, *pointers(buffer), self.region, 0, VISIT(visit), None)
        self.library.onig_free(regex)
        return found


def text_to_ask_about(library):
    """Without code points that both know to be nothing yet, and without the many that are all alike."""
    assigned = recorded(r"\P{Cn}+", TEXT)
    alike = r"[\p{Co}\p{Unified_Ideograph}\x{AC00}-\x{D7A3}]+"
    dull = recorded(alike, TEXT) & library.members(alike, TEXT)
    return "".join(sorted((assigned | library.members(r"\P{Cn}+", TEXT)) - dull))


def fold_pairs(letters, text):
    """Upper and lower case of letters that the library does not know."""
    pairs = set()
    for c in sorted(letters):
        others = recorded(f"(?i:{c})", text) - {c}
        if len(others) == 1:
            pairs.add(others | {c})
    return pairs


def main():
    library, truths, zone = Library(), {}, set()
    asked = text_to_ask_about(library)
    for name in PROPERTIES:
        theirs, installed = (ask(rf"\p{{{name}}}+", asked) for ask in (recorded, library.members))
        if theirs != installed:
            truths[name] = theirs
            zone |= theirs ^ installed
    upper, lower = recorded(r"\p{Lu}+", asked), recorded(r"\p{Ll}+", asked)
    text = [f"// Written by make_pattern_tables.py, from tokenizers {tokenizers.__version__} and Oniguruma "
            f"{library.version}.",
            '#include "runtime/tokenizer/pattern_tables.h"\n',
            "namespace henson::tokenizer {", "namespace {\n", "// clang-format off"]

    def add(kind, name, items):
        text.append(f"constexpr {kind} {name}[] = {{\n{lines(items)}\n}};")

    def as_ranges(members):
        return [f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(sorted(map(ord, members)))]

    add("CodePointRange", "kZone", as_ranges(zone))
    arrays, table = {}, []
    for name, members in truths.items():
        inside = frozenset(members & zone)
        if inside and inside not in arrays:
            arrays[inside] = f"k{len(arrays)}"
            add("CodePointRange", arrays[inside], as_ranges(inside))
        table.append(f'{{"{name}", {arrays.get(inside, "{}")}}}')
    add("PropertyRanges", "kProperties", table)
    pairs = sorted(sorted(pair, key=lambda c: c in lower) for pair in fold_pairs(zone & (upper | lower), asked))
    add("FoldPair", "kFolds", [f"{{0x{ord(a):X}, 0x{ord(b):X}}}" for a, b in pairs])
    text += ["// clang-format on\n", "}  // namespace\n",
             "std::span<const CodePointRange> pattern_zone() { return kZone; }",
             "std::span<const PropertyRanges> pattern_properties() { return kProperties; }",
             "std::span<const FoldPair> pattern_folds() { return kFolds; }\n",
             "}  // namespace henson::tokenizer\n"]
    pathlib.Path(__file__).with_name("pattern_tables.cc").write_text("\n".join(text))


if __name__ == "__main__":
    main()
