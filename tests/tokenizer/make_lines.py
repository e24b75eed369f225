#!/usr/bin/env python3
"""make_lines.py: writes lines.txt, beside this script: the lines whose tokens are recorded.

Sentences in 24 scripts, mixed with what tokenizers stumble over: marks, emoji, odd spaces, control
characters, special tokens. Lines end in a line feed alone; they hold other line ends.
"""
import pathlib
import random
import unicodedata

SENTENCES = {
    "latin": "Who was Jim Henson ? He built puppets, and don't forget: he'd filmed them since 1955! "
             "Naïve façades cost £3.50 (or €4,20) in Zürich; Ærøskøbing isn't cheaper. "
             "Ağrı'da İstanbul'dan gelen IŞIK söndü. Đặng Thị nói tiếng Việt rất giỏi. Straße, ǅ, ﬁne.",
    "greek": "Ὁ ἄνθρωπος ἔφη· τί ἐστιν ἀλήθεια; Η Αθήνα είναι όμορφη το βράδυ. ΟΔΥΣΣΕΥΣ ΐ ΰ ᾧ.",
    "cyrillic": "Йод и ёлка стоят у дома. Київ — столиця України, їжак спить. ЩУКА Ѣ ӂ ѷ Ѝ.",
    "armenian": "Բարեւ, ինչպե՞ս ես։ Երեւանը մեծ քաղաք է։ ԱԲԳ և ﬓ.",
    "georgian": "გამარჯობა, როგორ ხარ? თბილისი ლამაზია. ᲗᲑᲘᲚᲘᲡᲘ Ⴀⴀ.",
    "hebrew": "שָׁלוֹם, מה שלומך? ירושלים היא עיר עתיקה־מאוד. שׂ ײַ ﬠ.",
    "arabic": "السَّلامُ عَلَيْكُم، كيف حالك؟ آدم أكل إجاصة ١٢٣ ۴۵۶. پچگژ یہ اردو ہے۔ ﷺ ﻻ.",
    "syriac": "ܫܠܡܐ ܥܠܝܟܘܢ܆ ܐܝܟܢ ܐܝܬܝܟ؟ ܒܪܵܢܵܫܵܐ ܀",
    "devanagari": "नमस्ते, आप कैसे हैं? दिल्ली भारत की राजधानी है। क़लम ड़ ॐ १२३ ॥",
    "bengali": "আপনি কেমন আছেন? ঢাকা একটি বড় শহর। ড় ঢ় য় ৎ ১২৩ কো।",
    "gurmukhi": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ, ਤੁਸੀਂ ਕਿਵੇਂ ਹੋ? ਪੰਜਾਬ ਸੁੰਦਰ ਹੈ। ਸ਼ ਖ਼ ੴ",
    "gujarati": "કેમ છો? અમદાવાદ ગુજરાતનું મોટું શહેર છે. ૧૨૩ ૐ",
    "tamil": "வணக்கம், எப்படி இருக்கிறீர்கள்? சென்னை பெரிய நகரம். ௧௨௩ ஸ்ரீ கொ",
    "telugu": "నమస్కారం, మీరు ఎలా ఉన్నారు? హైదరాబాద్ పెద్ద నగరం. ౧౨౩ కై",
    "kannada": "ನಮಸ್ಕಾರ, ಹೇಗಿದ್ದೀರಾ? ಬೆಂಗಳೂರು ದೊಡ್ಡ ನಗರ. ೧೨೩ ಕೋ",
    "malayalam": "നമസ്കാരം, സുഖമാണോ? കൊച്ചി മനോഹരമാണ്. ൧൨൩ ൻ ർ",
    "sinhala": "ආයුබෝවන්, කොහොමද? කොළඹ විශාල නගරයකි. ෴ ක්‍ෂ",
    "thai": "สวัสดีครับ คุณเป็นอย่างไรบ้าง กรุงเทพฯ เป็นเมืองใหญ่ ๑๒๓ ๆ น้ำ",
    "lao": "ສະບາຍດີ ເຈົ້າສະບາຍດີບໍ່ ວຽງຈັນ ໑໒໓ ໜ ຳ",
    "tibetan": "བཀྲ་ཤིས་བདེ་ལེགས། ཁྱེད་རང་སྐུ་གཟུགས་བདེ་པོ་ཡིན་པས། ༡༢༣ ཀྵ གྷ",
    "myanmar": "မင်္ဂလာပါ၊ နေကောင်းလား။ ရန်ကုန် ၁၂၃ ဦ",
    "ethiopic": "ሰላም፣ እንዴት ነህ? አዲስ አበባ ትልቅ ከተማ ናት። ፩፪፫ ፠",
    "khmer": "សួស្តី អ្នកសុខសប្បាយទេ? ភ្នំពេញ ជាទីក្រុង។ ១២៣ ៛",
    "cjk": "今天天氣很好，我們去北京吧。東京は大きな町です。カタカナとひらがな、ガギグ ｶﾞﾊﾟ々〆。"
           "안녕하세요, 어떻게 지내세요? 서울은 큰 도시다. 𠀀𪛖 豈更 ㍿ ㌢ ｆｕｌｌ",
}
RANGES = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x531, 0x5F4),
          (0x600, 0x6FF), (0x700, 0x74F), (0x780, 0x7BF), (0x800, 0x85F), (0x900, 0xDFF),
          (0xE00, 0xFFF), (0x1000, 0x11FF), (0x1200, 0x139F), (0x13A0, 0x167F), (0x1780, 0x18AF),
          (0x1B00, 0x1C4F), (0x1CD0, 0x1DFF), (0x1E00, 0x1FFF), (0x2000, 0x20F0), (0x2100, 0x2BFF),
          (0x2C00, 0x2E5D), (0x3000, 0x33FF), (0x4E00, 0x4EFF), (0xA640, 0xA7FF), (0xAA00, 0xABFF),
          (0xAC00, 0xAD00), (0xF900, 0xFB4F), (0xFB50, 0xFDFF), (0xFE00, 0xFFFD),
          (0x10330, 0x1034A), (0x10400, 0x1044F), (0x11000, 0x110C2), (0x1D100, 0x1D1FF),
          (0x1D400, 0x1D4FF), (0x1E900, 0x1E95F), (0x1F100, 0x1F1FF), (0x1F300, 0x1F6FF),
          (0x1F900, 0x1F9FF), (0x20000, 0x20040), (0x2F800, 0x2F840), (0xE0020, 0xE007F)]
