// What tokenizers are refused by name, one by one: classes that cut words by means of their own,
// steps that are not known or too many, and steps that would grow a text without end.
#include <string>
#include <string_view>

#include "henson/error.h"
#include "henson/tokenizer.h"
#include "tests/runtime/tokenizer_files.h"

namespace henson::tokenizer {
namespace {

class TokenizerRefusals : public TokenizerFiles {
 protected:
  template <typename Use>
  void expect_refused(const Use& use, std::string_view what) const {
    try {
      use();
      ADD_FAILURE() << "was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
      EXPECT_NE(error.message().find(what), std::string::npos) << error.what();
      EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.what();
    }
  }

  void expect_file_refused(const Json& file, std::string_view what) const {
    const auto path = write("tokenizer.json", file.dump());
    expect_refused([&] { Tokenizer::open(path); }, what);
  }
};

TEST_F(TokenizerRefusals, ClassesThatCutWordsOtherwise) {
  write("tokenizer.json", word_piece_json().dump());
  for (const char* const name :
       {"BertJapaneseTokenizer", "BertGenerationTokenizer", "CpmTokenizer", "LayoutLMv2Tokenizer",
        "LayoutLMv2TokenizerFast", "LayoutLMv3Tokenizer", "LayoutLMv3TokenizerFast",
        "LayoutXLMTokenizer", "LayoutXLMTokenizerFast", "RoFormerTokenizer",
        "RoFormerTokenizerFast"}) {
    SCOPED_TRACE(name);
    write("tokenizer_config.json", Json{{"tokenizer_class", name}}.dump());
    expect_refused([&] { Tokenizer::open(folder_); },
                   std::string(name) + ", which cuts words by means of its own");
  }
  write("tokenizer_config.json", R"({"tokenizer_class": "HomemadeTokenizer"})");
  expect_refused([&] { Tokenizer::open(folder_); },
                 "HomemadeTokenizer, which Henson does not know");
  write("tokenizer_config.json", R"({"tokenizer_class": "HomemadeTokenizerFast"})");
  EXPECT_NO_THROW(Tokenizer::open(folder_));  // is what its tokenizer.json says
}

TEST_F(TokenizerRefusals, ClassesThatAnotherFileNames) {
  write("tokenizer.json", word_piece_json().dump());
  write("config.json", R"({"tokenizer_class": "RoFormerTokenizer"})");
  expect_refused([&] { Tokenizer::open(folder_); }, "config.json: tokenizer_class");
}

TEST_F(TokenizerRefusals, SettingsBesideTheModel) {
  write("tokenizer.json", bpe_json().dump());
  const struct {
    const char* config;
    const char* what;
  } configs[] = {{R"({"dropout": 0.5})", "dropout makes tokens random"},
                 {R"({"split_special_tokens": true})", "split_special_tokens"},
                 {R"({"sp_model_kwargs": {"enable_sampling": true}})", "enable_sampling"},
                 {R"({"word_tokenizer_type": "mecab"})", "\"word_tokenizer_type\""}};
  for (const auto& [config, what] : configs) {
    SCOPED_TRACE(config);
    write("tokenizer_config.json", config);
    expect_refused([&] { Tokenizer::open(folder_); }, what);
  }
}

Json sequence(const char* list, Json steps) { return {{"type", "Sequence"}, {list, steps}}; }

TEST_F(TokenizerRefusals, TooManySteps) {
  const auto many = [](std::size_t count, const Json& step) { return Json(count, step); };
  const Json lower = {{"type", "Lowercase"}};
  Json file = bpe_json();
  file["normalizer"] = sequence("normalizers", many(256, lower));
  EXPECT_NO_THROW(Tokenizer::open(write("tokenizer.json", file.dump())));
  file["normalizer"] = sequence("normalizers", many(257, lower));
  expect_file_refused(file, "normalizer.normalizers has too many steps");
  file = bpe_json();
  file["pre_tokenizer"] = sequence("pretokenizers", many(257, {{"type", "WhitespaceSplit"}}));
  expect_file_refused(file, "pre_tokenizer.pretokenizers has too many steps");
  file = bpe_json();
  file["decoder"] = sequence("decoders", many(257, {{"type", "Fuse"}}));
  expect_file_refused(file, "decoder.decoders has too many steps");
}

TEST_F(TokenizerRefusals, StepsWithinStepsWithoutEnd) {
  Json normalizer = {{"type", "Lowercase"}};
  for (int i = 0; i < 40; ++i) {
    normalizer = sequence("normalizers", Json::array({normalizer}));
  }
  Json file = bpe_json();
  file["normalizer"] = normalizer;
  expect_file_refused(file, "levels");
}

Json replace(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

TEST_F(TokenizerRefusals, TextsThatGrowWithoutEnd) {
  Json file = bpe_json();
  file["added_tokens"] = Json::array();
  file["normalizer"] = sequence("normalizers", Json(60, replace("a", "aa")));
  const Tokenizer grows = Tokenizer::open(write("tokenizer.json", file.dump()));
  expect_refused([&] { grows.encode("a"); }, "normalizer makes more than");
  EXPECT_NO_THROW(grows.encode("b"));

  file["normalizer"] = nullptr;
  file["decoder"] = sequence("decoders", Json(60, replace("a", "aa")));
  const Tokenizer decodes = Tokenizer::open(write("tokenizer.json", file.dump()));
  const auto ids = decodes.encode("a").ids;
  expect_refused([&] { decodes.decode(ids); }, "decoder makes more than");
}

}  // namespace
}  // namespace henson::tokenizer
