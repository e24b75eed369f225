// Runs that are stopped by their caller: soon, with an error of their own, and the session goes on.
#include "runtime/tensor/stop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "henson/henson.h"
#include "runtime/execution/thread_team.h"
#include "runtime/operators/matmul.h"

namespace henson {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

Model open() { return Model::open(std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_ids.pt"); }

std::string run(Session& session, std::int64_t batch, std::int64_t length) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(batch * length));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int64_t>(i * 7 % 50);
  std::string bits;
  for (const Tensor& tensor : session.run({Tensor::borrow(ids, {batch, length})}).tensors()) {
    bits.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  }
  return bits;
}

/// What a run that is stopped `after` its start takes from there on; nothing when it ended before.
std::optional<Clock::duration> time_to_stop(Session& session, std::int64_t batch,
                                            milliseconds after) {
  std::stop_source source;
  session.stop_with(source.get_token());
  Clock::time_point asked;
  std::jthread caller([&] {
    std::this_thread::sleep_for(after);
    asked = Clock::now();
    source.request_stop();
  });
  try {
    run(session, batch, 24);
  } catch (const Error& error) {
    const Clock::time_point ended = Clock::now();
    EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.what();
    EXPECT_STREQ(error.what(), "the run was stopped");
    caller.join();
    return ended - asked;
  }
  return std::nullopt;
}

class Stop : public testing::TestWithParam<Executor> {
 protected:
  SessionOptions options(int threads, std::stop_token stop = {}) const {
    return {.executor = GetParam(), .threads = threads, .stop = std::move(stop)};
  }
};

TEST_P(Stop, EndsARunSoonAndTheSessionGoesOn) {
  const Model model = open();
  for (const int threads : {1, 2}) {
    Session session(model, options(threads));
    const std::string before = run(session, 3, 7);
    std::vector<Clock::duration> times;
    for (int i = 0; i < 5; ++i) {
      // Long enough on any machine: a run of it takes seconds.
      const auto time = time_to_stop(session, 20000, milliseconds(20 + 30 * i));
      ASSERT_TRUE(time.has_value());
      times.push_back(*time);
      session.stop_with({});
      EXPECT_EQ(run(session, 3, 7), before);
    }
    // The machine may be busy with other things at some of these moments, hardly at all.
    EXPECT_LT(*std::min_element(times.begin(), times.end()), milliseconds(50));
  }
}

TEST_P(Stop, ThatWasAskedForBeforeHoldsForEveryRun) {
  const Model model = open();
  std::stop_source source;
  Session session(model, options(2, source.get_token()));
  Session other(model, options(2));
  const std::string expected = run(other, 2, 5);
  EXPECT_EQ(run(session, 2, 5), expected);
  source.request_stop();
  const std::int64_t ids[] = {2, 3};
  const std::vector<std::vector<Tensor>> ragged = {{Tensor::borrow(ids, {1, 2})}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_THROW(run(session, 2, 5), Error);
    EXPECT_THROW(session.run_ragged(ragged), Error);
  }
  EXPECT_EQ(run(other, 2, 5), expected);
  session.stop_with(std::stop_source().get_token());
  EXPECT_EQ(run(session, 2, 5), expected);
}

TEST_P(Stop, OfTheFirstRunLeavesTheModelWhole) {
  std::string expected;
  {
    Session session(open(), options(1));
    expected = run(session, 2, 5);
  }
  const Model model = open();
  std::stop_source source;
  source.request_stop();
  Session stopped(model, options(2, source.get_token()));
  EXPECT_THROW(run(stopped, 2, 5), Error);
  Session session(model, options(2));
  EXPECT_EQ(run(session, 2, 5), expected);
}

INSTANTIATE_TEST_SUITE_P(, Stop, testing::Values(Executor::kPlan, Executor::kInterpreter),
                         [](const auto& tested) {
                           return tested.param == Executor::kPlan ? "Plan" : "Interpreter";
                         });

TEST(StopPoints, SkipTheTasksThatHaveNotBegun) {
  for (const int threads : {1, 3}) {
    runtime::ThreadTeam team(threads);
    std::stop_source source;
    const std::stop_token token = source.get_token();
    std::atomic<int> begun = 0;
    {
      const runtime::StopScope scope(token);
      EXPECT_THROW(team.for_each(1000,
                                 [&](std::size_t, std::size_t) {
                                   ++begun;
                                   source.request_stop();
                                 }),
                   Error);
    }
    EXPECT_LE(begun.load(), threads);
    begun = 0;
    team.for_each(10, [&](std::size_t, std::size_t) { ++begun; });  // out of the scope
    EXPECT_EQ(begun.load(), 10);
  }
}

TEST(StopPoints, AreWithinOneLargeProduct) {
  runtime::Allocator& memory = runtime::system_memory();
  const auto matrix = [&] {
    runtime::Tensor tensor = runtime::Tensor::empty(memory, DType::kFloat32, {800, 800});
    std::fill_n(tensor.mutable_data<float>(), tensor.numel(), 1.0F);
    return tensor;
  };
  const runtime::Tensor a = matrix();
  const runtime::Tensor b = matrix();
  std::stop_source source;
  const std::stop_token token = source.get_token();
  const runtime::StopScope scope(token);
  const runtime::Tensor whole = runtime::product(memory, a, b);
  EXPECT_EQ(*std::min_element(whole.data<float>(), whole.data<float>() + whole.numel()), 800);
  EXPECT_EQ(*std::max_element(whole.data<float>(), whole.data<float>() + whole.numel()), 800);
  source.request_stop();
  EXPECT_THROW(runtime::product(memory, a, b), Error);
}

}  // namespace
}  // namespace henson
