// Files of tokenizers: what is read of them, and one broken file a defect.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loader/error.h"
#include "runtime/tokenizer/bpe_files.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/tokenizer_config.h"
#include "runtime/tokenizer/tokenizer_json.h"

namespace henson::tokenizer {
namespace {

using Json = nlohmann::json;

/// A folder of its own for each test, gone at its end.
class TokenizerFiles : public testing::Test {
 protected:
  TokenizerFiles() { std::filesystem::create_directories(folder_); }
  ~TokenizerFiles() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      ("henson_tokenizer_" + std::to_string(getpid()) + "_" +
       testing::UnitTest::GetInstance()->current_test_info()->name());
};

Json word_piece_json() {
  return Json::parse(R"({
    "version": "1.0", "truncation": {"max_length": 128}, "padding": null,
    "added_tokens": [
      {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true},
      {"id": 6, "content": "<new>", "single_word": true, "lstrip": true, "rstrip": true,
       "normalized": true, "special": false}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false,
                   "strip_accents": null, "lowercase": false},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
      "type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
      "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
               {"Sequence": {"id": "B", "type_id": 1}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
      "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                         "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 50,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "##b": 5}}
  })");
}

Json bpe_json() {
  return Json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": true, "special": true},
      {"id": 2, "content": "<mask>", "single_word": false, "lstrip": true, "rstrip": false,
       "normalized": false, "special": true}],
    "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
    "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
                       "trim_offsets": true, "add_prefix_space": false},
    "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
    "model": {"type": "BPE", "dropout": null, "unk_token": null,
              "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false,
              "vocab": {"<s>": 0, "</s>": 1, "<mask>": 2, "a": 3, "b": 4, "ab": 5},
              "merges": ["a b"]}
  })");
}

TEST_F(TokenizerFiles, WordPieceOfTokenizerJson) {
  const Settings settings = read_tokenizer_json(write("tokenizer.json", word_piece_json().dump()));
  EXPECT_EQ(settings.kind, Settings::Kind::kWordPiece);
  EXPECT_TRUE(settings.clean_text);
  EXPECT_FALSE(settings.tokenize_cjk);
  EXPECT_FALSE(settings.lower_case);
  EXPECT_FALSE(settings.strip_accents.has_value());
  EXPECT_FALSE(settings.clean_up_decoded);
  EXPECT_EQ(settings.max_word_length, 50);
  EXPECT_EQ(settings.vocabulary.id("##b"), 5);
  EXPECT_EQ(settings.unk, "[UNK]");
  EXPECT_EQ(settings.cls, "[CLS]");
  EXPECT_EQ(settings.pad, "[PAD]");
  EXPECT_FALSE(settings.mask.has_value());
  EXPECT_EQ(settings.single.size(), 3);
  ASSERT_EQ(settings.pair.size(), 5);
  EXPECT_EQ(settings.pair[3].kind, TemplatePart::Kind::kPair);
  EXPECT_EQ(settings.pair[4].token, "[SEP]");
  EXPECT_EQ(settings.pair[4].type_id, 1);
  ASSERT_EQ(settings.added.size(), 2);
  const AddedToken& added = settings.added[1];
  EXPECT_TRUE(added.single_word && added.lstrip && added.rstrip && added.normalized);
  EXPECT_FALSE(added.special);
  EXPECT_EQ(added.id, 6);
}

TEST_F(TokenizerFiles, WithoutNormalizerTextStaysAsItIs) {
  Json json = word_piece_json();
  json["normalizer"] = nullptr;
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  EXPECT_FALSE(settings.clean_text);
  EXPECT_FALSE(settings.lower_case);
  EXPECT_EQ(settings.strip_accents, false);
}

