// Folders as sentence-transformers leaves them: what is honoured, and what is refused.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "henson/tasks.h"

namespace henson {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kTasks = fs::path(HENSON_TEST_SOURCES) / "tasks";
const fs::path kFolders = kTasks / "folders";
constexpr double kTolerance = 1e-5;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// The rows of an .npy file of float32.
struct Rows {
  explicit Rows(const fs::path& path) {
    const std::string bytes = read(path);
    const std::size_t header =
        10 + static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    const std::size_t open = bytes.find('(');
    count = std::stoul(bytes.substr(open + 1));
    values.resize((bytes.size() - header) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + header, values.size() * sizeof(float));
  }
  std::size_t size() const { return values.size() / count; }

  std::size_t count = 0;
  std::vector<float> values;
};

std::vector<std::string> sentences() {
  std::vector<std::string> lines;
  std::ifstream file(kTasks / "sentences.txt");
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// A copy of a golden folder, with the archive and the vocabulary that all of them share.
class Folders : public ::testing::Test {
 protected:
  Folders() : folder_(fs::temp_directory_path() / ("henson_folders_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Folders() override { fs::remove_all(folder_); }

  void use(const std::string& name, const fs::path& archive = kFolders / "encoder.pt") {
    fs::remove_all(folder_);
    fs::copy(kFolders / name, folder_, fs::copy_options::recursive);
    fs::remove(folder_ / "whole.pt");
    fs::copy(archive, folder_ / "model.pt");
    fs::copy(kFolders / "vocab.txt", folder_ / "vocab.txt");
  }

  void change(const std::string& file, const Json& changes) {
    Json json = fs::exists(folder_ / file) ? Json::parse(read(folder_ / file)) : Json::object();
    json.merge_patch(changes);
    write(folder_ / file, json.dump());
  }

  TextModel open(TextModelOptions options = {}) const {
    options.session.threads = 1;
    return TextModel::open(folder_, std::move(options));
  }

  /// What opening the folder and embedding a text answer: an error's message, or "accepted".
  std::string refusal(const EmbedOptions& options = {}, TextModelOptions given = {}) const {
    try {
      open(std::move(given)).embed(std::vector<std::string>{"the frog"}, options);
    } catch (const Error& error) {
      std::string text = error.what();
      for (std::size_t at; (at = text.find(folder_.string())) != std::string::npos;) {
        text.replace(at, folder_.string().size(), "F");
      }
      return text;
    }
    return "accepted";
  }

  std::string setting(const std::string& name, const EmbedOptions& options = {},
                      TextModelOptions given = {}) const {
    for (const Setting& found : open(std::move(given)).explain(options)) {
      if (found.name != name) continue;
      return found.value + " | " + found.origin + (found.instead.empty() ? "" : " | ") +
             found.instead;
    }
    return "none";
  }

  void expect_golden(const std::string& name, EmbedOptions options = {}) const {
    TextModel model = open();
    const Rows expected(kFolders / (name + ".npy"));
    std::vector<std::string> lines = sentences();
    lines.resize(expected.count);
    options.normalize = std::nullopt;
    const Embeddings found = model.embed(lines, options);
    ASSERT_EQ(found.dimensions, expected.size()) << name;
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      ASSERT_NEAR(found.values[i], expected.values[i], kTolerance)
          << name << ", line " << i / expected.size() + 1;
    }
  }

  const fs::path folder_;
};

TEST_F(Folders, EmbedAsSentenceTransformersDoes) {
  for (const char* const name :
       {"cls", "mean", "max", "mean_sqrt_len", "weightedmean", "lasttoken", "concatenated",
        "dense_tanh", "dense_twice_bin", "layer_norm", "short", "prompts", "prompt_left_out"}) {
    use(name);
    expect_golden(name);
  }
  use("named_prompt");
  expect_golden("named_prompt", {.prompt_name = "passage"});
}

TEST_F(Folders, AnArchiveThatDoesTheModulesWorkIsNotGivenItTwice) {
  for (const char* const name : {"whole_normalized", "whole_dense", "partly"}) {
    use(name, kFolders / name / "whole.pt");
    expect_golden(name);
  }
  EXPECT_EQ(setting("dense"), "24 to 24, Identity | 2_Dense/config.json");
  EXPECT_EQ(setting("pooling"),
            "done by the archive itself | its output is one vector a text | 1_Pooling/config.json");
  use("whole_dense", kFolders / "whole_dense" / "whole.pt");
  EXPECT_EQ(setting("dense"),
            "done by the archive itself | its weights are in the archive | 2_Dense/config.json");
}

TEST_F(Folders, AreOfLengthOneUnlessSaidOtherwise) {
  use("mean");
  const std::vector<std::string> text{"the frog"};
  const auto length = [&](const std::optional<bool>& normalize) {
    double squares = 0;
    for (const float x : open().embed(text, {.normalize = normalize}).values) squares += x * x;
    return std::sqrt(squares);
  };
  EXPECT_NEAR(length(true), 1, 1e-6);
  EXPECT_GT(std::abs(length(false) - 1), 0.05);
  EXPECT_EQ(length(std::nullopt), length(false));
  EXPECT_EQ(setting("normalize"), "yes | default");
  use("dense_tanh");
  EXPECT_NEAR(length(std::nullopt), 1, 1e-6);
  EXPECT_GT(std::abs(length(false) - 1), 0.05);
  EXPECT_EQ(setting("normalize", {.normalize = false}),
            "no | option normalize | yes (modules.json)");
}

TEST_F(Folders, OptionsGoBeforeFiles) {
  use("cls");
  EXPECT_EQ(setting("pooling"), "cls | 1_Pooling/config.json");
  EXPECT_EQ(setting("pooling", {.pooling = Pooling::kMean}),
            "mean | option pooling | cls (1_Pooling/config.json)");
  const auto own = open().embed(sentences(), {.pooling = Pooling::kMean});
  use("mean");
  EXPECT_EQ(own.values, open().embed(sentences()).values);
  EXPECT_EQ(setting("max length"), "48 tokens | sentence_bert_config.json: max_seq_length");
  use("short");
  EXPECT_EQ(setting("max length"), "9 tokens | sentence_bert_config.json: max_seq_length");
  TextModelOptions longer;
  longer.max_length = 20;
  EXPECT_EQ(setting("max length", {}, longer),
            "20 tokens | option max_length | 9 (sentence_bert_config.json: max_seq_length)");
  longer.max_length = 100;
  EXPECT_EQ(setting("max length", {}, longer),
            "48 tokens | the archive's positions | 100 (option max_length)");
}

TEST_F(Folders, PromptsByOptionAndByName) {
  use("prompts");
  EXPECT_EQ(setting("prompt"),
            "\"query: what is \" | config_sentence_transformers.json: default_prompt_name");
  EXPECT_EQ(setting("prompt", {.prompt = "", .prompt_name = ""}),
            "\"\" | option prompt | \"query: what is \" (config_sentence_transformers.json: "
            "default_prompt_name)");
  const auto plain = open().embed(sentences(), {.prompt = ""});
  use("mean");
  EXPECT_EQ(plain.values, open().embed(sentences()).values);
  use("prompts");
  EXPECT_EQ(refusal({.prompt_name = "other"}),
            "no prompt is named `other`: the folder has document, passage, query");
  EXPECT_EQ(refusal({.prompt = "a", .prompt_name = "query"}),
            "give a prompt or the name of one, not both");
}

TEST_F(Folders, ASharedModelHasTheFolderAndOptionsOfItsOwn) {
  use("prompts");
  TextModel model = open();
  EXPECT_EQ(model.prompts().at("query"), "query: what is ");
  EXPECT_EQ(model.default_prompt_name(), "query");
  TextModel other = model.share({});
  EXPECT_EQ(other.embed(sentences()).values, model.embed(sentences()).values);
  TextModelOptions options;
  options.max_length = 9;
  TextModel shorter = other.share(options);
  EXPECT_EQ(shorter.max_length(), 9U);
  EXPECT_EQ(shorter.prompts(), model.prompts());
  EXPECT_NE(shorter.embed(sentences()).values, model.embed(sentences()).values);
  use("mean");
  EXPECT_EQ(open().default_prompt_name(), "");
}

TEST_F(Folders, TruncatedEmbeddingsAreTheFirstNumbers) {
  use("mean");
  const auto whole = open().embed(sentences(), {.normalize = false});
  const auto first = open().embed(sentences(), {.normalize = false, .truncate_to = 7});
  ASSERT_EQ(first.dimensions, 7U);
  for (std::size_t i = 0; i < first.size(); ++i) {
    for (std::size_t k = 0; k < 7; ++k) EXPECT_EQ(first.row(i)[k], whole.row(i)[k]);
  }
  EXPECT_EQ(refusal({.truncate_to = 25}),
            "an embedding has 24 numbers; it cannot be truncated to 25");
}

TEST_F(Folders, AloneNothingBesideTheArchiveIsRead) {
  use("cls");
  TextModelOptions alone;
  alone.alone = true;
  EXPECT_EQ(setting("pooling", {}, alone), "mean | default");
  write(folder_ / "modules.json", "{");
  EXPECT_NE(refusal(), "accepted");
  EXPECT_EQ(refusal({}, alone), "accepted");
}

TEST_F(Folders, AMemberOfAModuleThatNobodyKnowsIsRefused) {
  use("mean");
  Json modules = Json::parse(read(folder_ / "modules.json"));
  modules[1]["kwargs"] = Json::array();
  write(folder_ / "modules.json", modules.dump());
  EXPECT_EQ(refusal(), "accepted");
  modules[1]["kwargs"] = {"task"};
  write(folder_ / "modules.json", modules.dump());
  EXPECT_EQ(refusal(),
            "F/modules.json: kwargs of a module is not known to Henson, and may change the answer");
}

TEST_F(Folders, TheArchiveIsFoundOrAskedFor) {
  use("cls");
  fs::copy(folder_ / "model.pt", folder_ / "other.pt");
  EXPECT_EQ(refusal(),
            "F: the folder has several archives: model.pt, other.pt; give the path of "
            "one");
  EXPECT_EQ(TextModel::open(folder_ / "other.pt").similarity(), Similarity::kCosine);
  fs::remove(folder_ / "model.pt");
  fs::remove(folder_ / "other.pt");
  EXPECT_EQ(refusal(),
            "F: the folder has no TorchScript archive (a .pt file); save one there with "
            "torch.jit.trace and torch.jit.save");
  use("cls");
  fs::remove(folder_ / "vocab.txt");
  EXPECT_EQ(refusal(),
            "F: there is no vocabulary beside the archive; give one: --vocab vocab.txt "
            "(or vocab.json, tokenizer.json, a folder)");
}

/// What stands in a file of a folder, and what is said of it.
struct Refusal {
  std::string folder;
  std::string file;
  Json changes;
  std::string message;
};

TEST_F(Folders, WhatCannotBeHonouredIsRefusedByName) {
  const std::string pooling = "1_Pooling/config.json";
  const std::string dense = "2_Dense/config.json";
  const std::string bert = "sentence_bert_config.json";
  const std::string sentence = "config_sentence_transformers.json";
  const auto unknown = [](const std::string& member) {
    return "F/" + member +
           " is not known to Henson, and may change the answer; --alone reads no such file";
  };
  const std::vector<Refusal> refusals{
      {"mean",
       pooling,
       {{"pooling_mode_attention", true}},
       "F/1_Pooling/config.json: pooling_mode_attention is a pooling that Henson does not have"},
      {"mean",
       pooling,
       {{"pooling_mode", "median"}},
       "F/1_Pooling/config.json: pooling_mode is `median`, which Henson does not have"},
      {"mean",
       pooling,
       {{"pooling_mode", 3}},
       "F/1_Pooling/config.json: pooling_mode must be a name or a list of names"},
      {"mean",
       pooling,
       {{"pooling_mode_mean_tokens", false}},
       "F/1_Pooling/config.json: says no pooling at all"},
      {"mean",
       pooling,
       {{"word_embedding_dimension", 32}},
       "F/1_Pooling/config.json: takes vectors of 32 numbers, and gets 24"},
      {"mean",
       pooling,
       {{"include_prompt", 0}},
       "F/1_Pooling/config.json: include_prompt must be true or false"},
      {"dense_tanh",
       dense,
       {{"activation_function", "my.Activation"}},
       "F/2_Dense/config.json: activation_function is `my.Activation`, which Henson does not have"},
      {"dense_tanh",
       dense,
       {{"in_features", 23}},
       "F/2_Dense/config.json: takes a vector of 23 numbers, and gets 24"},
      {"dense_tanh",
       dense,
       {{"in_features", -1}},
       "F/2_Dense/config.json: in_features must be a whole number above 0"},
      {"dense_tanh",
       dense,
       {{"out_features", 11}},
       "F/2_Dense: the weights have no `linear.weight` of the sizes that config.json tells"},
      {"dense_tanh",
       dense,
       {{"bias", false}},
       "F/2_Dense: the weights have `linear.bias`, which config.json does not tell of"},
      {"dense_tanh",
       dense,
       {{"use_residual", true}},
       "F/2_Dense: the weights have no `residual.weight` of the sizes that config.json tells"},
      {"dense_tanh",
       dense,
       {{"module_input_name", "all_layers"}},
       "F/2_Dense/config.json: module_input_name is `all_layers`, which Henson does not have"},
      {"dense_tanh",
       dense,
       {{"module_output_name", "other"}},
       "F/2_Dense/config.json: module_output_name is `other`, another than its input"},
      {"mean",
       pooling,
       {{"pooling_weight", 0.5}},
       unknown("1_Pooling/config.json: pooling_weight")},
      {"dense_tanh", dense, {{"scale", 2}}, unknown("2_Dense/config.json: scale")},
      {"mean",
       bert,
       {{"strip_newlines", true}},
       unknown("sentence_bert_config.json: strip_newlines")},
      {"mean",
       sentence,
       {{"query_prefix", "[Q] "}},
       unknown("config_sentence_transformers.json: query_prefix")},
      {"mean",
       "config.json",
       {{"sentence_transformers", {{"scale", 20}}}},
       "F/config.json: sentence_transformers.scale is not known to Henson, and may change the "
       "answer"},
      {"mean",
       "config.json",
       {{"sbert_ce_scale", 20}},
       "F/config.json: sbert_ce_scale is not known to Henson, and may change the answer"},
      {"mean",
       "artifact.metadata",
       {{"query_maxlen", 32}},
       "F/artifact.metadata: says how ColBERT reads queries and documents, which Henson does not "
       "do; --alone leaves it out"},
      {"mean",
       bert,
       {{"max_seq_length", "long"}},
       "F/sentence_bert_config.json: max_seq_length must be a whole number above 0"},
      {"mean",
       bert,
       {{"do_lower_case", "yes"}},
       "F/sentence_bert_config.json: do_lower_case must be true or false"},
      {"mean",
       bert,
       {{"tokenizer_args", {{"use_fast", false}}}},
       "F/sentence_bert_config.json: tokenizer_args changes how texts become tokens in a way that "
       "Henson does not have"},
      {"mean",
       bert,
       {{"transformer_task", "text-generation"}},
       "F/sentence_bert_config.json: transformer_task is `text-generation`, which Henson does not "
       "have"},
      {"mean",
       sentence,
       {{"default_prompt_name", "none"}},
       "F/config_sentence_transformers.json: default_prompt_name is `none`, and no prompt is named "
       "so"},
      {"mean",
       sentence,
       {{"prompts", "query"}},
       "F/config_sentence_transformers.json: prompts must be an object"},
      {"mean",
       sentence,
       {{"similarity_fn_name", "jaccard"}},
       "F/config_sentence_transformers.json: similarity_fn_name is `jaccard`, which Henson does "
       "not "
       "have"},
      {"mean",
       "config.json",
       {{"problem_type", "ranking"}},
       "F/config.json: problem_type is `ranking`, which Henson does not have"},
      {"mean",
       "config.json",
       {{"id2label", {{"7", "a"}}}},
       "F/config.json: id2label: `7` is none of the numbers below 1"},
      {"mean",
       "config.json",
       {{"sentence_transformers", {{"activation_fn", "mine"}}}},
       "F/config.json: sentence_transformers.activation_fn is `mine`, which Henson does not have"},
  };
  for (const Refusal& expected : refusals) {
    use(expected.folder);
    change(expected.file, expected.changes);
    EXPECT_EQ(refusal(), expected.message) << expected.changes;
  }
}

Json module(const std::string& type, const std::string& path) {
  return {{"idx", 0}, {"name", "x"}, {"path", path}, {"type", type}};
}

TEST_F(Folders, ModulesThatAreNotKnownAreRefusedByName) {
  const Json transformer = module("sentence_transformers.models.Transformer", "");
  const Json pooling = module("sentence_transformers.models.Pooling", "1_Pooling");
  const std::vector<std::pair<Json, std::string>> refusals{
      {{transformer, pooling, module("sentence_transformers.models.CNN", "2_CNN")},
       "F/modules.json: type is `sentence_transformers.models.CNN`, which Henson does not have"},
      {{transformer, pooling, module("custom.Dense", "2_Dense")},
       "F/modules.json: type is `custom.Dense`, which Henson does not have"},
      {Json::array({pooling}),
       "F/modules.json: type is `sentence_transformers.models.Pooling` in this place, "
       "which Henson does not have"},
      {{transformer, pooling, module("sentence_transformers.models.Dense", "../2_Dense")},
       "F/modules.json: path must be a folder beside the file"},
      {{transformer, pooling, module("sentence_transformers.models.Dense", "/2_Dense")},
       "F/modules.json: path must be a folder beside the file"},
      {{transformer, pooling, module("sentence_transformers.models.Dense", "2_Dense")},
       "F/2_Dense/config.json: is missing: modules.json names a Dense there"},
      {{transformer, pooling, pooling}, "F/1_Pooling/config.json: a second Pooling"},
      {Json::array({transformer}),
       "F/modules.json: has no Pooling: its model gives a vector a token and not one "
       "a text; --pooling mean (or another) states one"},
      {Json::array(), "F/modules.json: names no modules, or more than 64"},
      {{{{"type", 3}}}, "F/modules.json: type is missing in a module, or is no string"},
  };
  for (const auto& [modules, message] : refusals) {
    use("mean");
    write(folder_ / "modules.json", modules.dump());
    EXPECT_EQ(refusal(), message) << modules;
  }
  use("mean");
  write(folder_ / "modules.json",
        Json{transformer, pooling, module("sentence_transformers.models.Dropout", "2_Dropout"),
             module("sentence_transformers.base.modules.normalize.Normalize", "3_Normalize")}
            .dump());
  EXPECT_EQ(setting("normalize"), "yes | modules.json");
}

TEST_F(Folders, DamagedFilesAreRefused) {
  for (const char* const file : {"modules.json", "sentence_bert_config.json", "config.json",
                                 "config_sentence_transformers.json", "1_Pooling/config.json"}) {
    for (const std::string& text : {std::string("{"), std::string("3"), std::string(5000, '['),
                                    std::string("{\"a\": 1e999}")}) {
      use("mean");
      write(folder_ / file, text);
      EXPECT_TRUE(refusal().starts_with("F/" + std::string(file) + ": ")) << file << ' ' << text;
    }
  }
}

TEST_F(Folders, WeightsThatAreMissing) {
  use("dense_tanh");
  fs::remove(folder_ / "2_Dense" / "model.safetensors");
  EXPECT_EQ(refusal(),
            "F/2_Dense: has neither model.safetensors nor pytorch_model.bin, the weights of the "
            "module; copy them there, or say by --modules-done that the archive does its work");
  // An archive that ends in the layer needs none.
  use("whole_dense", kFolders / "whole_dense" / "whole.pt");
  const auto expected = open().embed(sentences());
  fs::remove(folder_ / "2_Dense" / "model.safetensors");
  EXPECT_NE(refusal(), "accepted");  // of a normalized vector that cannot be told
  TextModelOptions stated;
  stated.modules_done = 3;
  EXPECT_EQ(open(stated).embed(sentences()).values, expected.values);
  stated.modules_done = 4;
  EXPECT_EQ(refusal({}, stated),
            "4 modules cannot be done: modules.json has 3 behind the transformer");
}

TEST_F(Folders, PromptsOutsideOfThePoolingAndClsAreNotGuessedAt) {
  use("prompt_left_out");
  change("1_Pooling/config.json",
         {{"pooling_mode_mean_tokens", false}, {"pooling_mode_cls_token", true}});
  EXPECT_NE(refusal().find("include_prompt is false beside cls"), std::string::npos);
  EXPECT_EQ(refusal({.prompt = ""}), "accepted");
}

TEST_F(Folders, RolesAreStatedByPathOrName) {
  use("mean");
  TextModelOptions stated;
  stated.roles = {{"9", InputRole::kMask}};
  EXPECT_NE(refusal({}, stated).find("the model has no input `9` to give a role: it takes"),
            std::string::npos);
  stated.roles = {{"attention_mask", InputRole::kMask}};
  EXPECT_EQ(setting("input 1", {}, stated), "mask | option roles");
  EXPECT_EQ(setting("input 1"), "mask | what the computation does with it");
}

}  // namespace
}  // namespace henson
