// Whole models on the plan: against the interpreter, and the same bits whatever the batch, the
// place in it and the number of threads.
#include "runtime/execution/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "henson/henson.h"

namespace henson {
namespace {

using Ids = std::vector<std::int64_t>;

/// One sequence: for each input of the model, a number for each token.
struct Sequence {
  std::vector<Ids> inputs;
  std::int64_t length = 0;
};

bool is_mask(const InputInfo& input) { return input.name.find("mask") != std::string::npos; }

Sequence random_sequence(const Model& model, std::int64_t length, std::mt19937& random) {
  Sequence sequence;
  sequence.length = length;
  for (const InputInfo& input : model.inputs()) {
    Ids ids(static_cast<std::size_t>(length), 1);
    const bool tokens = sequence.inputs.empty();
    for (std::int64_t& id : ids) {
      if (!is_mask(input)) id = static_cast<std::int64_t>(random() % (tokens ? 50 : 2));
    }
    if (is_mask(input) && length > 2) ids.back() = 0;
    sequence.inputs.push_back(std::move(ids));
  }
  return sequence;
}

/// Sequences of one length below each other, as the inputs of one run.
std::vector<Tensor> batch_of(std::span<const Sequence> sequences) {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < sequences.front().inputs.size(); ++i) {
    Ids all;
    for (const Sequence& sequence : sequences) {
      all.insert(all.end(), sequence.inputs[i].begin(), sequence.inputs[i].end());
    }
    tensors.push_back(Tensor::copy(
        DType::kInt64, {static_cast<std::int64_t>(sequences.size()), sequences.front().length},
        std::as_bytes(std::span<const std::int64_t>(all))));
  }
  return tensors;
}

std::vector<Tensor> alone(const Sequence& sequence) { return batch_of({&sequence, 1}); }

/// Row `index` of each output tensor, which has one for each sequence.
std::string bits_of_row(const Output& output, std::size_t index, std::size_t batch) {
  std::string bits;
  for (const Tensor& tensor : output.tensors()) {
    EXPECT_EQ(tensor.shape().at(0), static_cast<std::int64_t>(batch));
    const std::size_t size = tensor.bytes().size() / batch;
    bits.append(reinterpret_cast<const char*>(tensor.bytes().data()) + index * size, size);
  }
  return bits;
}

/// The largest difference of any output, in units of max(1, the output's largest magnitude).
double largest_error(const Output& ours, const Output& exact) {
  double largest = 0;
  for (std::size_t t = 0; t < ours.tensors().size(); ++t) {
    EXPECT_EQ(ours.tensors()[t].shape(), exact.tensors()[t].shape());
    EXPECT_EQ(ours.tensors()[t].dtype(), exact.tensors()[t].dtype());
    if (!is_floating(exact.tensors()[t].dtype())) continue;
    const Tensor x = ours.tensors()[t].to(DType::kFloat32);
    const Tensor y = exact.tensors()[t].to(DType::kFloat32);
    double difference = 0;
    double magnitude = 1;
    for (std::size_t i = 0; i < x.values<float>().size(); ++i) {
      difference =
          std::max<double>(difference, std::fabs(x.values<float>()[i] - y.values<float>()[i]));
      magnitude = std::max<double>(magnitude, std::fabs(y.values<float>()[i]));
    }
    largest = std::max(largest, difference / magnitude);
  }
  return largest;
}

using ArchiveAndPrecision = std::tuple<std::string, Precision>;

class PlanTest : public testing::TestWithParam<ArchiveAndPrecision> {
 protected:
  static Model open() {
    const std::string& name = std::get<std::string>(GetParam());
    return Model::open(std::filesystem::path(HENSON_TEST_DATA) / (name + ".pt"));
  }
  static Precision precision() { return std::get<Precision>(GetParam()); }
  static Session session(const Model& model, int threads) {
    return Session(model, {.threads = threads, .precision = precision()});
  }
  /// How far off the outputs of these models may be: their rows are so short that little averages
  /// out.
  static double tolerance() { return std::max(archive_tolerance(), precision_tolerance()); }
  /// Archives of 16 bits round after each operator, and the plan once in a while.
  static double archive_tolerance() {
    const std::string& name = std::get<std::string>(GetParam());
    return name == "torch2.13_half" ? 6e-3 : name == "torch2.13_bfloat16" ? 6e-2 : 2e-5;
  }
  static double precision_tolerance() {
    switch (precision()) {
      case Precision::kFloat32:
        return 2e-5;
      case Precision::kBFloat16:
        return 3e-2;
      case Precision::kInt8:
        return 8e-2;
    }
    return 0;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Golden, PlanTest,
    testing::Combine(testing::Values("torch1.0_encoder_full", "torch1.0_locked2x7",
                                     "torch1.2_masked_lm", "torch1.3_encoder_full",
                                     "torch1.5_encoder_ids", "torch1.10_encoder_full",
                                     "torch1.10_frozen", "torch2.13_encoder_full", "torch2.13_half",
                                     "torch2.13_bfloat16", "torch2.13_frozen",
                                     "torch2.13_masked_lm", "torch2.13_sdpa"),
                     testing::Values(Precision::kFloat32, Precision::kBFloat16, Precision::kInt8)),
    [](const testing::TestParamInfo<ArchiveAndPrecision>& parameter) {
      std::string name = std::get<std::string>(parameter.param);
      std::replace(name.begin(), name.end(), '.', '_');
      return name + "_" + std::string(name_of(std::get<Precision>(parameter.param)));
    });

TEST_P(PlanTest, AgreesWithTheInterpreter) {
  const Model model = open();
  Session plan = session(model, 2);
  Session interpreter(model, {.executor = Executor::kInterpreter});
  std::mt19937 random(3);
  for (const std::int64_t length : {1, 2, 9, 14}) {
    std::vector<Sequence> batch;
    for (int i = 0; i < 3; ++i) batch.push_back(random_sequence(model, length, random));
    const auto inputs = batch_of(batch);
    EXPECT_LT(largest_error(plan.run(inputs), interpreter.run(inputs)), tolerance());
  }
}

TEST_P(PlanTest, ABatchOfNoneGivesNone) {
  const Model model = open();
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    inputs.push_back(Tensor::copy(DType::kInt64, {0, 5}, {}));
  }
  const Output planned = session(model, 2).run(inputs);
  const Output exact = Session(model, {.executor = Executor::kInterpreter}).run(inputs);
  for (std::size_t t = 0; t < exact.tensors().size(); ++t) {
    EXPECT_EQ(planned.tensors()[t].shape(), exact.tensors()[t].shape());
    EXPECT_EQ(planned.tensors()[t].shape()[0], 0);
  }
}

TEST_P(PlanTest, ASequenceHasTheSameBitsInEachBatchAtEachPlaceOnEachNumberOfThreads) {
  const Model model = open();
  Session one = session(model, 1);
  Session two = session(model, 2);
  Session three = session(model, 3);
  std::mt19937 random(4);
  for (const std::int64_t length : {3, 14}) {
    std::vector<Sequence> batch;
    for (int i = 0; i < 9; ++i) batch.push_back(random_sequence(model, length, random));
    std::vector<std::string> expected;
    for (const Sequence& sequence : batch) {
      expected.push_back(bits_of_row(one.run(alone(sequence)), 0, 1));
    }
    for (const std::size_t size : {1, 2, 5, 9}) {
      const auto inputs = batch_of(std::span(batch).last(size));
      for (Session* const each : {&one, &two, &three}) {
        const Output output = each->run(inputs);
        for (std::size_t i = 0; i < size; ++i) {
          ASSERT_EQ(bits_of_row(output, i, size), expected[batch.size() - size + i])
              << "sequence " << i << " of " << size << ", length " << length;
        }
      }
    }
  }
}

TEST_P(PlanTest, RaggedSequencesHaveTheBitsThatTheyHaveAlone) {
  const Model model = open();
  Session ragged = session(model, 2);
  std::mt19937 random(5);
  std::vector<std::vector<Tensor>> sequences;
  for (const std::int64_t length : {5, 1, 14, 2, 14, 9, 7}) {
    sequences.push_back(alone(random_sequence(model, length, random)));
  }
  const std::vector<Output> together =
      ragged.run_ragged(std::span<const std::vector<Tensor>>(sequences));
  ASSERT_EQ(together.size(), sequences.size());
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    ASSERT_EQ(bits_of_row(together[i], 0, 1), bits_of_row(ragged.run(sequences[i]), 0, 1)) << i;
  }
}

TEST_P(PlanTest, OutputsOutliveTheRunsAfterThem) {
  const Model model = open();
  Session own = session(model, 0);
  std::mt19937 random(6);
  const Sequence sequence = random_sequence(model, 9, random);
  const Output first = own.run(alone(sequence));
  const std::string bits = bits_of_row(first, 0, 1);
  for (int i = 0; i < 3; ++i) own.run(alone(random_sequence(model, 11, random)));
  EXPECT_EQ(bits_of_row(first, 0, 1), bits);
}

TEST_P(PlanTest, NoStepFallsBackToItsReferenceKernel) {
  const Model model = open();
  Session profiled(model, {.threads = 2, .precision = precision(), .profile = true});
  std::mt19937 random(7);
  std::vector<std::vector<Tensor>> sequences;
  for (const std::int64_t length : {5, 1, 14}) {
    sequences.push_back(alone(random_sequence(model, length, random)));
  }
  profiled.run_ragged(std::span<const std::vector<Tensor>>(sequences));
  ASSERT_FALSE(profiled.profile().empty());
  for (const StepTime& time : profiled.profile()) {
    EXPECT_EQ(time.step.find("fell back"), std::string::npos) << time.step;
  }
}

}  // namespace
}  // namespace henson