TEST_F(TokenizerFiles, ByteLevelBpeOfTokenizerJson) {
  const Settings settings = read_tokenizer_json(write("tokenizer.json", bpe_json().dump()));
  EXPECT_EQ(settings.kind, Settings::Kind::kByteLevelBpe);
  EXPECT_FALSE(settings.add_prefix_space);
  EXPECT_TRUE(settings.trim_offsets);
  EXPECT_FALSE(settings.trim_keeps_prefix);
  ASSERT_EQ(settings.merges.size(), 1);
  EXPECT_EQ(settings.merges[0], std::make_pair(std::string("a"), std::string("b")));
  EXPECT_EQ(settings.cls, "<s>");
  EXPECT_EQ(settings.sep, "</s>");
  EXPECT_EQ(settings.mask, "<mask>");
  EXPECT_EQ(settings.pair.size(), 6);
  EXPECT_TRUE(settings.added.at(1).lstrip);
}

TEST_F(TokenizerFiles, MergesAsPairs) {
  Json json = bpe_json();
  json["model"]["merges"] = Json::array({Json::array({"a", "b"})});
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  ASSERT_EQ(settings.merges.size(), 1);
  EXPECT_EQ(settings.merges[0].second, "b");
}

TEST_F(TokenizerFiles, ByteLevelAndTemplateInSequence) {
  Json json = bpe_json();
  json["post_processor"] = {
      {"type", "Sequence"},
      {"processors",
       {{{"type", "ByteLevel"}, {"trim_offsets", true}}, word_piece_json()["post_processor"]}}};
  json["model"]["vocab"].update({{"[CLS]", 6}, {"[SEP]", 7}});
  json["post_processor"]["processors"][1]["special_tokens"] = {
      {"[CLS]", {{"id", "[CLS]"}, {"ids", {6}}, {"tokens", {"[CLS]"}}}},
      {"[SEP]", {{"id", "[SEP]"}, {"ids", {7}}, {"tokens", {"[SEP]"}}}}};
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  EXPECT_TRUE(settings.trim_offsets);
  EXPECT_TRUE(settings.trim_keeps_prefix);
  EXPECT_EQ(settings.single.at(0).token, "[CLS]");
}

TEST_F(TokenizerFiles, WithoutPostProcessorTextsAlone) {
  Json json = bpe_json();
  json["post_processor"] = nullptr;
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  EXPECT_FALSE(settings.trim_offsets);
  EXPECT_EQ(settings.single.size(), 1);
  EXPECT_EQ(settings.pair.size(), 2);
}

// Ids of added tokens are what the Rust tokenizers give: the file's own count for nothing.
TEST_F(TokenizerFiles, AddedTokensHaveTheNextIds) {
  Json json = bpe_json();
  json["added_tokens"].push_back({{"id", 70}, {"content", "<x>"}});
  json["added_tokens"].push_back({{"id", 71}, {"content", "ab"}});
  json["added_tokens"].push_back({{"id", 72}, {"content", "<y>"}});
  json["added_tokens"].push_back({{"id", 73}, {"content", ""}});
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  ASSERT_EQ(settings.added.size(), 5);
  EXPECT_EQ(settings.added[2].id, 6);
  EXPECT_EQ(settings.added[3].id, 5);
  EXPECT_EQ(settings.added[4].id, 7);
}

TEST_F(TokenizerFiles, VocabJsonAndMerges) {
  write("merges.txt", "#version: 0.2\r\na b\r\nab b\n");
  const Settings settings =
      read_vocab_json(write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "\u0120a": 4})"));
  EXPECT_EQ(settings.vocabulary.size(), 5);
  EXPECT_EQ(settings.vocabulary.id("Ġa"), 4);
  ASSERT_EQ(settings.merges.size(), 2);
  EXPECT_EQ(settings.merges[1], std::make_pair(std::string("ab"), std::string("b")));
}

Settings small_settings(Settings::Kind kind) {
  Settings settings;
  settings.kind = kind;
  for (const char* token : {"<s>", "</s>", "<mask>", "a"}) {
    settings.vocabulary.add(token, static_cast<std::int64_t>(settings.vocabulary.size()));
  }
  return settings;
}