MARKS = "\u0300\u0301\u0308\u0323\u0327\u0328\u0334\u0338\u0344\u0345\u035c\u05b8\u0651\u093c\u094d\u0f71\u3099\u1b44\u302e\U0001d165"
SPACES = ("  ", "\t", "\r", "\x0b", "\x0c", "\x85", "\xa0", "\u1680", "\u2003", "\u2009", "\u2028", "\u2029",
          "\u202f", "\u205f", "\u3000", "\u200b", "\u180e")
ODD = ("\x00", "\x01", "\x7f", "\xad", "\u200c", "\u200d", "\u200e", "\u2060", "\ufeff", "\ufffd", "\ue000",
       "\u0378", "\U000e0001", "\ufe0f", "\ufffe")
EMOJI = ("😀", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☕", "5️⃣", "🧑🏿‍🚀", "™️")
SPECIAL = ("[MASK]", "[SEP]", "[CLS]", "[PAD]", "[UNK]", "[mask]", "[ MASK ]", "[MASK][MASK]", "a[MASK]b",
           "<mask>", "<s>", "</s>", "<pad>", "<unk>", "<MASK>", " <mask> ", "[[MASK]]")
PUNCTUATION = ("...", "--", "'s", "n't", "\u2019s", "«a»", "„b“", "¿c?", "#1", "@x_y", "C++", "e.g.", "3.14", "1,000",
               "x=y", "$5", "50%", "¡", "‐", "—", "·", "、", "。", "〜", "`", "^", "~", "|", "//", "<br/>", "it'S", "I'LL", "we're")
ALONE = ["", " ", "   ", "\t", "\u0301", "\u0301\u0323", " \u0301a", "\u0344\u0323", "\x00", "\ufffd", "[MASK]", "<mask>", "##ing",
         "a" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "e\u0301" * 100, "e\u0301" * 101, "漢" * 120, "ab" * 400,
         "x" * 60 + "\xad" + "x" * 40, "x" * 60 + "\xad" + "x" * 41, "İ" * 60, "-" * 150, "Ǆ ǅ ǆ", "ẞ ß ſ K Å Ω",
         "a\u0327\u0301\u0323 b\u0323\u0327", "각 각", "ΑΣ ΑΣΑ", "🇩🇪🇫🇷", "\u200d", "1st 2nd ½ ² Ⅷ ⅷ ①", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"]
PER_SCRIPT = 75
RANDOM_LINES = 420


def mangled(rng, words):
    """A line of words with something odd in about every third place."""
    line = ""
    for word in rng.sample(words, min(len(words), rng.randint(2, 9))):
        odd = rng.randint(0, 11)
        if odd == 0:
            at = rng.randint(0, len(word))
            word = word[:at] + rng.choice(MARKS) * rng.randint(1, 2) + rng.choice(MARKS) + word[at:]
        elif odd == 1:
            at = rng.randint(0, len(word))
            word = word[:at] + rng.choice(ODD) + word[at:]
        elif odd == 2:
            word = rng.choice((word.upper(), word.title(), word.swapcase()))
        elif odd == 3:
            word = unicodedata.normalize(rng.choice(("NFC", "NFD", "NFKC", "NFKD")), word)
        elif odd == 4:
            word += rng.choice(PUNCTUATION)
        elif odd == 5:
            word += rng.choice(EMOJI)
        elif odd == 6 and rng.random() < 0.5:
            word = rng.choice(("", word)) + rng.choice(SPECIAL) + rng.choice(("", word))
        line += word + (rng.choice(SPACES) if rng.random() < 0.15 else rng.choice((" ", " ", " ", "", ", ")))
    return line


def random_line(rng):
    parts = []
    for _ in range(rng.randint(1, 8)):
        first, last = rng.choice(RANGES)
        parts.append("".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 6))))
        parts.append(rng.choice(("", " ", rng.choice(SPACES), rng.choice(MARKS), rng.choice(ODD))))
    return "".join(parts)


def main():
    rng = random.Random(1955)
    lines = list(ALONE)
    everything = [word for text in SENTENCES.values() for word in text.split()]
    for text in SENTENCES.values():
        lines.append(text)
        words = text.split()
        lines += [mangled(rng, words) for _ in range(PER_SCRIPT - 15)]
        lines += [mangled(rng, words + rng.sample(everything, len(words))) for _ in range(15)]
    lines += [random_line(rng) for _ in range(RANDOM_LINES)]
    assert not any("\n" in line for line in lines)
    path = pathlib.Path(__file__).with_name("lines.txt")
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    print(len(lines), "lines")


if __name__ == "__main__":
    main()
