// SentencePiece's models: what they say is read, and what is wrong with them is told.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "henson/tokenizer.h"
#include "runtime/tokenizer/files.h"
#include "tests/runtime/tokenizer_files.h"

namespace henson::tokenizer {
namespace {

constexpr ErrorCode kBad = ErrorCode::kBadArchive;
constexpr ErrorCode kOther = ErrorCode::kUnsupported;

// Fields of protocol buffers.

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  return bytes + static_cast<char>(value);
}

std::string number(unsigned field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}

std::string bytes(unsigned field, std::string_view value) {
  return varint(field << 3 | 2) + varint(value.size()) + std::string(value);
}

std::string real(unsigned field, float value) {
  std::string bytes = varint(field << 3 | 5);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(bits >> shift));
  return bytes;
}

enum Type : std::uint64_t { kNormal = 1, kUnknown, kControl, kUser };

std::string piece(std::string_view text, float score, std::uint64_t type = kNormal) {
  return bytes(1, bytes(1, text) + real(2, score) + number(3, type));
}

std::string trainer(const std::string& fields) { return bytes(2, fields); }
std::string normalizer(const std::string& fields) { return bytes(3, fields); }

/// <unk>, <s>, </s>, then some pieces.
std::string pieces() {
  return piece("<unk>", 0, kUnknown) + piece("<s>", 0, kControl) + piece("</s>", 0, kControl) +
         piece("▁", -3) + piece("a", -2) + piece("▁a", -1) + piece("b", -2);
}

std::string unigram() { return pieces() + trainer(number(3, 1)); }

class SentencePieceTest : public TokenizerFiles {
 protected:
  /// A folder with the model of a class, and what else its config says.
  std::filesystem::path folder(const std::string& model, const std::string& name,
                               const std::string& more = "") const {
    const bool is_spiece = name != "XLMRoberta";
    write(is_spiece ? "spiece.model" : "sentencepiece.bpe.model", model);
    write("tokenizer_config.json", R"({"tokenizer_class": ")" + name + "Tokenizer\"" + more + "}");
    return folder_;
  }

  void expect_refused(const std::filesystem::path& path, ErrorCode code, std::string_view what) {
    try {
      Tokenizer::open(path);
      ADD_FAILURE() << "was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(error.message().find(what), std::string::npos) << error.what();
      EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.what();
    }
  }
};

TEST_F(SentencePieceTest, DamagedModels) {
  const struct {
    std::string model;
    const char* what;
  } models[] = {
      {"", "hardly any pieces"},
      {piece("<unk>", 0, kUnknown) + piece("a", -1), "hardly any pieces"},
      {unigram() + "\x0A", "breaks off"},      // no length
      {unigram() + "\x0A\xFF", "breaks off"},  // a length that breaks off
      {unigram() + "\x0A\x7F"
                   "a",
       "breaks off"},  // longer than the file
      {unigram() + "\x0A" + varint(~std::uint64_t{0}), "breaks off"},
      {unigram() + std::string(11, '\xFF'), "a number that is too long"},
      {unigram() + varint(1 << 3 | 3), "no known type"},  // a group
      {unigram() + varint(1 << 3 | 7), "no known type"},
      {unigram() + number(1, 5), "another type"},
      {unigram() + bytes(1, number(1, 5)), "another type"},
      {unigram() + bytes(1, bytes(1, "c") + number(2, 5)), "another type"},
      {unigram() + bytes(1, bytes(1, "c") + bytes(3, "x")), "another type"},
      {unigram() + trainer(bytes(3, "x")), "another type"},
      {unigram() + normalizer(number(2, 5)), "another type"},
      {unigram() + piece("\xFF", -1), "not UTF-8"},
      {unigram() + piece("\xED\xA0\x80", -1), "not UTF-8"},
      {unigram() + piece("c", std::numeric_limits<float>::quiet_NaN()), "without bounds"},
      {unigram() + piece("c", std::numeric_limits<float>::infinity()), "without bounds"},
      {unigram() + piece("c", -1, 0), "of no type"},
      {unigram() + piece("c", -1, 7), "of no type"},
      {unigram() + piece(std::string(5000, 'c'), -1), "too long"},
      {unigram() + piece("", -1), "no text"},
      {unigram() + piece("a", -1), "twice"},
      {unigram() + piece("<unk2>", -1, kUnknown), "several pieces for what is unknown"},
      {piece("<x>", 0) + piece("<s>", 0) + piece("</s>", 0) + piece("a", -1), "what is unknown"},
      {unigram() + trainer(number(40, 70)), "what is unknown"},
      {unigram() + trainer(number(40, ~std::uint64_t{0})), "what is unknown"},
      {unigram() + trainer(number(3, 0)), "no known kind"},
      {unigram() + trainer(number(3, 5)), "no known kind"},
      {unigram() + trainer(bytes(45, "\xFF")), "not UTF-8"},
      {unigram() + normalizer(bytes(2, "\xFF\xFF")), "breaks off"},
      {unigram() + normalizer(bytes(2, std::string("\x04\0\0\0\0\0\0\0\xFF", 9))), "not UTF-8"},
  };
  for (const auto& [model, what] : models) {
    SCOPED_TRACE(what);
    expect_refused(folder(model, "T5"), kBad, what);
  }
}