TEST_F(TokenizerFiles, ConfigOfWordPiece) {
  Settings settings = small_settings(Settings::Kind::kWordPiece);
  write("tokenizer_config.json",
        R"({"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false,
            "model_max_length": 512, "add_prefix_space": true, "unk_token": "a",
            "mask_token": null, "additional_special_tokens": ["<e1>", {"content": "<e2>"}]})");
  apply_configs(folder_, settings);
  EXPECT_FALSE(settings.lower_case);
  EXPECT_EQ(settings.strip_accents, true);
  EXPECT_FALSE(settings.tokenize_cjk);
  EXPECT_FALSE(settings.add_prefix_space);
  EXPECT_EQ(settings.max_length, 512);
  EXPECT_EQ(settings.unk, "a");
  EXPECT_FALSE(settings.mask.has_value());
  ASSERT_EQ(settings.added.size(), 3);
  EXPECT_EQ(settings.added[1].text, "<e2>");
  EXPECT_EQ(settings.added[1].id, 5);
  EXPECT_TRUE(settings.added[1].special);
  EXPECT_EQ(settings.added[2].text, "a");
}

TEST_F(TokenizerFiles, ConfigOfBpe) {
  Settings settings = small_settings(Settings::Kind::kByteLevelBpe);
  write("special_tokens_map.json", R"({"cls_token": "<s>", "mask_token": "<mask>",
        "sep_token": {"content": "</s>", "rstrip": true}})");
  write("tokenizer_config.json", R"({"add_prefix_space": true, "trim_offsets": false,
        "model_max_length": 1000000000000000019884624838656})");
  write("added_tokens.json", R"({"<second>": 5, "<first>": 4})");
  apply_configs(folder_, settings);
  EXPECT_TRUE(settings.add_prefix_space);
  EXPECT_FALSE(settings.trim_offsets);
  EXPECT_EQ(settings.max_length, 0);
  EXPECT_EQ(settings.mask, "<mask>");
  ASSERT_EQ(settings.added.size(), 5);
  EXPECT_EQ(settings.added[0].text, "<first>");
  EXPECT_EQ(settings.added[0].id, 4);
  EXPECT_FALSE(settings.added[0].special);
  EXPECT_EQ(settings.added[2].text, "</s>");
  EXPECT_TRUE(settings.added[2].rstrip);
  EXPECT_EQ(settings.added[4].text, "<mask>");
  EXPECT_TRUE(settings.added[4].lstrip);
}

TEST_F(TokenizerFiles, AddedTokensDecoder) {
  Settings settings = small_settings(Settings::Kind::kByteLevelBpe);
  write("tokenizer_config.json", R"({"mask_token": "<mask>", "added_tokens_decoder": {
        "10": {"content": "<ten>", "special": true}, "2": {"content": "<mask>", "rstrip": true},
        "9": {"content": "<nine>"}}})");
  apply_configs(folder_, settings);
  ASSERT_EQ(settings.added.size(), 3);
  EXPECT_EQ(settings.added[0].text, "<mask>");
  EXPECT_TRUE(settings.added[0].rstrip);
  EXPECT_FALSE(settings.added[0].lstrip);
  EXPECT_EQ(settings.added[1].text, "<nine>");
  EXPECT_FALSE(settings.added[1].special);
  EXPECT_EQ(settings.added[1].id, 4);
  EXPECT_EQ(settings.added[2].id, 5);
}

/// What reading throws; the test fails when it does not.
Error error_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "was read";
  return Error(ErrorCode::kInternal, "");
}

void expect_error(const Error& error, ErrorCode code, const std::string& file,
                  const std::string& what) {
  EXPECT_EQ(error.code(), code) << error.what();
  EXPECT_NE(error.message().find(file), std::string::npos) << error.what();
  EXPECT_NE(error.message().find(what), std::string::npos) << error.what();
  EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.what();
}

/// One change to a good tokenizer.json.
struct Defect {
  const char* at;     // a JSON pointer
  const char* value;  // what stands there instead, as JSON; "": nothing
  ErrorCode code;
  const char* what;  // is part of the message
};

constexpr ErrorCode kBad = ErrorCode::kBadArchive;
constexpr ErrorCode kOther = ErrorCode::kUnsupported;

