#include "henson/tasks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace henson {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(HENSON_TEST_SOURCES) / "tasks";
const std::filesystem::path kGolden = HENSON_TEST_DATA;
constexpr double kTolerance = 2e-5;

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

const std::vector<std::string> kTags = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"};

TextModel open_at(const std::filesystem::path& archive, TextModelOptions options = {}) {
  options.session.threads = 1;
  return TextModel(Model::open(archive), Tokenizer::open(kFolder / "vocab.txt"),
                   std::move(options));
}

TextModel open(const std::string& name, TextModelOptions options = {}) {
  return open_at(kFolder / (name + ".pt"), std::move(options));
}

Json answers(const std::string& task) {
  std::ifstream file(kFolder / "answers.json");
  return Json::parse(file).at(task);
}

template <typename Call>
std::string refusal(ErrorCode code, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.message();
  }
  return "accepted";
}

TEST(Tasks, FillMaskAnswersAsTransformersDoes) {
  TextModel model = open("masked_lm");
  for (const Json& expected : answers("fill_mask")) {
    const std::string text = expected.at("text");
    const std::vector<FilledMask> masks = model.fill_mask(text, 3);
    ASSERT_EQ(masks.size(), expected.at("masks").size()) << text;
    for (std::size_t m = 0; m < masks.size(); ++m) {
      EXPECT_EQ(text.substr(masks[m].range.begin, 6), "[MASK]");
      ASSERT_EQ(masks[m].guesses.size(), 3U);
      for (std::size_t k = 0; k < 3; ++k) {
        const Json& guess = expected["masks"][m][k];
        EXPECT_EQ(masks[m].guesses[k].id, guess[0]) << text;
        EXPECT_NEAR(masks[m].guesses[k].probability, guess[1], kTolerance) << text;
        EXPECT_EQ(masks[m].guesses[k].token, model.tokenizer().token(guess[0]).value());
      }
    }
  }
}

TEST(Tasks, FillMaskNeedsAMask) {
  TextModel model = open("masked_lm");
  EXPECT_EQ(refusal(ErrorCode::kBadInput, [&] { model.fill_mask("a frog"); }),
            "the text has no [MASK] among the tokens that the model reads");
  EXPECT_EQ(model.fill_mask("[MASK]", 1000).at(0).guesses.size(),
            model.tokenizer().vocabulary_size());
}

TEST(Tasks, ClassifyAnswersAsTransformersDoes) {
  TextModel model = open("classifier");
  const Texts labels{"sad", "neutral", "happy"};
  for (const Json& expected : answers("classify")) {
    const std::string text = expected.at("text");
    const auto scores = expected.contains("pair")
                            ? model.classify(text, expected.at("pair").get<std::string>(), labels)
                            : model.classify(text, labels);
    ASSERT_EQ(scores.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(scores[i].index, i);
      EXPECT_EQ(scores[i].label, labels[i]);
      EXPECT_NEAR(scores[i].score, expected["scores"][i], kTolerance) << text;
    }
  }
}

TEST(Tasks, ScoresOfAClassifier) {
  TextModel model = open("classifier");
  const auto raw = model.classify("a frog", {}, Scoring::kNone);
  const auto soft = model.classify("a frog");
  const auto any = model.classify("a frog", {}, Scoring::kSigmoid);
  double sum = 0;
  for (const LabelScore& score : raw) sum += std::exp(score.score);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    EXPECT_EQ(raw[i].label, "LABEL_" + std::to_string(i));
    EXPECT_NEAR(soft[i].score, std::exp(raw[i].score) / sum, 1e-12);
    EXPECT_NEAR(any[i].score, 1 / (1 + std::exp(-raw[i].score)), 1e-12);
  }
  EXPECT_EQ(refusal(ErrorCode::kBadInput,
                    [&] {
                      model.classify("a frog", Texts{"one", "two"});
                    }),
            "2 labels are given and the model has 3 classes");
}

TEST(Tasks, TagAnswersAsTransformersDoes) {
  TextModel model = open("tagger");
  for (const Json& expected : answers("tag")) {
    const std::string text = expected.at("text");
    const std::vector<TaggedWord> words = model.tag(text, kTags);
    ASSERT_EQ(words.size(), expected.at("words").size()) << text;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const Json& word = expected["words"][i];
      EXPECT_EQ(words[i].range.begin, word[0]);
      EXPECT_EQ(words[i].range.end, word[1]);
      EXPECT_EQ(words[i].label.label, word[2]);
      EXPECT_NEAR(words[i].label.score, word[3], kTolerance);
    }
  }
}

TEST(Tasks, EveryWordOfALongTextIsTaggedOnce) {
  TextModel model = open("tagger");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "puppeteers ";
  const std::vector<TaggedWord> words = model.tag(text, kTags);
  ASSERT_EQ(words.size(), 100U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(words[i].range, (ByteRange{11 * i, 11 * i + 10}));
  }
}

