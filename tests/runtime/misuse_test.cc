// What a caller may do wrong: always an error, never a crash.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "henson/tasks.h"
#include "henson/tokenizer.h"
#include "runtime/execution/thread_team.h"
#include "tests/runtime/hostile_support.h"

namespace henson {
namespace {

using test::class_of;
using test::error_of;

Model open(const std::string& name) {
  return Model::open(std::filesystem::path(HENSON_TEST_DATA) / (name + ".pt"));
}

std::filesystem::path vocabulary() {
  return std::filesystem::path(HENSON_TEST_SOURCES) / "tokenizer/uncased/vocab.txt";
}

// --- Moved from ----------------------------------------------------------------------------------

TEST(Misuse, AModelThatWasMovedFrom) {
  Model model = open("torch2.13_encoder_ids");
  const Model taken = std::move(model);
  const std::string told = "this model was moved from";
  EXPECT_EQ(error_of([&] { model.inputs(); }), told);
  EXPECT_EQ(error_of([&] { model.weights(); }), told);
  EXPECT_EQ(error_of([&] { model.info(); }), told);
  EXPECT_EQ(error_of([&] { model.locks(); }), told);
  EXPECT_EQ(error_of([&] { model.notes(); }), told);
  EXPECT_EQ(error_of([&] { model.computes_in(DType::kFloat32); }), told);
  EXPECT_EQ(error_of([&] { model.computes_quantized(); }), told);
  EXPECT_EQ(error_of([&] { model.describe(Executor::kPlan); }), told);
  EXPECT_EQ(error_of([&] { Session session(model); }), told);
  EXPECT_EQ(taken.inputs().size(), 1u);
}

TEST(Misuse, ASessionThatWasMovedFrom) {
  Session session(open("torch2.13_encoder_ids"), {.threads = 1});
  Session taken = std::move(session);
  const std::int64_t ids[] = {2, 3};
  const Tensor tensor = Tensor::borrow(ids, {1, 2});
  const std::vector<NamedInput> named = {{"0", tensor}};
  const std::vector<std::vector<Tensor>> ragged = {{tensor}};
  const std::string told = "this session was moved from";
  EXPECT_EQ(error_of([&] { session.run({tensor}); }), told);
  EXPECT_EQ(error_of([&] { session.run(std::span<const NamedInput>(named)); }), told);
  EXPECT_EQ(error_of([&] { session.run_ragged(ragged); }), told);
  EXPECT_EQ(error_of([&] { session.profile(); }), told);
  EXPECT_EQ(session.operations(), 0);
  EXPECT_EQ(session.memory(), 0u);
  EXPECT_EQ(error_of([&] { taken.run({tensor}); }), "");
}

TEST(Misuse, ATensorThatIsEmptyOrWasMovedFrom) {
  Session session(open("torch2.13_encoder_ids"), {.threads = 1});
  const std::int64_t ids[] = {2, 3};
  Tensor tensor = Tensor::borrow(ids, {1, 2});
  const Tensor taken = std::move(tensor);
  EXPECT_NE(error_of([&] { session.run({tensor}); }), "");
  EXPECT_NE(error_of([&] { session.run({Tensor()}); }), "");
  EXPECT_EQ(error_of([&] { session.run({taken}); }), "");
}

TEST(Misuse, ATokenizerThatWasMovedFrom) {
  Tokenizer tokenizer = Tokenizer::open(vocabulary());
  const Tokenizer taken = std::move(tokenizer);
  const std::string told = "this tokenizer was moved from";
  EXPECT_EQ(error_of([&] { tokenizer.encode("a"); }), told);
  EXPECT_EQ(error_of([&] { tokenizer.encode("a", "b"); }), told);
  EXPECT_EQ(error_of([&] { tokenizer.encode_windows("a"); }), told);
  EXPECT_EQ(error_of([&] { tokenizer.encode_windows("a", "b"); }), told);
  EXPECT_EQ(error_of([&] { tokenizer.decode({}); }), told);
  EXPECT_EQ(error_of([&] { tokenizer.token(0); }), told);
  EXPECT_EQ(error_of([&] { tokenizer.id("a"); }), told);
  EXPECT_EQ(tokenizer.vocabulary_size(), 0u);
  EXPECT_FALSE(tokenizer.is_special(0));
  EXPECT_FALSE(tokenizer.cls_id() || tokenizer.sep_id() || tokenizer.pad_id() ||
               tokenizer.mask_id() || tokenizer.unk_id());
  EXPECT_TRUE(taken.cls_id());
}

TEST(Misuse, ATextModelOfWhatWasMovedFrom) {
  Model model = open("torch2.13_encoder_ids");
  Tokenizer tokenizer = Tokenizer::open(vocabulary());
  const Model taken = std::move(model);
  EXPECT_EQ(error_of([&] { TextModel(model, tokenizer); }), "this model was moved from");
  const Tokenizer also_taken = std::move(tokenizer);
  EXPECT_EQ(error_of([&] { TextModel(taken, tokenizer); }), "this tokenizer was moved from");
}

TEST(Misuse, ATextModelThatWasMovedFrom) {
  const std::filesystem::path folder = std::filesystem::path(HENSON_TEST_SOURCES) / "tasks";
  TextModel text(Model::open(folder / "masked_lm.pt"), Tokenizer::open(folder / "vocab.txt"));
  TextModel taken = std::move(text);
  const std::string told = "this text model was moved from";
  const std::vector<std::string> texts = {"a"};
  EXPECT_EQ(error_of([&] { text.embed(texts); }), told);
  EXPECT_EQ(error_of([&] { text.fill_mask("a"); }), told);
  EXPECT_EQ(error_of([&] { text.classify("a"); }), told);
  EXPECT_EQ(error_of([&] { text.classify("a", "b"); }), told);
  EXPECT_EQ(error_of([&] { text.tag("a"); }), told);
  EXPECT_EQ(error_of([&] { text.answer("a", "b"); }), told);
  EXPECT_EQ(error_of([&] { text.next_sentence("a", "b"); }), told);
  EXPECT_EQ(text.max_length(), 0u);
}

// --- Threads -------------------------------------------------------------------------------------

TEST(Misuse, TwoThreadsInOneSession) {
  Session session(open("torch2.13_encoder_ids"), {.threads = 1});
  const std::vector<std::int64_t> ids(14 * 64, 3);
  std::atomic<int> busy = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int k = 0; k < 200; ++k) {
        const std::string error = error_of([&] { session.run({Tensor::borrow(ids, {64, 14})}); });
        if (error.empty()) {
          ++answered;
        } else if (error ==
                   "the session is busy with a call of another thread; give each thread its own") {
          ++busy;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answered + busy, 800);
  EXPECT_GT(answered, 0);
  EXPECT_GT(busy, 0);
  EXPECT_EQ(error_of([&] { session.run({Tensor::borrow(ids, {64, 14})}); }), "");
}

TEST(Misuse, NumbersOfThreadsOutOfRange) {
  const Model model = open("torch2.13_encoder_ids");
  for (const int threads : {-1, -2147483647 - 1, 513, 1000, 100000, 2147483647}) {
    const std::string told =
        std::to_string(threads) + " threads: give 1 to 512, or 0 for as many as can run at once";
    EXPECT_EQ(error_of([&] { Session session(model, {.threads = threads}); }), told);
    EXPECT_EQ(error_of([&] { measure_peak_operations(threads); }), told);
  }
  EXPECT_EQ(error_of([&] { Session session(model, {.threads = 0}); }), "");
}

#if defined(__GLIBC__)
TEST(Misuse, AThreadThatCannotBeMade) {
  const Model model = open("torch2.13_encoder_ids");
  pthread_attr_t usual;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  pthread_attr_t huge;
  ASSERT_EQ(pthread_getattr_default_np(&huge), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&huge, std::size_t{1} << 46), 0);
  ASSERT_EQ(pthread_setattr_default_np(&huge), 0);
  const std::string team = error_of([] { runtime::ThreadTeam(3); });
  const std::string session = error_of([&] { Session(model, {.threads = 3}); });
  const std::string peak = error_of([] { measure_peak_operations(3); });
  ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
  EXPECT_TRUE(team.starts_with("the system gives 1 of 3 threads: ")) << team;
  EXPECT_EQ(session, team);
  EXPECT_NE(peak, "");
  EXPECT_EQ(error_of([&] { Session(model, {.threads = 3}); }), "");
}
#endif

// --- Memory --------------------------------------------------------------------------------------

class MemoryLimit : public testing::TestWithParam<Executor> {
 protected:
  /// What a run on so many rows of 8 says.
  static std::string answer(Session& session, std::int64_t rows) {
    const std::vector<float> zeros(static_cast<std::size_t>(rows) * 8);
    return error_of([&] { session.run({Tensor::borrow(zeros, {rows, 8})}); });
  }
  static SessionOptions limited_to(std::size_t bytes) {
    return {.executor = GetParam(), .threads = 1, .memory_limit = bytes};
  }
  static Model model_of(const std::vector<std::string>& lines) {
    const test::TempFile file;
    test::write_code(file, class_of(lines));
    return Model::open(file.path());
  }
};

TEST_P(MemoryLimit, RefusesBeforeItIsPassedAndNamesTheNode) {
  std::vector<std::string> lines(20, "x = torch.cat([x, x], 0)");
  lines.emplace_back("return x");
  Session session(model_of(lines), limited_to(100000000));
  // A row of 32 bytes, doubled twenty times, with the half of it alive besides: 48 MB.
  EXPECT_EQ(answer(session, 1), "");
  const std::string refused = answer(session, 2);
  EXPECT_TRUE(
      refused.starts_with("code/__torch__.py:24: aten::cat: no memory for float32 [2097152, 8]: "
                          "67108864 bytes are needed, and "))
      << refused;
  EXPECT_TRUE(refused.ends_with(" are in use of the 100000000 that a run may have")) << refused;
  EXPECT_EQ(answer(session, 1), "");  // as if nothing had been
}

TEST_P(MemoryLimit, CountsThePartsOfATensor) {
  Session session(model_of({"y = torch.unbind(torch.expand(torch.select(x, 0, 0), [60000, 8]), 0)",
                            "return torch.cat(y, 0)"}),
                  limited_to(10000000));
  EXPECT_EQ(answer(session, 1),
            "code/__torch__.py:5: aten::unbind: 15360000 bytes are needed, and 0 are in use of the "
            "10000000 that a run may have");
}

TEST_P(MemoryLimit, IsKeptByModelsRunAgainAndAgain) {
  const std::vector<std::int64_t> ids(6 * 14, 3);
  std::vector<Output> kept;  // what the caller keeps counts in no later run
  const auto run = [&](Session& session) {
    return error_of([&] { kept.push_back(session.run({Tensor::borrow(ids, {6, 14})})); });
  };
  const Model model = open("torch2.13_encoder_ids");
  Session small(model, limited_to(20000));
  const std::string refused = run(small);
  EXPECT_NE(refused.find(" of the 20000 that a run may have"), std::string::npos) << refused;
  EXPECT_NE(refused.find(".py:"), std::string::npos) << refused;
  Session large(model, limited_to(5000000));
  for (int k = 0; k < 1000; ++k) EXPECT_EQ(run(large), "");
}

INSTANTIATE_TEST_SUITE_P(, MemoryLimit, testing::Values(Executor::kPlan, Executor::kInterpreter),
                         [](const auto& tested) {
                           return tested.param == Executor::kPlan ? "Plan" : "Interpreter";
                         });

// --- Borrowing -----------------------------------------------------------------------------------

template <typename Values>
concept Borrowable = requires(Values&& values) {
  Tensor::borrow(std::forward<Values>(values), std::vector<std::int64_t>{});
};

template <typename T>
constexpr bool kVectorsAreBorrowed =
    Borrowable<std::vector<T>&>&& Borrowable<const std::vector<T>&> &&
    !Borrowable<std::vector<T>> && !Borrowable<const std::vector<T>>;

static_assert(kVectorsAreBorrowed<float> && kVectorsAreBorrowed<double> &&
              kVectorsAreBorrowed<std::int64_t> && kVectorsAreBorrowed<std::int32_t> &&
              kVectorsAreBorrowed<std::int16_t> && kVectorsAreBorrowed<std::int8_t> &&
              kVectorsAreBorrowed<std::uint8_t>);
static_assert(!Borrowable<std::vector<bool>&>);
static_assert(Borrowable<float (&)[3]> && Borrowable<const bool (&)[3]>);
static_assert(!Borrowable<float (&&)[3]>);
static_assert(Borrowable<std::span<const float>>);  // it says itself who owns the elements

TEST(Misuse, VectorsOfEveryTypeAreBorrowed) {
  const std::vector<float> floats = {1, 2};
  EXPECT_EQ(Tensor::borrow(floats, {2}).dtype(), DType::kFloat32);
  const std::vector<std::int32_t> ids = {1, 2, 3};
  const Tensor tensor = Tensor::borrow(ids, {1, 3});
  EXPECT_EQ(tensor.dtype(), DType::kInt32);
  EXPECT_EQ(tensor.values<std::int32_t>()[2], 3);
  EXPECT_EQ(static_cast<const void*>(tensor.bytes().data()), ids.data());
}

}  // namespace
}  // namespace henson