Json broken(Json json, const Defect& defect) {
  const Json::json_pointer at(defect.at);
  if (std::string(defect.value).empty()) {
    json[at.parent_pointer()].erase(at.back());
  } else {
    json[at] = Json::parse(defect.value);
  }
  return json;
}

const Defect kWordPieceDefects[] = {
    {"/version", "2", kBad, "version is of type number"},
    {"/version", "\"2.0\"", kOther, "version 2.0"},
    {"/model", "", kBad, "has no \"model\""},
    {"/model", "[]", kBad, "model is of type array"},
    {"/model/type", "\"Unigram\"", kOther, "Unigram"},
    {"/model/type", "\"WordLevel\"", kOther, "WordLevel"},
    {"/model/vocab", "", kBad, "model has no \"vocab\""},
    {"/model/vocab", "{}", kBad, "no tokens"},
    {"/model/vocab", "[[\"a\", -1.5]]", kBad, "vocab is of type array"},
    {"/model/vocab/a", "-1", kBad, "a has an id out of range"},
    {"/model/vocab/a", "16777216", kBad, "a has an id out of range"},
    {"/model/vocab/a", "99999999999999999999999", kBad, "a is of type number"},
    {"/model/vocab/a", "\"4\"", kBad, "a is of type string"},
    {"/model/vocab/a", "4.5", kBad, "a is of type number"},
    {"/model/max_input_chars_per_word", "-1", kBad, "max_input_chars_per_word"},
    {"/model/max_input_chars_per_word", "true", kBad, "max_input_chars_per_word"},
    {"/normalizer/type", "\"NFKC\"", kOther, "NFKC"},
    {"/normalizer/type", "\"Sequence\"", kOther, "Sequence"},
    {"/normalizer/type", "", kBad, "normalizer has no \"type\""},
    {"/normalizer/lowercase", "1", kBad, "normalizer.lowercase"},
    {"/pre_tokenizer", "", kBad, "has no \"pre_tokenizer\""},
    {"/pre_tokenizer/type", "\"Whitespace\"", kOther, "Whitespace"},
    {"/decoder/type", "\"Metaspace\"", kOther, "Metaspace"},
    {"/decoder/prefix", "\"@@\"", kOther, "prefix"},
    {"/added_tokens", "{}", kBad, "added_tokens is of type object"},
    {"/added_tokens/0", "4", kBad, "added_tokens[0]"},
    {"/added_tokens/0/content", "", kBad, "added_tokens[0] has no \"content\""},
    {"/added_tokens/1/lstrip", "\"yes\"", kBad, "added_tokens[1].lstrip"},
    {"/post_processor/type", "\"RobertaProcessing\"", kOther, "RobertaProcessing"},
    {"/post_processor/type", "\"Other\"", kOther, "Other"},
    {"/post_processor/single", "", kBad, "post_processor has no \"single\""},
    {"/post_processor/single/1", "{}", kBad, "single[1] has no \"Sequence\""},
    {"/post_processor/single/1/Sequence/id", "\"B\"", kOther, "other texts"},
    {"/post_processor/pair/3/Sequence/id", "\"A\"", kOther, "other texts"},
    {"/post_processor/pair/0/SpecialToken/id", "\"[X]\"", kBad, "has no \"[X]\""},
    {"/post_processor/special_tokens", "", kBad, "special_tokens"},
    {"/post_processor/special_tokens/[CLS]/ids", "[3]", kBad, "the id 3, and the vocabulary 2"},
    {"/post_processor/special_tokens/[CLS]/ids", "[2, 3]", kBad, "as many ids"},
    {"/post_processor/special_tokens/[CLS]/tokens", "[\"<c>\"]", kBad, "token \"<c>\""},
};

TEST_F(TokenizerFiles, DefectsOfWordPiece) {
  for (const Defect& defect : kWordPieceDefects) {
    SCOPED_TRACE(std::string(defect.at) + " = " + defect.value);
    const auto path = write("tokenizer.json", broken(word_piece_json(), defect).dump());
    expect_error(error_of([&] { read_tokenizer_json(path); }), defect.code, path.string(),
                 defect.what);
  }
}

