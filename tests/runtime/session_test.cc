// Sessions side by side, and over many runs.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "henson/henson.h"

namespace henson {
namespace {

Model open(const std::string& name) {
  return Model::open(std::filesystem::path(HENSON_TEST_DATA) / (name + ".pt"));
}

std::string bits_of(const Output& output) {
  std::string bits;
  for (const Tensor& tensor : output.tensors()) {
    bits.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  }
  return bits;
}

std::string run(Session& session, std::int64_t batch, std::int64_t length) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(batch * length));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int64_t>(i * 7 % 50);
  return bits_of(session.run({Tensor::borrow(ids, {batch, length})}));
}

TEST(SessionTest, ManySessionsOfOneModelRunAtOnce) {
  const Model model = open("torch2.13_encoder_ids");
  constexpr int kThreads = 4;
  constexpr int kRuns = 25;
  Session alone(model, {.threads = 1});
  std::vector<std::string> expected;
  for (int k = 0; k < kRuns; ++k) expected.push_back(run(alone, 1 + k % 3, 1 + k % 14));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Session session(model, {.threads = 1 + t % 2});
      for (int k = 0; k < kRuns; ++k) {
        const int shape = (k + t * 5) % kRuns;
        if (run(session, 1 + shape % 3, 1 + shape % 14) !=
            expected[static_cast<std::size_t>(shape)]) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(SessionTest, IdsOf32BitsGiveTheBitsOf64) {
  const Model model = open("torch2.13_encoder_full");
  const std::int64_t ids[] = {7, 3, 9, 1, 2, 4};
  const std::int64_t mask[] = {1, 1, 1, 1, 1, 0};
  const std::int64_t types[] = {0, 0, 0, 1, 1, 1};
  std::vector<Tensor> wide;
  std::vector<Tensor> narrow;
  for (const auto& values : {std::span(ids), std::span(mask), std::span(types)}) {
    wide.push_back(Tensor::borrow(values, {2, 3}));
    narrow.push_back(wide.back().to(DType::kInt32));
  }
  for (const Executor executor : {Executor::kPlan, Executor::kInterpreter}) {
    Session session(model, {.executor = executor, .threads = 1, .profile = true});
    const std::string expected = bits_of(session.run(wide));
    EXPECT_EQ(bits_of(session.run(narrow)), expected);
    for (const StepTime& step : session.profile()) {
      EXPECT_EQ(step.step.find("reference kernel"), std::string::npos) << step.step;
    }
  }
}

TEST(SessionTest, FirstRunsOfAModelMayBeAtOnce) {
  const Model model = open("torch1.2_encoder_ids");
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&model, &result] {
      Session session(model, {.threads = 2});
      result = run(session, 2, 6);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, results.front());
}

TEST(SessionTest, MemoryGrowsToTheLargestRunAndNoFurther) {
  const Model model = open("torch2.13_encoder_ids");
  Session session(model, {.threads = 2});
  run(session, 6, 14);
  run(session, 6, 14);
  const std::size_t largest = session.memory();
  EXPECT_GT(largest, 0u);
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    run(session, static_cast<std::int64_t>(1 + random() % 6),
        static_cast<std::int64_t>(1 + random() % 14));
  }
  EXPECT_EQ(session.memory(), largest);
}

TEST(SessionTest, ARunThatFailsLeavesTheSessionUsable) {
  const Model model = open("torch2.13_encoder_ids");
  Session session(model);
  const std::string before = run(session, 2, 5);
  const std::vector<std::int64_t> outside = {1, 2, 1000000};
  EXPECT_THROW(session.run({Tensor::borrow(outside, {1, 3})}), Error);
  EXPECT_EQ(run(session, 2, 5), before);
}

TEST(SessionTest, OperationsGrowWithTheTokens) {
  const Model model = open("torch2.13_encoder_ids");
  Session session(model);
  run(session, 1, 8);
  const double one = session.operations();
  EXPECT_GT(one, 0);
  run(session, 3, 8);
  // The pooler's product has one row for each sequence: all grow alike.
  EXPECT_EQ(session.operations(), 3 * one);
}

TEST(SessionTest, ProfileTellsEachStepsTime) {
  const Model model = open("torch2.13_encoder_ids");
  Session session(model, {.threads = 1, .profile = true});
  EXPECT_TRUE(session.profile().empty());
  run(session, 2, 5);
  const std::vector<StepTime> steps = session.profile();
  EXPECT_EQ(steps.size(), model.describe(Executor::kPlan).size());
  double total = 0;
  for (const StepTime& step : steps) total += step.seconds;
  EXPECT_GT(total, 0);
}

std::string refusal(Session& session, const Tensor& ids) {
  try {
    session.run({ids});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.message();
  }
  return "";
}

TEST(SessionTest, RefusalsNameTheInputAndTheLimit) {
  const std::vector<std::int64_t> outside = {1, 2, 1000000, -1};
  const std::vector<std::int64_t> many(25, 1);
  for (const char* const name : {"torch1.0_encoder_ids", "torch2.13_encoder_ids"}) {
    for (const Executor executor : {Executor::kPlan, Executor::kInterpreter}) {
      Session session(open(name), {executor, 1});
      const std::string id = refusal(session, Tensor::borrow(outside, {2, 2}));
      EXPECT_EQ(id.find("input 0 ("), 0U) << id;
      EXPECT_NE(id.find(" has the id 1000000 at [1, 0]; the table "), std::string::npos) << id;
      const std::string length = refusal(session, Tensor::borrow(many, {1, 25}));
      EXPECT_EQ(length.find("the input has 25 tokens; this model takes at most 24 (table "), 0U)
          << length;
    }
  }
}

}  // namespace
}  // namespace henson
