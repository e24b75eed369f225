// One broken file of a tokenizer a defect, and files broken at random.
#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "henson/error.h"
#include "henson/tokenizer.h"
#include "runtime/tokenizer/bpe_files.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/tokenizer_config.h"
#include "runtime/tokenizer/tokenizer_json.h"
#include "tests/runtime/tokenizer_files.h"

namespace henson::tokenizer {
namespace {

using TokenizerDefects = TokenizerFiles;

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
    {"/model/type", "\"Unigram\"", kOther, "continuing_subword_prefix"},
    {"/model/type", "\"SentencePiece\"", kOther, "SentencePiece"},
    {"/model/beam", "4", kOther, "\"beam\", which Henson does not know"},
    {"/post_processing", "null", kOther, "\"post_processing\""},
    {"/model/vocab", "", kBad, "model has no \"vocab\""},
    {"/model/vocab", "{}", kBad, "no tokens"},
    {"/model/vocab", "[[\"a\", -1.5]]", kBad, "vocab is of type array"},
    {"/truncation/max_length", "-5", kBad, "negative max_length"},
    {"/truncation/strategy", "\"Shortest\"", kOther, "Shortest"},
    {"/truncation/side", "\"Left\"", kOther, "side"},
    {"/padding", "{\"side\": \"Left\"}", kOther, "side"},
    {"/model/vocab/a", "-1", kBad, "a has an id out of range"},
    {"/model/vocab/a", "16777216", kBad, "a has an id out of range"},
    {"/model/vocab/a", "99999999999999999999999", kBad, "a is of type number"},
    {"/model/vocab/a", "\"4\"", kBad, "a is of type string"},
    {"/model/vocab/a", "4.5", kBad, "a is of type number"},
    {"/model/max_input_chars_per_word", "-1", kBad, "max_input_chars_per_word"},
    {"/model/max_input_chars_per_word", "true", kBad, "max_input_chars_per_word"},
    {"/normalizer/type", "\"NFKC\"", kOther, "clean_text"},
    {"/normalizer/type", "\"Sequence\"", kOther, "clean_text"},
    {"/normalizer/type", "\"Romanize\"", kOther, "Romanize"},
    {"/normalizer/type", "", kBad, "normalizer has no \"type\""},
    {"/normalizer/lowercase", "1", kBad, "normalizer.lowercase"},
    {"/pre_tokenizer/type", "\"Jieba\"", kOther, "Jieba"},
    {"/pre_tokenizer/behavior", "\"Removed\"", kOther, "behavior"},
    {"/decoder/type", "\"Metaspace\"", kOther, "cleanup"},
    {"/decoder/type", "\"Morse\"", kOther, "Morse"},
    {"/decoder/prefix", "7", kBad, "prefix"},
    {"/added_tokens", "{}", kBad, "added_tokens is of type object"},
    {"/added_tokens/0", "4", kBad, "added_tokens[0]"},
    {"/added_tokens/0/content", "", kBad, "added_tokens[0] has no \"content\""},
    {"/added_tokens/1/lstrip", "\"yes\"", kBad, "added_tokens[1].lstrip"},
    {"/post_processor/type", "\"RobertaProcessing\"", kOther, "\"pair\""},
    {"/post_processor/type", "\"Other\"", kOther, "Other"},
    {"/post_processor/single", "", kBad, "post_processor has no \"single\""},
    {"/post_processor/single/1", "{}", kBad, "single[1] has no \"Sequence\""},
    {"/post_processor/single/1/Sequence/id", "\"B\"", kOther, "other texts"},
    {"/post_processor/pair/3/Sequence/id", "\"A\"", kOther, "other texts"},
    {"/post_processor/pair/0/SpecialToken/id", "\"[X]\"", kBad, "has no \"[X]\""},
    {"/post_processor/special_tokens", "", kBad, "special_tokens"},
    {"/post_processor/special_tokens/[CLS]/ids", "[-3]", kBad, "no id"},
    {"/post_processor/special_tokens/[CLS]/ids", "[2, 3]", kBad, "as many ids"},
    {"/post_processor/special_tokens/[CLS]/tokens", "[7]", kBad, "tokens[0]"},
};

TEST_F(TokenizerDefects, DefectsOfWordPiece) {
  for (const Defect& defect : kWordPieceDefects) {
    SCOPED_TRACE(std::string(defect.at) + " = " + defect.value);
    const auto path = write("tokenizer.json", broken(word_piece_json(), defect).dump());
    expect_error(error_of([&] { Tokenizer::open(path); }), defect.code, path.string(), defect.what);
  }
}

const Defect kBpeDefects[] = {
    {"/model/type", "\"SentencePiece\"", kOther, "SentencePiece"},
    {"/pre_tokenizer/type", "\"Sequence\"", kOther, "add_prefix_space"},
    {"/pre_tokenizer", "{\"type\": \"Sequence\", \"pretokenizers\": {}}", kBad, "of type object"},
    {"/pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"ab\"}", kBad, "one character"},
    {"/pre_tokenizer", "{\"type\": \"FixedLength\", \"length\": 0}", kBad, "not positive"},
    {"/pre_tokenizer",
     "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(\"}, \"behavior\": \"Isolated\", "
     "\"invert\": false}",
     kBad, "no regular expression"},
    {"/pre_tokenizer",
     "{\"type\": \"Split\", \"pattern\": {\"String\": \"a\"}, \"behavior\": \"Doubled\", "
     "\"invert\": false}",
     kOther, "Doubled"},
    {"/normalizer", "{\"type\": \"NFC\", \"form\": 4}", kOther, "form"},
    {"/normalizer", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"A\"}", kBad,
     "base 64"},
    {"/normalizer", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"////fw==\"}", kBad,
     "breaks off"},
    {"/decoder/type", "\"BPEDecoder\"", kOther, "add_prefix_space"},
    {"/model/dropout", "0.1", kOther, "dropout"},
    {"/model/byte_fallback", "3", kBad, "byte_fallback"},
    {"/model/end_of_word_suffix", "[]", kBad, "end_of_word_suffix"},
    {"/model/continuing_subword_prefix", "\"##\"", kBad, "without its prefix"},
    {"/model/merges", "", kOther, "of no known type"},
    {"/model/merges", "{}", kBad, "model.merges is of type object"},
    {"/model/merges/0", "\"ab\"", kBad, "model.merges[0] is not two tokens"},
    {"/model/merges/0", "\"a b c\"", kBad, "model.merges[0] is not two tokens"},
    {"/model/merges/0", "[\"a\"]", kBad, "model.merges[0] is not two tokens"},
    {"/model/merges/0", "[\"a\", 1]", kBad, "model.merges[0][1] is of type number"},
    {"/model/merges/0", "7", kBad, "model.merges[0] is of type number"},
    {"/post_processor/sep", "[\"</s>\"]", kBad, "post_processor.sep is not a token"},
    {"/post_processor/sep", "[\"</s>\", -9]", kBad, "no id"},
    {"/post_processor/cls", "[7, 0]", kBad, "cls[0]"},
};

TEST_F(TokenizerDefects, DefectsOfByteLevelBpe) {
  for (const Defect& defect : kBpeDefects) {
    SCOPED_TRACE(std::string(defect.at) + " = " + defect.value);
    Json json = bpe_json();
    if (std::string(defect.at) == "/model/merges" && std::string(defect.value).empty()) {
      json["model"].erase("type");
    }
    const auto path = write("tokenizer.json", broken(json, defect).dump());
    expect_error(error_of([&] { Tokenizer::open(path); }), defect.code, path.string(), defect.what);
  }
}

TEST_F(TokenizerDefects, NotJson) {
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

TEST_F(TokenizerDefects, TooManyValues) {
  std::string bytes = "[0";
  for (std::size_t i = 0; i <= kMaxJsonValues; ++i) bytes += ",0";
  const auto path = write("tokenizer.json", bytes + "]");
  expect_error(error_of([&] { read_tokenizer_json(path); }), kOther, path.string(), "values");
}

TEST_F(TokenizerDefects, DefectsOfMerges) {
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

TEST_F(TokenizerDefects, DefectsOfConfigs) {
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

TEST_F(TokenizerDefects, NothingToOpen) {
  expect_error(error_of([&] { read_settings(folder_); }), ErrorCode::kNotFound, folder_.string(),
               "tokenizer.json, vocab.json or vocab.txt");
  const auto absent = folder_ / "absent.json";
  expect_error(error_of([&] { read_settings(absent); }), ErrorCode::kNotFound, absent.string(),
               "cannot read");
  const auto merges = write("merges.txt", "a b\n");
  expect_error(error_of([&] { read_settings(merges); }), kOther, merges.string(), "vocab.json");
}

/// Opens and uses; what is thrown must be an Error of what a file can be.
void use_damaged(const std::filesystem::path& path) {
  try {
    const Tokenizer tokenizer = Tokenizer::open(path);
    const Encoding encoding = tokenizer.encode("ab <mask> a[CLS]", " b<new>");
    EXPECT_EQ(encoding.ids.size(), encoding.offsets.size());
    tokenizer.decode(encoding.ids, false);
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == kBad || error.code() == kOther) << error.what();
  }
}

/// Some bytes other ones, doubled or gone.
std::string damaged(std::string bytes, std::mt19937& random) {
  const std::size_t changes = 1 + random() % 3;
  for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random() % bytes.size();
    const std::size_t length = std::min(bytes.size() - at, std::size_t{1} << random() % 7);
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = "{}[]\",:0-9e tn"[random() % 15];
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.erase(at, length);
    }
  }
  return bytes;
}

TEST_F(TokenizerDefects, RandomDamage) {
  const std::string sound[] = {word_piece_json().dump(), bpe_json().dump()};
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    use_damaged(write("tokenizer.json", damaged(sound[round % 2], random)));
  }
}

/// What is sound JSON goes further than what is damaged at random.
TEST_F(TokenizerDefects, ValuesOfOtherTypes) {
  const Json values[] = {nullptr,
                         true,
                         -1,
                         1e300,
                         "",
                         "[CLS]",
                         Json::array(),
                         Json::object(),
                         {"a", 1},
                         {{"type", "BPE"}},
                         {{"id", 5}},
                         1ULL << 63};
  for (const Json& sound : {word_piece_json(), bpe_json()}) {
    const Json flat = sound.flatten();
    for (const auto& [place, ignored] : flat.items()) {
      for (Json::json_pointer at(place); !at.empty(); at = at.parent_pointer()) {
        for (const Json& value : values) {
          Json json = sound;
          json[at] = value;
          use_damaged(write("tokenizer.json", json.dump()));
        }
      }
    }
  }
}

}  // namespace
}  // namespace henson::tokenizer