const Defect kBpeDefects[] = {
    {"/model/type", "\"SentencePiece\"", kOther, "SentencePiece"},
    {"/pre_tokenizer", "", kOther, "BPE of characters"},
    {"/pre_tokenizer/type", "\"Metaspace\"", kOther, "Metaspace"},
    {"/pre_tokenizer/type", "\"Sequence\"", kOther, "Sequence"},
    {"/pre_tokenizer/use_regex", "false", kOther, "pattern"},
    {"/normalizer", "{\"type\": \"NFC\"}", kOther, "NFC"},
    {"/decoder/type", "\"BPEDecoder\"", kOther, "BPEDecoder"},
    {"/model/dropout", "0.1", kOther, "dropout"},
    {"/model/byte_fallback", "true", kOther, "byte_fallback"},
    {"/model/end_of_word_suffix", "\"</w>\"", kOther, "</w>"},
    {"/model/continuing_subword_prefix", "\"##\"", kOther, "##"},
    {"/model/merges", "", kOther, "of no known type"},
    {"/model/merges", "{}", kBad, "model.merges is of type object"},
    {"/model/merges/0", "\"ab\"", kBad, "model.merges[0] is not two tokens"},
    {"/model/merges/0", "\"a b c\"", kBad, "model.merges[0] is not two tokens"},
    {"/model/merges/0", "[\"a\"]", kBad, "model.merges[0] is not two tokens"},
    {"/model/merges/0", "[\"a\", 1]", kBad, "model.merges[0][1] is of type number"},
    {"/model/merges/0", "7", kBad, "model.merges[0] is of type number"},
    {"/post_processor/sep", "[\"</s>\"]", kBad, "post_processor.sep is not a token"},
    {"/post_processor/sep", "[\"</s>\", 9]", kBad, "the id 9, and the vocabulary 1"},
    {"/post_processor/cls", "[\"<c>\", 0]", kBad, "token \"<c>\""},
};

TEST_F(TokenizerFiles, DefectsOfByteLevelBpe) {
  for (const Defect& defect : kBpeDefects) {
    SCOPED_TRACE(std::string(defect.at) + " = " + defect.value);
    Json json = bpe_json();
    if (std::string(defect.at) == "/model/merges" && std::string(defect.value).empty()) {
      json["model"].erase("type");
    }
    const auto path = write("tokenizer.json", broken(json, defect).dump());
    expect_error(error_of([&] { read_tokenizer_json(path); }), defect.code, path.string(),
                 defect.what);
  }
}

TEST_F(TokenizerFiles, NotJson) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += '[';
  struct {
    std::string bytes;
    ErrorCode code;
    const char* what;
  } const files[] = {
      {"", kBad, "at byte 1"},
      {"{\"model\": ", kBad, "is not JSON"},
      {"{} {}", kBad, "at byte 4"},
      {"{\"a\": \"\xFF\"}", kBad, "is not JSON"},
      {"{\"a\": \"\\ud800\"}", kBad, "is not JSON"},
      {"{\"a\": 1e999}", kBad, "a number"},
      {deep, kOther, "levels"},
      {"[1, 2]", kBad, "is of type array"},
      {std::string("PK\x03\x04\0\0", 6), kBad, "is not JSON"},
      {"<!DOCTYPE html>", kBad, "is not JSON"},
  };
  for (const auto& file : files) {
    const auto path = write("tokenizer.json", file.bytes);
    expect_error(error_of([&] { read_tokenizer_json(path); }), file.code, path.string(), file.what);
  }
}

TEST_F(TokenizerFiles, TooManyValues) {
  std::string bytes = "[0";
  for (std::size_t i = 0; i <= kMaxJsonValues; ++i) bytes += ",0";
  const auto path = write("tokenizer.json", bytes + "]");
  expect_error(error_of([&] { read_tokenizer_json(path); }), kOther, path.string(), "values");
}

