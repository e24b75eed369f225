// The Tokenizer class on small vocabularies, and on texts that nobody would write.
#include "henson/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/runtime/golden_tokens.h"

namespace henson {
namespace {

using Ids = std::vector<std::int64_t>;

const std::vector<std::string> kTokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "who",
                                          "was",   "jim",   "##s",   "?",     "a",      "##b",
                                          "é",     "##é",   "漢",    "'",     "x"};

/// A vocab.txt of one test.
class VocabFile {
 public:
  explicit VocabFile(const std::vector<std::string>& tokens) {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) / (std::string("henson_") + test->name());
    std::filesystem::create_directories(path_);
    std::ofstream file(path_ / "vocab.txt", std::ios::binary);
    for (const std::string& token : tokens) file << token << '\n';
  }
  ~VocabFile() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  VocabFile(const VocabFile&) = delete;
  VocabFile& operator=(const VocabFile&) = delete;

  std::filesystem::path path() const { return path_ / "vocab.txt"; }

 private:
  std::filesystem::path path_;
};

Tokenizer small(const TokenizerOptions& options = {}) {
  return Tokenizer::open(VocabFile(kTokens).path(), options);
}

EncodeOptions plain() {
  EncodeOptions options;
  options.add_special_tokens = false;
  return options;
}

Ids plain_ids(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode(text, plain()).ids;
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kInternal;
}