TEST_F(SentencePieceTest, EveryBeginningOfAModelIsRefusedOrRead) {
  const std::string model = unigram();
  for (std::size_t size = 0; size < model.size(); ++size) {
    const auto path = folder(model.substr(0, size), "T5");
    try {
      Tokenizer::open(path).encode("a b");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), kBad) << error.what();
    }
  }
}

TEST_F(SentencePieceTest, WhatPipelinesDoNotDoIsRefused) {
  const struct {
    std::string fields;
    const char* what;
  } models[] = {
      {trainer(number(3, 3)), "words or characters"},
      {trainer(number(3, 4)), "words or characters"},
      {trainer(number(24, 1)), "treat_whitespace_as_suffix"},
      {trainer(number(35, 1)), "byte_fallback"},
      {normalizer(number(3, 0)), "add_dummy_prefix"},
      {normalizer(number(4, 0)), "remove_extra_whitespaces"},
      {normalizer(number(5, 0)), "escape_whitespaces"},
      {bytes(5, bytes(2, "x")), "denormalizer_spec"},
  };
  for (const auto& [fields, what] : models) {
    SCOPED_TRACE(what);
    expect_refused(folder(unigram() + fields, "T5"), kOther, what);
  }
  const Tokenizer plain = Tokenizer::open(folder(unigram(), "T5"));
  EXPECT_EQ(plain.encode("a b").ids, (std::vector<std::int64_t>{5, 3, 6, 2}));
}

TEST_F(SentencePieceTest, ClassesThatAreNotKeptInModels) {
  for (const char* const name : {"BertGeneration", "BertJapanese", "RoFormer", "Mine"}) {
    expect_refused(folder(unigram(), name), kOther, std::string(name) + "Tokenizer");
  }
  expect_refused(folder(unigram(), "Bert"), kOther, "BertTokenizer is not kept in such a file");
  write("tokenizer_config.json", "{}");
  expect_refused(folder_, kOther, "of which class");
}

TEST_F(SentencePieceTest, OptionsOfT5) {
  const auto open = [&](const std::string& more) {
    return Tokenizer::open(folder(unigram(), "T5", more));
  };
  const std::vector<std::int64_t> with_prefix{5, 4, 2};
  EXPECT_EQ(open("").encode("aa").ids, with_prefix);
  EXPECT_EQ(open(R"(, "add_prefix_space": true)").encode("aa").ids, with_prefix);
  EXPECT_EQ(open(R"(, "add_prefix_space": false)").encode("aa").ids,
            (std::vector<std::int64_t>{4, 4, 2}));
  const std::string two = "a</s>a";  // a space before the first alone, or before both
  EXPECT_EQ(open("").encode(two).ids, (std::vector<std::int64_t>{5, 2, 5, 2}));
  EXPECT_EQ(open(R"(, "legacy": false)").encode(two).ids, (std::vector<std::int64_t>{5, 2, 4, 2}));
  EXPECT_EQ(open("").encode("<extra_id_0>").ids, (std::vector<std::int64_t>{106, 2}));
  EXPECT_EQ(open(R"(, "extra_ids": 3)").encode("<extra_id_0>").ids,
            (std::vector<std::int64_t>{9, 2}));
  expect_refused(folder(unigram(), "T5", R"(, "extra_ids": -1)"), kOther, "extra_ids");
  expect_refused(folder(unigram(), "T5", R"(, "extra_ids": 4000000)"), kOther, "extra_ids");
}

