#include "tools/benchmark.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace henson::tools {
namespace {

// Two layers, 32 wide, four heads, 48 inside; a pooler on the first token of each sequence.
const std::string kFull = std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_full.pt";

double operations_of(const std::vector<std::int64_t>& lengths) {
  double multiply_adds = 0;
  for (const std::int64_t length : lengths) {
    const auto n = static_cast<double>(length);
    const double products = n * (32 * 96 + 32 * 32 + 32 * 48 + 48 * 32);
    const double attention = 2 * n * n * 32;
    multiply_adds += 2 * (products + attention) + 32 * 32;
  }
  return 2 * multiply_adds;
}

BenchmarkOptions quick(bool profile = false) { return {{.threads = 1, .profile = profile}, 0}; }

TEST(Benchmark, CountsOperations) {
  const Model model = Model::open(kFull);
  for (const char* const text : {"1x1", "2x7", "3x5..9", "5x3..20"}) {
    const BatchShape shape = *parse_batch_shape(text);
    EXPECT_EQ(count_operations(model, shape, {.threads = 1}), operations_of(shape.lengths)) << text;
    EXPECT_EQ(time_shape(model, shape, quick()).operations, operations_of(shape.lengths)) << text;
  }
}

TEST(Benchmark, Times) {
  const Timing timing = time_shape(Model::open(kFull), *parse_batch_shape("2x7"), quick());
  EXPECT_EQ(timing.runs, 3U);
  EXPECT_GT(timing.min_ms, 0);
  EXPECT_LE(timing.min_ms, timing.median_ms);
  EXPECT_GT(timing.first_ms, 0);
  EXPECT_TRUE(timing.profile.empty());
  EXPECT_NEAR(timing.gops() * 1e9, operations_of({7, 7}) / (1e-3 * timing.min_ms), 1);
}

TEST(Benchmark, Profile) {
  const Timing timing = time_shape(Model::open(kFull), *parse_batch_shape("2x7"), quick(true));
  ASSERT_FALSE(timing.profile.empty());
  EXPECT_TRUE(std::is_sorted(
      timing.profile.begin(), timing.profile.end(),
      [](const StepGroup& a, const StepGroup& b) { return a.milliseconds > b.milliseconds; }));
  const auto attention =
      std::find_if(timing.profile.begin(), timing.profile.end(),
                   [](const StepGroup& group) { return group.step == "attention, 4 heads"; });
  ASSERT_NE(attention, timing.profile.end());
  EXPECT_EQ(attention->count, 2U);
}

TEST(Benchmark, TheInterpreterHasTimesAlone) {
  BenchmarkOptions options = quick(true);
  options.session.executor = Executor::kInterpreter;
  const Timing timing = time_shape(Model::open(kFull), *parse_batch_shape("2x7"), options);
  EXPECT_GT(timing.min_ms, 0);
  EXPECT_EQ(timing.operations, 0);
  EXPECT_TRUE(timing.profile.empty());
}

TEST(Benchmark, GroupsSteps) {
  const std::vector<StepTime> steps{{"linear 2 -> 2  code/a.py:1", 0.004},
                                    {"tanh  code/a.py:2", 0.020},
                                    {"linear 2 -> 2  code/a.py:3", 0.008},
                                    {"relu", 0}};
  const std::vector<StepGroup> groups = group_steps(steps, 2);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].step, "tanh");
  EXPECT_EQ(groups[0].count, 1U);
  EXPECT_DOUBLE_EQ(groups[0].milliseconds, 10);
  EXPECT_EQ(groups[1].step, "linear 2 -> 2");
  EXPECT_EQ(groups[1].count, 2U);
  EXPECT_DOUBLE_EQ(groups[1].milliseconds, 6);
  EXPECT_EQ(groups[2].step, "relu");
}

}  // namespace
}  // namespace henson::tools
