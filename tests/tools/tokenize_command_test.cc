// henson tokenize, as its users meet it.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/files.h"
#include "tests/tools/program.h"

namespace henson::tools {
namespace {

const std::string kVocab = "--vocab '" HENSON_TEST_SOURCES "/tokenizer/uncased/vocab.txt' ";

TEST(TokenizeCommand, ThereAndBack) {
  const TestFolder folder;
  const Result ids = henson(folder, "tokenize " + kVocab + "'Who was Jim ?' puppets");
  EXPECT_EQ(ids.code, 0);
  EXPECT_EQ(ids.err, "");
  ASSERT_EQ(std::count(ids.out.begin(), ids.out.end(), '\n'), 2);
  write_file(folder / "ids", ids.out);
  const Result texts =
      henson(folder, "tokenize " + kVocab + "--decode --no-special <" + (folder / "ids").string());
  EXPECT_EQ(texts.out, "who was jim?\npuppets\n");
  const auto json = nlohmann::json::parse(henson(folder, "tokenize " + kVocab + "--json who").out);
  EXPECT_EQ(json.at("tokens"), nlohmann::json({"[CLS]", "who", "[SEP]"}));
  EXPECT_EQ(json.at("offsets").at(1), nlohmann::json({0, 3}));
  EXPECT_EQ(json.at("offsets_char").at(1), nlohmann::json({0, 3}));
}

TEST(TokenizeCommand, PairsAndWindows) {
  const TestFolder folder;
  const std::string line = "tokenize " + kVocab + "--tokens --pair --max-length 6 --stride 0 ";
  const std::string windows = "[CLS] who [SEP] jim was [SEP]\n[CLS] who [SEP] built [SEP]\n";
  EXPECT_EQ(henson(folder, line + "who 'jim was built'").out, windows);
  write_file(folder / "pairs", "who\tjim was built\r\n");
  EXPECT_EQ(henson(folder, line + "--input '" + (folder / "pairs").string() + "'").out, windows);
}

TEST(TokenizeCommand, SaysWhatWasCut) {
  const TestFolder folder;
  const Result result = henson(
      folder, "tokenize " + kVocab + "--max-length 4 'who was' 'who was jim' 'was he jim ?'");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "henson: note: 2 texts were cut to 4 tokens\n");
}

TEST(TokenizeCommand, Refusals) {
  expect_failure("tokenize who", 2, "--vocab");
  expect_failure("tokenize --vocab no/such/vocab.txt who", 3, "no/such/vocab.txt");
  expect_failure("tokenize " + kVocab + "--truncation best who", 2, "--truncation");
  expect_failure("tokenize " + kVocab + "--stride 2 who", 2, "--max-length");
  expect_failure("tokenize " + kVocab + "--pair who", 2, "two texts");
  expect_failure("tokenize " + kVocab + "--decode '1 x'", 3, "`x` is no number");
  expect_failure("tokenize " + kVocab + "--max-length 2 who", 3, "no room");
}

}  // namespace
}  // namespace henson::tools