TEST(Tasks, EntitiesAreJoined) {
  const auto word = [](std::uint32_t begin, const std::string& label, double score) {
    return TaggedWord{{begin, begin + 2}, {0, label, score}};
  };
  const TaggedWord words[] = {word(0, "B-PER", 1),  word(3, "I-PER", .5), word(6, "B-PER", .25),
                              word(9, "O", 1),      word(12, "I-PER", 1), word(15, "I-LOC", .5),
                              word(18, "NOUN", .5), word(21, "NOUN", .7)};
  const std::vector<Entity> entities = join_entities(words);
  ASSERT_EQ(entities.size(), 5U);
  EXPECT_EQ(entities[0].range, (ByteRange{0, 5}));
  EXPECT_EQ(entities[0].label, "PER");
  EXPECT_NEAR(entities[0].score, 0.75, 1e-12);
  EXPECT_EQ(entities[1].range, (ByteRange{6, 8}));
  EXPECT_EQ(entities[2].range, (ByteRange{12, 14}));
  EXPECT_EQ(entities[3].label, "LOC");
  EXPECT_EQ(entities[4].range, (ByteRange{18, 23}));
  EXPECT_NEAR(entities[4].score, 0.6, 1e-12);
}

TEST(Tasks, AnswerIsTheBestSpan) {
  TextModel model = open("answerer");
  for (const Json& expected : answers("answer")) {
    const std::string question = expected.at("question");
    const std::string context = expected.at("context");
    AnswerOptions options;
    options.stride = 13;  // as it was recorded
    const Answer best = model.answer(question, context, options).at(0);
    EXPECT_NEAR(best.score, expected["score"], kTolerance) << question;
    EXPECT_EQ(best.range.begin, expected["begin"]) << question;
    EXPECT_EQ(best.range.end, expected["end"]) << question;
    options.count = 1000;
    options.may_be_none = true;
    const std::vector<Answer> all = model.answer(question, context, options);
    const auto none = std::find_if(all.begin(), all.end(),
                                   [](const Answer& a) { return a.range == ByteRange{}; });
    ASSERT_NE(none, all.end());
    EXPECT_NEAR(none->score, expected["none"], kTolerance);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GE(all[i - 1].score, all[i].score);
  }
}

TEST(Tasks, NextSentence) {
  TextModel model = open("next_sentence");
  for (const Json& expected : answers("next_sentence")) {
    const std::string first = expected.at("first");
    const std::string second = expected.at("second");
    EXPECT_NEAR(model.next_sentence(first, second), expected["probability"], kTolerance);
  }
}

TEST(Tasks, WithoutAFittingOutputItIsSaidWhatThereIs) {
  TextModel model = open("classifier");
  const std::string has = ": it returns `0` [1, 3] of a linear layer";
  EXPECT_EQ(refusal(ErrorCode::kUnsupported, [&] { model.fill_mask("[MASK]"); }),
            "the model has no scores of the vocabulary [1, length, " +
                std::to_string(model.tokenizer().vocabulary_size()) + "]" + has);
  EXPECT_EQ(refusal(ErrorCode::kUnsupported, [&] { model.embed(Texts{"a"}); }),
            "the model has no hidden states [1, length, size] and no embedding [1, size]" + has);
  EXPECT_EQ(refusal(ErrorCode::kUnsupported, [&] { model.tag("a"); }),
            "the model has no scores [1, length, classes] of a tagger" + has);
  EXPECT_EQ(
      refusal(ErrorCode::kUnsupported, [&] { model.answer("a", "b"); }),
      "the model has no scores of starts and ends, twice [1, length] or [1, length, 2]" + has);
  EXPECT_EQ(refusal(ErrorCode::kUnsupported, [&] { model.next_sentence("a", "b"); }),
            "the model has no scores [1, 2] of a classifier" + has);
  EXPECT_EQ(refusal(ErrorCode::kBadInput,
                    [&] {
                      open("classifier", {{}, 0, "logits"});
                    }),
            "the model has no output `logits`: it returns `0` [1, 3] of a linear layer");
}

TEST(Tasks, TheVocabularyMustFit) {
  const auto path = std::filesystem::path(testing::TempDir()) / "henson_large_vocab.txt";
  std::ofstream(path) << std::ifstream(kFolder / "vocab.txt").rdbuf() << "more\n";
  EXPECT_EQ(refusal(ErrorCode::kBadInput,
                    [&] { TextModel(Model::open(kFolder / "tagger.pt"), Tokenizer::open(path)); }),
            "the vocabulary has 48 tokens and the model's table 47 rows: use the vocabulary that "
            "the model was made with");
}