TEST(Tokenizer, SpecialTokensAreAround) {
  const Encoding encoding = small().encode("Who was Jims?");
  EXPECT_EQ(encoding.ids, (Ids{2, 5, 6, 7, 8, 9, 3}));
  EXPECT_EQ(encoding.special, (std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(encoding.sequences, (std::vector<std::int8_t>{-1, 0, 0, 0, 0, 0, -1}));
  EXPECT_EQ(encoding.words, (std::vector<std::int32_t>{-1, 0, 1, 2, 2, 3, -1}));
  EXPECT_EQ(encoding.offsets[4], (ByteRange{11, 12}));
  EXPECT_EQ(encoding.offsets[6], (ByteRange{0, 0}));
}

TEST(Tokenizer, PairsHaveTypes) {
  const Encoding encoding = small().encode("who", "jim was");
  EXPECT_EQ(encoding.ids, (Ids{2, 5, 3, 7, 6, 3}));
  EXPECT_EQ(encoding.type_ids, (Ids{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(encoding.sequences, (std::vector<std::int8_t>{-1, 0, -1, 1, 1, -1}));
  EXPECT_EQ(small().encode("", "").ids, (Ids{2, 3, 3}));
}

TEST(Tokenizer, OffsetsAreOfTheTextAsGiven) {
  const Encoding encoding = small().encode("e\u0301 \u6F22J\u00CDM", plain());  // accents go
  EXPECT_EQ(encoding.ids, (Ids{1, 14, 7}));
  EXPECT_EQ(encoding.offsets[0], (ByteRange{0, 1}));  // as in Rust: the mark is not part of it
  EXPECT_EQ(encoding.offsets[1], (ByteRange{4, 7}));
  EXPECT_EQ(encoding.offsets[2], (ByteRange{7, 11}));
}

TEST(Tokenizer, OptionsGoBeforeFiles) {
  EXPECT_EQ(plain_ids(small({.lower_case = false}), "who Who é"), (Ids{5, 1, 12}));
  EXPECT_EQ(plain_ids(small({.strip_accents = false}), "É"), (Ids{12}));
  EXPECT_EQ(plain_ids(small({.tokenize_cjk = false}), "漢漢"), (Ids{1}));
}

TEST(Tokenizer, WordsOfMoreThanAHundredCodePointsAreUnknown) {
  const std::string b(99, 'b');
  EXPECT_EQ(plain_ids(small(), "a" + b).size(), 100U);
  EXPECT_EQ(plain_ids(small(), "a" + b + "b"), (Ids{1}));
  EXPECT_EQ(plain_ids(small(), std::string(1 << 20, 'a')), (Ids{1}));
}

TEST(Tokenizer, SpecialTokensInTheText) {
  EXPECT_EQ(plain_ids(small(), "a[MASK]a [SEP][mask]"), (Ids{10, 4, 10, 3, 1, 1, 1}));
}

TEST(Tokenizer, DecodingJoinsPieces) {
  const Tokenizer tokenizer = small();
  EXPECT_EQ(tokenizer.decode(Ids{2, 5, 6, 7, 8, 9, 3}), "who was jims?");
  EXPECT_EQ(tokenizer.decode(Ids{2, 5, 3}, false), "[CLS] who [SEP]");
  EXPECT_EQ(tokenizer.decode(Ids{5, -1, 1000, 6}), "who was");
  EXPECT_EQ(tokenizer.decode(Ids{}), "");
}

TEST(Tokenizer, TokensAndIds) {
  const Tokenizer tokenizer = small();
  EXPECT_EQ(tokenizer.vocabulary_size(), kTokens.size());
  EXPECT_EQ(tokenizer.token(8), "##s");
  EXPECT_EQ(tokenizer.token(-1), std::nullopt);
  EXPECT_EQ(tokenizer.token(17), std::nullopt);
  EXPECT_EQ(tokenizer.id("jim"), 7);
  EXPECT_EQ(tokenizer.id("kermit"), std::nullopt);
  EXPECT_EQ(tokenizer.pad_id(), 0);
  EXPECT_EQ(tokenizer.unk_id(), 1);
  EXPECT_EQ(tokenizer.cls_id(), 2);
  EXPECT_EQ(tokenizer.sep_id(), 3);
  EXPECT_EQ(tokenizer.mask_id(), 4);
  EXPECT_TRUE(tokenizer.is_special(4));
  EXPECT_FALSE(tokenizer.is_special(5));
}

TEST(Tokenizer, NoMaskIsNoMistake) {
  const Tokenizer tokenizer = Tokenizer::open(VocabFile({"[UNK]", "[CLS]", "[SEP]", "a"}).path());
  EXPECT_EQ(tokenizer.mask_id(), std::nullopt);
  EXPECT_EQ(tokenizer.encode("a b").ids, (Ids{1, 3, 0, 2}));
}

TEST(Tokenizer, TruncationThatCannotBe) {
  const Tokenizer tokenizer = small();
  const auto encode = [&](std::size_t max_length, Truncation truncation) {
    EncodeOptions options;
    options.max_length = max_length;
    options.truncation = truncation;
    return [&tokenizer, options] { tokenizer.encode("who was", "jim", options); };
  };
  EXPECT_EQ(code_of(encode(3, Truncation::kLongestFirst)), ErrorCode::kBadInput);
  EXPECT_EQ(code_of(encode(4, Truncation::kOnlyFirst)), ErrorCode::kBadInput);
  EXPECT_EQ(code_of(encode(5, Truncation::kOnlySecond)), ErrorCode::kBadInput);
}

TEST(Tokenizer, WindowsCoverTheText) {
  EncodeOptions options;
  options.max_length = 6;
  options.stride = 1;
  const auto windows = small().encode_windows("who", "a a a a", options);
  ASSERT_EQ(windows.size(), 3U);
  for (const Encoding& window : windows) {
    EXPECT_EQ(window.ids, (Ids{2, 5, 3, 10, 10, 3}));
  }
  EXPECT_EQ(windows[2].offsets[4], (ByteRange{6, 7}));
  EXPECT_EQ(small().encode_windows("", options).size(), 1U);
  options.stride = 2;
  EXPECT_EQ(code_of([&] { small().encode_windows("who", "a a a a", options); }),
            ErrorCode::kBadInput);
  EXPECT_EQ(code_of([&] { small().encode_windows("a a a a", "a", options); }),
            ErrorCode::kBadInput);
}

TEST(Tokenizer, VocabulariesThatCannotBe) {
  const auto open = [](const std::vector<std::string>& tokens) {
    return [tokens] { Tokenizer::open(VocabFile(tokens).path()); };
  };
  EXPECT_EQ(code_of(open({})), ErrorCode::kBadArchive);
  EXPECT_EQ(code_of(open({"[UNK]", "a"})), ErrorCode::kBadArchive);
  EXPECT_EQ(code_of(open({"[CLS]", "[SEP]"})), ErrorCode::kBadArchive);
  EXPECT_EQ(code_of(open({"[UNK]", "[CLS]", "[SEP]", "\xFF"})), ErrorCode::kBadArchive);
  EXPECT_EQ(code_of([] { Tokenizer::open("no/such/vocab.txt"); }), ErrorCode::kNotFound);
}

TEST(Tokenizer, TextsThatAreNotUtf8) {
  const Tokenizer tokenizer = small();
  const Encoding encoding = tokenizer.encode("wh\xFFo \xE6\xBC jim\xC0\x80 \xF0", plain());
  EXPECT_EQ(encoding.ids, (Ids{5, 7}));
  EXPECT_EQ(encoding.offsets[0], (ByteRange{0, 4}));
  EXPECT_EQ(encoding.offsets[1], (ByteRange{8, 11}));
  EXPECT_EQ(plain_ids(tokenizer, std::string_view("wh\0o\0 was", 9)), (Ids{5, 6}));
}

/// What holds for every text.
void check(const Encoding& encoding, const std::string& text) {
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    ASSERT_LE(encoding.offsets[i].begin, encoding.offsets[i].end);
    ASSERT_LE(encoding.offsets[i].end, text.size());
    ASSERT_LE(begin, encoding.offsets[i].begin);
    begin = encoding.offsets[i].begin;
  }
}

TEST(Tokenizer, RandomBytesAndParts) {
  const Tokenizer tokenizer = Tokenizer::open(golden_folder("uncased") + "/vocab.txt");
  const std::vector<std::string> parts = {"[MASK]", "\xCC\x81", "\xE6\xBC\xA2", "\xF0\x9F\x98\x80",
                                          " ",      "the",      "\xED\xA0\x80", "\xC2\xA0",
                                          "A",      "##",       "\xC4\xB0",     "\xEA\xB0\x81"};
  std::mt19937 random(1955);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n) {
      text += random() % 3 == 0 ? std::string(1, static_cast<char>(random() % 256))
                                : parts[random() % parts.size()];
    }
    const Encoding encoding = tokenizer.encode(text, plain());
    check(encoding, text);
    tokenizer.decode(encoding.ids);
    // Between spaces nothing touches: two texts make the tokens of both.
    Ids both = encoding.ids;
    both.insert(both.end(), encoding.ids.begin(), encoding.ids.end());
    EXPECT_EQ(plain_ids(tokenizer, text + " " + text), both);
  }
}

}  // namespace
}  // namespace henson
