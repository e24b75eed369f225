// Tasks as transformers' pipelines and sentence-transformers do them, on recorded cases.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "henson/tasks.h"

namespace henson {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kPipelines = fs::path(HENSON_TEST_SOURCES) / "tasks" / "pipelines";
constexpr double kTolerance = 2e-5;

Json answers(const std::string& task) {
  std::ifstream file(kPipelines / "answers.json");
  return Json::parse(file).at(task);
}

/// A folder with an archive, a vocabulary, and files of JSON.
class Pipelines : public ::testing::Test {
 protected:
  Pipelines()
      : folder_(fs::temp_directory_path() / ("henson_pipelines_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Pipelines() override { fs::remove_all(folder_); }

  void write(const std::string& file, const Json& json) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << json;
  }

  TextModel open(const std::string& name, TextModelOptions options = {}) const {
    fs::copy_file(kPipelines / (name + ".pt"), folder_ / "model.pt",
                  fs::copy_options::overwrite_existing);
    options.session.threads = 1;
    options.vocabulary = name.ends_with("bpe") ? kPipelines / "bpe" : kPipelines / "vocab.txt";
    return TextModel::open(folder_, options);
  }

  const fs::path folder_;
};

Json id2label(const Json& labels) {
  Json names = Json::object();
  for (std::size_t i = 0; i < labels.size(); ++i) names[std::to_string(i)] = labels[i];
  return {{"id2label", names}};
}

std::size_t characters(const std::string& text, std::size_t bytes) {
  return static_cast<std::size_t>(std::count_if(text.begin(),
                                                text.begin() + static_cast<std::ptrdiff_t>(bytes),
                                                [](char c) { return (c & 0xC0) != 0x80; }));
}

Aggregation aggregation_named(const std::string& name) {
  static const std::map<std::string, Aggregation> kNames{{"none", Aggregation::kNone},
                                                         {"simple", Aggregation::kSimple},
                                                         {"first", Aggregation::kFirst},
                                                         {"average", Aggregation::kAverage},
                                                         {"max", Aggregation::kMax}};
  return kNames.at(name);
}

/// Each entity reaches from the start of its first token to the end of its last.
void expect_tokens(const Tokenizer& tokenizer, const std::string& text,
                   const std::vector<Entity>& entities) {
  EncodeOptions alone;
  alone.add_special_tokens = false;
  const Encoding tokens = tokenizer.encode(text, alone);
  std::size_t before = 0;
  for (const Entity& entity : entities) {
    EXPECT_LE(before, entity.first_token);
    ASSERT_LT(entity.first_token, entity.end_token);
    before = entity.end_token;
    ASSERT_LE(before, tokens.size());
    EXPECT_EQ(tokens.offsets[entity.first_token].begin, entity.range.begin);
    EXPECT_EQ(tokens.offsets[entity.end_token - 1].end, entity.range.end);
  }
}

TEST_F(Pipelines, TagByEveryStrategy) {
  std::string opened;
  std::optional<TextModel> model;
  for (const Json& expected : answers("tag")) {
    const std::string name = expected.at("model");
    if (const std::string now = name + expected.at("labels").dump(); opened != now) {
      write("config.json", id2label(expected.at("labels")));
      model.emplace(open(name));
      opened = now;
    }
    const std::string text = expected.at("text");
    const std::string strategy = expected.at("strategy");
    const std::vector<Entity> found = model->entities(text, aggregation_named(strategy));
    const Json& entities = expected.at("entities");
    ASSERT_EQ(found.size(), entities.size()) << name << ' ' << strategy << ' ' << text;
    expect_tokens(model->tokenizer(), text, found);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(characters(text, found[i].range.begin), entities[i][0]) << strategy << ' ' << text;
      EXPECT_EQ(characters(text, found[i].range.end), entities[i][1]) << strategy << ' ' << text;
      EXPECT_EQ(found[i].label, entities[i][2]) << strategy << ' ' << text;
      EXPECT_NEAR(found[i].score, entities[i][3], kTolerance) << strategy << ' ' << text;
    }
  }
}

TEST_F(Pipelines, ClassifyByProblemType) {
  for (const Json& expected : answers("classify")) {
    Json config = id2label({"sad", "neutral", "happy"});
    config["problem_type"] = expected.at("problem_type");
    write("config.json", config);
    TextModel model = open("classifier");
    const std::string text = expected.at("text");
    const auto scores = expected.contains("text_pair")
                            ? model.classify(text, expected.at("text_pair").get<std::string>())
                            : model.classify(text);
    ASSERT_EQ(scores.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(scores[i].label, config["id2label"][std::to_string(i)]);
      EXPECT_NEAR(scores[i].score, expected["scores"][i], kTolerance)
          << expected["problem_type"] << ' ' << text;
    }
  }
}

TEST_F(Pipelines, Answers) {
  TextModelOptions windows;
  windows.max_length = 120;
  TextModel model = open("answerer", windows);
  for (const Json& expected : answers("answer")) {
    const std::string context = expected.at("context");
    AnswerOptions options;
    options.count = expected.at("top");
    options.longest = expected.at("longest");
    options.may_be_none = expected.at("may_be_none");
    const std::vector<Answer> found =
        model.answer(expected.at("question").get<std::string>(), context, options);
    const Json& all = expected.at("answers");
    ASSERT_EQ(found.size(), all.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(characters(context, found[i].range.begin), all[i][0]) << expected;
      EXPECT_EQ(characters(context, found[i].range.end), all[i][1]) << expected;
      EXPECT_NEAR(found[i].score, all[i][2], kTolerance) << expected;
    }
  }
}

TEST_F(Pipelines, RerankAsTheFilesSay) {
  for (const Json& expected : answers("rerank")) {
    Json config = Json::object();
    const Json& activation = expected.at("activation");
    if (!activation.is_null()) config["sentence_transformers"]["activation_fn"] = activation;
    write("config.json", config);
    TextModel model = open("ranker");
    const std::string query = expected.at("query");
    const std::vector<std::string> texts = expected.at("texts");
    const std::vector<double> scores = model.rerank(query, texts);
    ASSERT_EQ(scores.size(), texts.size());
    const bool raw = activation == "torch.nn.modules.linear.Identity";
    const auto stated = model.rerank(query, texts, raw ? Scoring::kNone : Scoring::kSigmoid);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      EXPECT_NEAR(scores[i], expected["scores"][i], kTolerance) << activation;
      EXPECT_EQ(scores[i], stated[i]);
    }
    const std::vector<std::pair<std::string, std::string>> pairs{{texts[3], texts[1]},
                                                                 {query, texts[2]}};
    const std::vector<double> of_pairs = model.rerank(pairs);
    EXPECT_EQ(of_pairs[0], model.rerank(texts[3], std::vector<std::string>{texts[1]})[0]);
    EXPECT_EQ(of_pairs[1], scores[2]);
    write("config.json", {{"sbert_ce_default_activation_function", activation}});
    EXPECT_EQ(open("ranker").rerank(query, texts), scores);
  }
}

