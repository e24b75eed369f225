#include "tools/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/files.h"
#include "tests/tools/program.h"
#include "tools/npz.h"
#include "tools/random_inputs.h"

namespace henson::tools {
namespace {

using Json = nlohmann::json;

const std::string kTasks = std::string(HENSON_TEST_SOURCES) + "/tasks/";
const std::string kFull = std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_full.pt";
const std::string kText = " --vocab '" + kTasks + "vocab.txt' --text '" + kTasks + "sentences.txt'";
constexpr std::size_t kHidden = 32;  // of kFull

const Tensor& mask_of(const Model& model, const std::vector<NamedInput>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (model.inputs()[i].role == InputRole::kMask) return inputs[i].tensor;
  }
  throw Error(ErrorCode::kNotFound, "no mask");
}

std::vector<Tensor> answer(const Model& model, Precision precision,
                           const std::vector<NamedInput>& inputs) {
  Session session(model, {.threads = 1, .precision = precision});
  return session.run(std::span<const NamedInput>(inputs)).tensors();
}

std::span<const float> row_of(const Tensor& tensor, std::size_t row) {
  return tensor.values<float>().subspan(row * kHidden, kHidden);
}

/// The mean of the rows of a sequence that a mask shows.
std::vector<float> mean_of(const Tensor& hidden, const Tensor& mask, std::size_t sequence) {
  const auto length = static_cast<std::size_t>(mask.shape()[1]);
  std::vector<float> sum(kHidden);
  float count = 0;
  for (std::size_t row = sequence * length; row < (sequence + 1) * length; ++row) {
    if (mask.values<std::int64_t>()[row] == 0) continue;
    count += 1;
    for (std::size_t k = 0; k < kHidden; ++k) sum[k] += row_of(hidden, row)[k];
  }
  for (float& one : sum) one /= count;
  return sum;
}

TEST(Accuracy, HiddenTokensDoNotCount) {
  const Model model = Model::open(kFull);
  const auto inputs = random_inputs(model, {3, 7, 0}, Masks::kHideTokens, 5);
  const Tensor mask = mask_of(model, inputs);
  const auto exact = answer(model, Precision::kFloat32, inputs);
  const auto found = answer(model, Precision::kInt8, inputs);
  RowComparison tokens;
  RowComparison vectors;
  for (std::size_t row = 0; row < 21; ++row) {
    if (mask.values<std::int64_t>()[row] == 0) continue;
    tokens.add(row_of(exact[0], row), row_of(found[0], row));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    vectors.add(mean_of(exact[0], mask, i), mean_of(found[0], mask, i));
  }
  ASSERT_LT(tokens.rows(), 21U);
  ASSERT_LT(tokens.least_cosine(), 1);

  AccuracyMeter meter({.threads = 1});
  meter.add_precision(Precision::kFloat32, model);
  meter.add_precision(Precision::kInt8, model);
  meter.run({{inputs}, {}});
  EXPECT_EQ(meter.vectors(), "mean of output 0");
  EXPECT_EQ(meter.pairs(), 3U);
  const PrecisionAccuracy int8 = meter.results().at(1);
  ASSERT_EQ(int8.outputs.size(), 2U);
  EXPECT_EQ(int8.outputs[0].rows.rows(), tokens.rows());
  EXPECT_DOUBLE_EQ(int8.outputs[0].rows.mean_cosine(), tokens.mean_cosine());
  EXPECT_DOUBLE_EQ(int8.outputs[0].rows.least_cosine(), tokens.least_cosine());
  EXPECT_DOUBLE_EQ(int8.outputs[0].rows.error(), tokens.error());
  EXPECT_EQ(int8.outputs[1].rows.rows(), 3U);
  EXPECT_NEAR(int8.vectors.mean_cosine(), vectors.mean_cosine(), 1e-9);
  EXPECT_NEAR(int8.vectors.least_cosine(), vectors.least_cosine(), 1e-9);
}

TEST(Accuracy, ThePrecisionItselfLosesNothing) {
  const Model model = Model::open(kFull);
  AccuracyMeter meter({.threads = 1});
  for (int i = 0; i < 2; ++i) meter.add_precision(Precision::kFloat32, model);
  for (unsigned seed = 0; seed < 3; ++seed) {
    std::vector<std::vector<NamedInput>> sequences;
    for (const std::int64_t length : {3, 9, 5}) {
      sequences.push_back(random_inputs(model, {1, length, 0}, Masks::kOnes, seed));
    }
    meter.run({sequences, {}});
  }
  EXPECT_EQ(meter.pairs(), 9U * 8 / 2);
  const auto results = meter.results();
  EXPECT_TRUE(results[0].vectors.rows() == 0 && !results[0].rank_correlation);
  EXPECT_EQ(results[1].rank_correlation, 1);
  EXPECT_EQ(results[1].vectors.rows(), 9U);
  for (const OutputAccuracy& output : results[1].outputs) {
    EXPECT_EQ(output.rows.error(), 0) << output.path;
    EXPECT_DOUBLE_EQ(output.rows.least_cosine(), 1) << output.path;
  }
  for (const PrecisionAccuracy& one : results) {
    EXPECT_GT(one.milliseconds, 0);
    EXPECT_GT(one.buffers, 0U);
  }
}

Json json_of(const TestFolder& folder, const std::string& arguments) {
  const Result result = henson(folder, "accuracy --threads 1 --json " + arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  return Json::parse(result.out);
}

TEST(AccuracyCommand, TextsByTheirEmbeddings) {
  const TestFolder folder;
  const Json json = json_of(folder, "'" + kFull + "'" + kText);
  EXPECT_TRUE(json["input"].get<std::string>().starts_with("200 texts of sentences.txt, "));
  EXPECT_EQ(json["random"], false);
  EXPECT_EQ(json["threads"], 1);
  EXPECT_EQ(json["vectors"], "embeddings");
  ASSERT_EQ(json["precisions"].size(), 3U);
  EXPECT_EQ(json["precisions"][0]["precision"], "fp32");
  EXPECT_FALSE(json["precisions"][0].contains("vectors"));
  for (const Json& one : json["precisions"]) EXPECT_GT(one["ms"], 0);
  for (const std::size_t i : {1, 2}) {
    const Json& one = json["precisions"][i];
    EXPECT_EQ(one["precision"], i == 1 ? "bf16" : "int8");
    EXPECT_EQ(one["vectors"]["rows"], 200);
    EXPECT_EQ(one["vectors"]["pairs"], 19900);
    EXPECT_GT(one["vectors"]["rank_correlation"], 0.99);
    EXPECT_LT(one["vectors"]["rank_correlation"], 1);
    EXPECT_GT(one["vectors"]["minimum_cosine"], 0.99);
    EXPECT_LE(one["vectors"]["minimum_cosine"], one["vectors"]["mean_cosine"]);
    EXPECT_EQ(one["outputs"].size(), 2U);
    EXPECT_FALSE(one["outputs"][0].contains("same_argmax"));
  }
}

TEST(AccuracyCommand, HeadsByTheirLargestScore) {
  const TestFolder folder;
  const Json words = json_of(folder, "'" + kTasks + "masked_lm.pt'" + kText);
  EXPECT_TRUE(words["vectors"].is_null());
  for (const std::size_t i : {1, 2}) {
    const Json& output = words["precisions"][i]["outputs"][0];
    EXPECT_EQ(output["shape"], "[batch, length, 47]");
    EXPECT_GT(output["rows"], 2000);
    EXPECT_GT(output["same_argmax"], 0.9);
    EXPECT_LT(output["same_argmax"], 1);
  }
  const Json classes = json_of(folder, "'" + kTasks + "classifier.pt'" + kText);
  EXPECT_EQ(classes["precisions"][2]["outputs"][0]["rows"], 200);
}

TEST(AccuracyCommand, ArraysAreRunAsTheyAre) {
  const TestFolder folder;
  const Model model = Model::open(kFull);
  std::string files;
  for (const unsigned seed : {1U, 2U}) {
    std::vector<NamedArray> arrays;
    for (NamedInput& input : random_inputs(model, {2, 5, 0}, Masks::kOnes, seed)) {
      arrays.push_back({input.key, input.tensor});
    }
    const std::string path = (folder / (std::to_string(seed) + ".npz")).string();
    write_npz(path, arrays);
    files += " --input '" + path + "'";
  }
  const Json json = json_of(folder, "'" + kFull + "'" + files);
  EXPECT_EQ(json["input"], "2 input files");
  EXPECT_EQ(json["vectors"], "mean of output 0");
  EXPECT_EQ(json["precisions"][2]["vectors"]["rows"], 4);
  EXPECT_EQ(json["precisions"][2]["outputs"][0]["rows"], 20);
}

TEST(AccuracyCommand, ATable) {
  const TestFolder folder;
  const Result result = henson(folder, "accuracy --threads 1 '" + kFull + "'" + kText);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "henson: note: 4 texts were cut to 24 tokens\n");
  EXPECT_TRUE(result.out.starts_with(
      "torch2.13_encoder_full.pt, 200 texts of sentences.txt, 2,345 tokens, 1 thread\n"))
      << result.out;
  for (const std::string words :
       {"  fp32  ", "  bf16  ", "  int8  ", "\nVectors: embeddings\n", "ranks",
        "\nOutput 0 [batch, length, 32]\n", "\nOutput 1 [batch, 32]\n", "2,345     0.9999"}) {
    EXPECT_NE(result.out.find(words), std::string::npos) << words << '\n' << result.out;
  }
}

TEST(AccuracyCommand, RandomInputsAreSaidToBe) {
  const TestFolder folder;
  const Result result = henson(folder, "accuracy '" + kFull + "'");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("16 batches of random inputs"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("give --text FILE with --vocab, or --input"), std::string::npos);
  EXPECT_EQ(json_of(folder, "'" + kFull + "'")["random"], true);
}

TEST(AccuracyCommand, BadUsage) {
  expect_failure("accuracy a.pt --text a.txt --input in.npz", 2, "give --text or --input");
  expect_failure("accuracy a.pt --vocab vocab.txt", 2, "give --text FILE too");
  expect_failure("accuracy a.pt --precision int8", 2, "--precision");
  expect_failure("accuracy '" + kFull + "' --text none.txt", 3, "none.txt");
  expect_failure("accuracy '" + kFull + "' --input none.npz", 3, "none.npz");
  expect_failure("accuracy '" + kFull + "'" + " --vocab '" + kTasks + "vocab.txt' --text /dev/null",
                 3, "there is no text in it");
}

}  // namespace
}  // namespace henson::tools