/// The mean of the hidden states by hand.
std::vector<float> mean_of_states(const TextModel& model, const std::string& text) {
  const Encoding encoding = model.tokenizer().encode(text);
  const auto length = static_cast<std::int64_t>(encoding.size());
  const std::vector<std::int64_t> ones(encoding.size(), 1);
  Session session(model.model(), {.threads = 1});
  const Tensor states =
      session
          .run({Tensor::borrow(encoding.ids, {1, length}), Tensor::borrow(ones, {1, length}),
                Tensor::borrow(encoding.type_ids, {1, length})})
          .tensors()[0];
  const auto size = static_cast<std::size_t>(states.shape()[2]);
  std::vector<double> sums(size);
  const auto values = states.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) sums[i % size] += values[i];
  std::vector<float> mean;
  for (const double sum : sums) mean.push_back(static_cast<float>(sum / double(length)));
  return mean;
}

TEST(Tasks, EmbeddingsAreMeansOfHiddenStates) {
  TextModel model = open_at(kGolden / "torch2.13_encoder_full.pt");
  const Texts texts{"who was he", "", "Jim Henson was a puppeteer. He made it.", "the frog"};
  const Embeddings embeddings = model.embed(texts, {Pooling::kMean, false});
  ASSERT_EQ(embeddings.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> mean = mean_of_states(model, texts[i]);
    ASSERT_EQ(embeddings.dimensions, mean.size());
    for (std::size_t d = 0; d < mean.size(); ++d) {
      EXPECT_NEAR(embeddings.row(i)[d], mean[d], 1e-6) << texts[i];
    }
  }
}

TEST(Tasks, EmbeddingsAreTheTextsOwnAndOfLengthOne) {
  TextModel model = open_at(kGolden / "torch2.13_encoder_full.pt");
  Texts texts;
  for (int i = 0; i < 300; ++i) {
    std::string text = "the";
    for (int k = 0; k < i % 17; ++k) text += " puppet";
    texts.push_back(text);
  }
  const Embeddings together = model.embed(texts);
  for (const std::size_t i : {0, 7, 33, 299}) {
    const Embeddings alone = model.embed(Texts{texts[i]});
    double squares = 0;
    for (std::size_t d = 0; d < alone.dimensions; ++d) {
      EXPECT_EQ(together.row(i)[d], alone.row(0)[d]) << "to the bit";
      squares += double{alone.row(0)[d]} * double{alone.row(0)[d]};
    }
    EXPECT_NEAR(squares, 1, 1e-6);
  }
  EXPECT_EQ(model.embed(Texts{}).size(), 0U);
}

TEST(Tasks, DictsAndOwnSentenceEmbeddings) {
  for (const std::string name : {"torch2.13_dict_input", "torch2.13_dict_output", "sentence"}) {
    TextModel model = open_at(kGolden / (name + ".pt"));
    EXPECT_EQ(model.embed(Texts{"a frog"}).dimensions, 32U) << name;
  }
}

TEST(Tasks, LongTextsLoseTheirEnd) {
  TextModel model = open_at(kGolden / "torch2.13_encoder_full.pt");
  EXPECT_EQ(model.max_length(), 24U) << "positions";
  std::string text;
  for (int i = 0; i < 22; ++i) text += "frog ";
  const Embeddings embeddings = model.embed(Texts{text, text + "frog film"});
  for (std::size_t d = 0; d < embeddings.dimensions; ++d) {
    EXPECT_EQ(embeddings.row(0)[d], embeddings.row(1)[d]);
  }
  EXPECT_EQ(open_at(kGolden / "torch2.13_encoder_full.pt", {{}, 5, ""}).max_length(), 5U);
}

class Labels : public testing::Test {
 protected:
  std::vector<std::string> read(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path(testing::TempDir()) / ("henson_labels_" + name);
    std::ofstream(path) << text;
    return read_labels(path);
  }
  std::string refused(const std::string& text) {
    return refusal(ErrorCode::kBadInput, [&] { read("config.json", text); });
  }
};

TEST_F(Labels, OfAConfigOrAFile) {
  EXPECT_EQ(read("config.json", R"({"a": 1, "id2label": {"1": "B", "0": "A"}})"),
            (Texts{"A", "B"}));
  EXPECT_EQ(read("labels.txt", "A\r\nB\n"), (Texts{"A", "B"}));
  EXPECT_NE(refused("[1").find("is no JSON object"), std::string::npos);
  EXPECT_NE(refused("{}").find("has no id2label"), std::string::npos);
  EXPECT_NE(refused(R"({"id2label": {}})").find("has no labels"), std::string::npos);
  EXPECT_NE(refused(R"({"id2label": {"0": 1}})").find("is no string"), std::string::npos);
  EXPECT_NE(refused(R"({"id2label": {"1": "A"}})").find("none of the numbers"), std::string::npos);
  EXPECT_NE(refused(R"({"id2label": {"0": "A", "00": "B"}})").find("twice"), std::string::npos);
  EXPECT_NE(refusal(ErrorCode::kNotFound, [] { read_labels("none.json"); }).find("none.json"),
            std::string::npos);
}

}  // namespace
}  // namespace henson