TEST_F(Pipelines, SparseByTheFoldersPooling) {
  for (const Json& expected : answers("sparse")) {
    const std::string package = "sentence_transformers.sparse_encoder.models.";
    write("modules.json",
          Json::array({{{"path", ""}, {"type", package + "MLMTransformer"}},
                       {{"path", "1_Splade"}, {"type", package + "SpladePooling"}}}));
    write("1_Splade/config.json", {{"pooling_strategy", expected.at("strategy")},
                                   {"activation_function", expected.at("activation")}});
    TextModel model = open("splade");
    const std::vector<TokenWeight> found = model.sparse(expected.at("text").get<std::string>());
    ASSERT_EQ(found.size(), expected.at("count").get<std::size_t>());
    const Json& weights = expected.at("weights");
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(found[i].id, weights[i][0]);
      EXPECT_NEAR(found[i].weight, weights[i][1], kTolerance);
    }
  }
}

/// Entities of one-letter words with these labels: "PER 0-5".
std::string joined(const std::vector<std::string>& labels,
                   const std::vector<std::string>& all = {}) {
  std::vector<TaggedWord> words;
  for (const std::string& label : labels) {
    const auto begin = static_cast<std::uint32_t>(2 * words.size());
    words.push_back({{begin, begin + 1}, {0, label, 1}});
  }
  std::string text;
  for (const Entity& entity : join_entities(words, all)) {
    text += (text.empty() ? "" : ", ") + entity.label + ' ' + std::to_string(entity.range.begin) +
            '-' + std::to_string(entity.range.end);
  }
  return text;
}