TEST_F(TokenizerFiles, DefectsOfMerges) {
  const auto vocabulary = write("vocab.json", R"({"a": 0, "b": 1})");
  expect_error(error_of([&] { read_vocab_json(vocabulary); }), ErrorCode::kNotFound,
               vocabulary.string(), "merges.txt");
  const struct {
    const char* bytes;
    const char* what;
  } files[] = {{"a\n", "line 1"},
               {"#version: 0.2\na b\na b c\n", "line 3"},
               {"a b\n\na b\n", "line 2"},
               {"a \xFF\n", "is not UTF-8"}};
  for (const auto& file : files) {
    const auto path = write("merges.txt", file.bytes);
    expect_error(error_of([&] { read_vocab_json(vocabulary); }), kBad, path.string(), file.what);
  }
}

TEST_F(TokenizerFiles, DefectsOfConfigs) {
  const struct {
    const char* name;
    const char* bytes;
    const char* what;
  } files[] = {
      {"tokenizer_config.json", "[]", "is of type array"},
      {"tokenizer_config.json", R"({"do_lower_case": "yes"})", "do_lower_case"},
      {"tokenizer_config.json", R"({"mask_token": 5})", "mask_token is of type number"},
      {"tokenizer_config.json", R"({"mask_token": {"text": "m"}})", "no \"content\""},
      {"tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "a"}}})", "its id"},
      {"tokenizer_config.json", R"({"added_tokens_decoder": {"5 ": {"content": "a"}}})", "its id"},
      {"tokenizer_config.json", R"({"additional_special_tokens": [7]})", "tokens[0]"},
      {"special_tokens_map.json", R"({"cls_token": ["<s>"]})", "cls_token is of type array"},
      {"special_tokens_map.json", "{", "is not JSON"},
      {"added_tokens.json", R"({"<new>": "5"})", "<new> is of type string"},
  };
  for (const auto& file : files) {
    SCOPED_TRACE(file.bytes);
    const auto path = write(file.name, file.bytes);
    Settings settings = small_settings(Settings::Kind::kWordPiece);
    expect_error(error_of([&] { apply_configs(folder_, settings); }), kBad, path.string(),
                 file.what);
    std::filesystem::remove(path);
  }
}

TEST_F(TokenizerFiles, FolderOpensTheFileThatSaysMost) {
  write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n");
  write("tokenizer_config.json", R"({"do_lower_case": false, "add_prefix_space": true})");
  const Settings word_piece = read_settings(folder_);
  EXPECT_EQ(word_piece.kind, Settings::Kind::kWordPiece);
  EXPECT_FALSE(word_piece.lower_case);
  EXPECT_EQ(word_piece.added.size(), 3);
  write("vocab.json", R"({"<s>": 0, "</s>": 1, "<mask>": 2})");
  write("merges.txt", "#version: 0.2\n");
  const Settings bpe = read_settings(folder_);
  EXPECT_EQ(bpe.kind, Settings::Kind::kByteLevelBpe);
  EXPECT_TRUE(bpe.add_prefix_space);
  ASSERT_EQ(bpe.added.size(), 3);
  EXPECT_TRUE(bpe.added.back().lstrip);
  EXPECT_EQ(bpe.single.at(0).token, "<s>");
  write("tokenizer.json", bpe_json().dump());
  EXPECT_EQ(read_settings(folder_).vocabulary.size(), 6);
  EXPECT_EQ(read_settings(folder_ / "vocab.json").vocabulary.size(), 3);
}

TEST_F(TokenizerFiles, NothingToOpen) {
  expect_error(error_of([&] { read_settings(folder_); }), ErrorCode::kNotFound, folder_.string(),
               "tokenizer.json, vocab.json or vocab.txt");
  const auto absent = folder_ / "absent.json";
  expect_error(error_of([&] { read_settings(absent); }), ErrorCode::kNotFound, absent.string(),
               "cannot read");
  const auto merges = write("merges.txt", "a b\n");
  expect_error(error_of([&] { read_settings(merges); }), kOther, merges.string(), "vocab.json");
}

}  // namespace
}  // namespace henson::tokenizer
