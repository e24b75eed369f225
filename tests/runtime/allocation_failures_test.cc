// Every single allocation of opening and of running fails in turn: each time an error, and the same
// objects go on as if nothing had been.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "loader/value.h"
#include "tests/runtime/failing_allocations.h"

namespace henson {
namespace {

using test::FailingAllocation;

// Made before: what callers allocate for their arguments is no affair of the library's.
const std::filesystem::path kArchive = std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_ids.pt";
constexpr std::int64_t kIds[] = {2, 5, 7, 3, 2, 9, 4, 3};
const Tensor kInput = Tensor::borrow(kIds, {2, 4});

/// Of the many allocations of opening each is tried in a long run, else one in so many.
std::int64_t stride() { return std::getenv("HENSON_EVERY_ALLOCATION") != nullptr ? 1 : 97; }

std::vector<Tensor> answer_of(Session& session) {
  return session.run(std::span(&kInput, 1)).tensors();
}

void expect_same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].shape(), b[i].shape());
    ASSERT_TRUE(std::equal(a[i].bytes().begin(), a[i].bytes().end(), b[i].bytes().begin()));
  }
}

/// Lets allocation `number` of `work` fail. False when there are not that many.
bool fails_at(std::int64_t number, const std::function<void()>& work) {
  const FailingAllocation failing(number);
  try {
    work();
    return FailingAllocation::happened();  // what makes do without the memory may do so
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory) << number << ": " << error.what();
    EXPECT_NE(std::string(error.what()), "");
    return true;
  }
}

TEST(AllocationFailures, OfOpening) {
  std::int64_t number = 0;
  const auto once = [&](bool* failed) {
    std::optional<Model> model;
    *failed = fails_at(number, [&] { model.emplace(Model::open(kArchive)); });
    return model.has_value();
  };
  bool failed = false;
  once(&failed);  // what is made once for all is made
  Model::open(kArchive);
  const std::int64_t before = test::blocks_alive();
  for (failed = true; failed; number += stride()) once(&failed);
  EXPECT_GT(number, 1000);
  EXPECT_EQ(test::blocks_alive(), before);
}

// A copy of a long text in the archive's pickle, which only every allocation's turn meets above.
TEST(AllocationFailures, OfCopyingAText) {
  const loader::Value text(std::string(100, 'x'));
  const FailingAllocation failing(0);
  EXPECT_THROW(const loader::Value copy = text, std::bad_alloc);
  EXPECT_TRUE(FailingAllocation::happened());
}

class AllocationFailuresOf : public testing::TestWithParam<Executor> {
 protected:
  SessionOptions options(int threads) const { return {.executor = GetParam(), .threads = threads}; }
};

TEST_P(AllocationFailuresOf, TheFirstRun) {
  std::vector<Tensor> expected;
  {
    const Model model = Model::open(kArchive);
    Session session(model, options(1));
    expected = answer_of(session);
  }
  const std::int64_t before = test::blocks_alive();
  bool failed = true;
  std::int64_t number = 0;
  for (; failed; number += stride()) {
    const Model model = Model::open(kArchive);
    std::optional<Session> session;
    failed = fails_at(number, [&] {
      session.emplace(model, options(1));
      answer_of(*session);
    });
    if (!session) session.emplace(model, options(1));
    expect_same_bits(answer_of(*session), expected);
  }
  EXPECT_GT(number, 1000);
  EXPECT_EQ(test::blocks_alive(), before);
}

TEST_P(AllocationFailuresOf, ALaterRun) {
  for (const int threads : {1, 3}) {
    const Model model = Model::open(kArchive);
    Session session(model, options(threads));
    const std::vector<Tensor> expected = answer_of(session);
    answer_of(session);
    const std::int64_t before = test::blocks_alive();
    bool failed = true;
    std::int64_t number = 0;
    for (; failed; ++number) {
      failed = fails_at(number, [&] { answer_of(session); });
      expect_same_bits(answer_of(session), expected);
    }
    EXPECT_GT(number, 100);
    EXPECT_EQ(test::blocks_alive(), before);
  }
}

INSTANTIATE_TEST_SUITE_P(, AllocationFailuresOf,
                         testing::Values(Executor::kPlan, Executor::kInterpreter),
                         [](const auto& tested) {
                           return tested.param == Executor::kPlan ? "Plan" : "Interpreter";
                         });

}  // namespace
}  // namespace henson