std::vector<std::string> added_texts(const Settings& settings) {
  std::vector<std::string> texts;
  for (const AddedToken& token : settings.added) {
    texts.push_back(token.text + "=" + std::to_string(token.id) + (token.lstrip ? " left" : "") +
                    (token.normalized ? " normalized" : "") + (token.in_both ? " both" : "") +
                    (token.special ? "" : " plain"));
  }
  return texts;
}

using Texts = std::vector<std::string>;

// What AutoTokenizer of transformers 4.57 makes of such a folder. Tokens that are special pieces
// stay where they were looked for before a class said otherwise.
TEST_F(SentencePieceTest, ClassesAddWhatAModelLacks) {
  const auto added = [&](const char* name) {
    return added_texts(read_settings(folder(unigram(), name)));
  };
  const Texts ends{"<s>=1", "</s>=2"};
  const auto expect = [&](const char* name, Texts more) {
    SCOPED_TRACE(name);
    more.insert(more.begin(), ends.begin(), ends.end());
    EXPECT_EQ(added(name), more);
  };
  expect("RemBert", {"[CLS]=7", "[SEP]=8", "[UNK]=9", "[PAD]=10", "[MASK]=11 left normalized"});
  expect("DebertaV2", {"[CLS]=7", "[SEP]=8", "[UNK]=9 normalized", "[PAD]=10", "[MASK]=11"});
  expect("Albert", {"[CLS]=7", "[SEP]=8", "<unk>=0", "<pad>=9", "[MASK]=10 left"});
  expect("FNet", {"<unk>=0", "[SEP]=7", "<pad>=8", "[CLS]=9", "[MASK]=10 left"});
  expect("Reformer", {"<unk>=0"});
  EXPECT_EQ(added("BigBird"),
            (Texts{"<s>=1", "</s>=2", "<unk>=0 normalized", "[SEP]=7 normalized",
                   "<pad>=8 normalized", "[CLS]=9 normalized", "[MASK]=10 left normalized"}));
}

TEST_F(SentencePieceTest, FilesSayHowTokensAreLookedFor) {
  const auto mask = [&](const std::string& described) {
    const Texts all = added_texts(
        read_settings(folder(unigram(), "XLMRoberta", R"(, "mask_token": )" + described)));
    const auto found = std::find_if(
        all.begin(), all.end(), [](const std::string& text) { return text.starts_with("<mask>"); });
    return found == all.end() ? "" : *found;
  };
  EXPECT_EQ(mask(R"("<mask>")"), "<mask>=8 left");
  EXPECT_EQ(mask(R"({"content": "<mask>", "lstrip": false, "normalized": true})"),
            "<mask>=8 normalized");
}

TEST_F(SentencePieceTest, UsersPiecesStayWhatTheyAre) {
  const std::string model = unigram() + piece("[MASK]", 0, kUser);
  EXPECT_EQ(added_texts(read_settings(folder(model, "DebertaV2"))).at(2), "[MASK]=7 plain");
  EXPECT_EQ(added_texts(read_settings(folder(model, "Albert"))).at(2), "[MASK]=7 left");
  EXPECT_EQ(added_texts(read_settings(folder(model, "RemBert"))).at(2),
            "[MASK]=7 left normalized both");
}

}  // namespace
}  // namespace henson::tokenizer