TEST(Entities, OfEveryScheme) {
  EXPECT_EQ(joined({"I-PER", "I-PER", "B-PER", "I-LOC", "O", "I-LOC"}),
            "PER 0-3, PER 4-5, LOC 6-7, LOC 10-11");
  const std::vector<std::string> bioes{"O", "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC", "E-LOC"};
  EXPECT_EQ(joined({"B-PER", "I-PER", "E-PER", "I-PER", "S-PER", "S-PER", "B-LOC", "E-LOC"}, bioes),
            "PER 0-5, PER 6-7, PER 8-9, PER 10-11, LOC 12-15");
  EXPECT_EQ(joined({"S-PER", "O", "S-PER"}, bioes), "PER 0-1, PER 4-5");
  EXPECT_EQ(joined({"B-PER", "L-PER", "U-PER", "B-PER", "I-PER", "L-PER", "U-PER"}),
            "PER 0-3, PER 4-5, PER 6-11, PER 12-13");
  EXPECT_EQ(joined({"B-PER", "M-PER", "E-PER", "W-PER"}), "PER 0-5, PER 6-7");
  EXPECT_EQ(joined({"PER-B", "PER-I", "PER-B", "O", "LOC-I"}), "PER 0-3, PER 4-5, LOC 8-9");
  EXPECT_EQ(joined({"PER-B", "PER-E", "PER-S"}), "PER 0-3, PER 4-5");
  EXPECT_EQ(joined({"PER", "PER", "LOC", "O", "LOC"}), "PER 0-3, LOC 4-5, LOC 8-9");
  // A plain label may look like a place.
  EXPECT_EQ(joined({"S-Bahn", "S-Bahn", "U-Bahn"}), "S-Bahn 0-3, U-Bahn 4-5");
  EXPECT_EQ(joined({"E-mail", "B-PER"}, {"O", "B-PER", "I-PER", "E-mail"}), "E-mail 0-1, PER 2-3");
}

TEST_F(Pipelines, LabelsAndScoresThatDoNotFitAreRefused) {
  const auto refusal = [&](const std::string& name, const auto& call) {
    try {
      TextModel model = open(name);
      call(model);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  write("config.json", id2label({"one", "two"}));
  EXPECT_EQ(refusal("classifier", [](TextModel& model) { model.classify("a"); }),
            "config.json: id2label names 2 classes and the model has 3; --labels gives others");
  EXPECT_EQ(refusal("classifier",
                    [](TextModel& model) {
                      model.classify("a", std::vector<std::string>{"a", "b", "c"});
                    }),
            "accepted");
  write("config.json", Json::object());
  EXPECT_EQ(refusal("classifier",
                    [](TextModel& model) { model.rerank("a", std::vector<std::string>{"b"}); }),
            "the model has no scores [1, 1] of a classifier: it returns `0` [1, 3] of a linear "
            "layer");
  EXPECT_NE(refusal("classifier", [](TextModel& model) { model.sparse("a"); })
                .find("the model has no scores of the vocabulary"),
            std::string::npos);
}

TEST_F(Pipelines, MaxSimIsOfEachTokensBest) {
  const Embeddings query{2, {1, 0, 0, 1}};
  const Embeddings text{2, {.5F, .25F, .75F, -1}};
  EXPECT_NEAR(max_sim(query, text), 1.0, 1e-9);
  EXPECT_EQ(max_sim(Embeddings{2, {}}, text), 0);
}

}  // namespace
}  // namespace henson
