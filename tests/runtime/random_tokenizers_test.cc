// Small tokenizers at random against what the Rust ones made of texts with each.
// HENSON_RANDOM_TOKENIZERS names another file of tests/tokenizer/random_tokenizers.py.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <istream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "henson/tokenizer.h"
#include "tests/runtime/recorded_zip.h"
#include "tests/runtime/tokenizer_files.h"

namespace henson::tokenizer {
namespace {

using RandomTokenizers = TokenizerFiles;

/// What the test goes through line by line.
std::unique_ptr<std::istream> cases() {
  const char* const named = std::getenv("HENSON_RANDOM_TOKENIZERS");
  if (named != nullptr) return std::make_unique<std::ifstream>(named, std::ios::binary);
  return std::make_unique<std::istringstream>(
      files_of_zip("random_tokenizers.zip")["random_tokenizers.jsonl"]);
}

Encoding encode(const Tokenizer& tokenizer, const Json& given) {
  EncodeOptions options;
  options.add_special_tokens = given.at("add_special");
  const auto texts = given.at("texts").get<std::vector<std::string>>();
  if (texts.size() == 1) return tokenizer.encode(texts[0], options);
  return tokenizer.encode(texts.at(0), texts.at(1), options);
}

Json offsets_of(const Encoding& encoding) {
  Json offsets = Json::array();
  for (const ByteRange range : encoding.offsets) offsets.push_back({range.begin, range.end});
  return offsets;
}

void expect_case(const Tokenizer& tokenizer, const Json& given) {
  SCOPED_TRACE(given.at("texts").dump());
  if (given.contains("error")) {  // the Rust ones may panic where there is no need to
    try {
      encode(tokenizer, given);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
    }
    return;
  }
  const Encoding encoding = encode(tokenizer, given);
  EXPECT_EQ(Json(encoding.ids), given.at("ids"));
  EXPECT_EQ(Json(encoding.type_ids), given.at("type_ids"));
  EXPECT_EQ(Json(encoding.special), given.at("special"));
  EXPECT_EQ(Json(encoding.sequences), given.at("sequences"));
  EXPECT_EQ(Json(encoding.words), given.at("words"));
  EXPECT_EQ(offsets_of(encoding), given.at("offsets"));
  if (given.contains("decoded")) {
    EXPECT_EQ(tokenizer.decode(encoding.ids, false), given.at("decoded"));
  }
  if (given.contains("decoded_without_special")) {
    EXPECT_EQ(tokenizer.decode(encoding.ids), given.at("decoded_without_special"));
  }
}

TEST_F(RandomTokenizers, AreAsTheRustOnes) {
  const std::unique_ptr<std::istream> file = cases();
  ASSERT_TRUE(*file);
  int count = 0;
  for (std::string line; std::getline(*file, line); ++count) {
    const Json json = Json::parse(line);
    SCOPED_TRACE("seed " + json.at("seed").dump() + ": " + json.at("tokenizer").dump());
    const Tokenizer tokenizer =
        Tokenizer::open(write("tokenizer.json", json.at("tokenizer").dump()));
    for (const Json& given : json.at("cases")) expect_case(tokenizer, given);
    if (HasFailure()) break;
  }
  EXPECT_GE(count, 1);
}

}  // namespace
}  // namespace henson::tokenizer
