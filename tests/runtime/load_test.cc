// Many sessions at once on few processors, of two models and of many shapes: every answer is, to
// the bit, that of a session alone, and the memory stays what it is.
//   HENSON_LOAD_SECONDS=300 build/runtime_tests --gtest_filter='Load.*'   goes on for longer
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "henson/henson.h"

namespace henson {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr int kSessions = 24;

seconds duration() {
  const char* const given = std::getenv("HENSON_LOAD_SECONDS");
  return seconds(given == nullptr ? 3 : std::atoi(given));
}

/// Sanitizers keep what was freed for a while.
constexpr bool kMemoryTells =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    false;
#else
    true;
#endif

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  file >> pages >> resident;
  return resident * 4096;
}

/// What a session is asked.
struct Question {
  std::size_t model;
  Executor executor;
  std::vector<std::pair<std::int64_t, std::int64_t>> shapes;  // several: without padding
};

std::vector<Question> questions() {
  std::vector<Question> all;
  std::mt19937 random(7);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int i = 0; i < 60; ++i) {
    Question question{
        static_cast<std::size_t>(i % 2), i % 5 == 0 ? Executor::kInterpreter : Executor::kPlan, {}};
    const int sequences = i % 3 == 0 ? between(2, 6) : 1;
    for (int s = 0; s < sequences; ++s) {
      question.shapes.emplace_back(sequences > 1 ? 1 : between(1, 8), between(1, 14));
    }
    all.push_back(std::move(question));
  }
  return all;
}

std::string answer(Session& session, const Question& question) {
  std::vector<std::vector<std::int64_t>> ids;
  std::vector<std::vector<Tensor>> sequences;
  for (const auto& [batch, length] : question.shapes) {
    std::vector<std::int64_t>& own = ids.emplace_back();
    for (std::int64_t i = 0; i < batch * length; ++i) own.push_back((i * 7 + batch) % 50);
  }
  for (std::size_t s = 0; s < ids.size(); ++s) {
    const auto& [batch, length] = question.shapes[s];
    sequences.push_back({Tensor::borrow(ids[s], {batch, length})});
  }
  std::string bits;
  for (const Output& output : session.run_ragged(sequences)) {
    for (const Tensor& tensor : output.tensors()) {
      bits.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
    }
  }
  return bits;
}

/// The sessions that one thread has: of each model and executor.
class Client {
 public:
  Client(const std::vector<Model>& models, int threads) {
    for (const Model& model : models) {
      for (const Executor executor : {Executor::kPlan, Executor::kInterpreter}) {
        sessions_.emplace_back(model, SessionOptions{.executor = executor, .threads = threads});
      }
    }
  }
  std::string ask(const Question& question) {
    const std::size_t of_model = 2 * question.model;
    return answer(sessions_[of_model + (question.executor == Executor::kPlan ? 0 : 1)], question);
  }

 private:
  std::vector<Session> sessions_;
};

TEST(Load, ManySessionsGiveTheBitsOfOneAndTakeNoMoreMemory) {
  const std::string folder = HENSON_TEST_DATA;
  const std::vector<Model> models = {Model::open(folder + "/torch2.13_encoder_ids.pt"),
                                     Model::open(folder + "/torch1.2_filled_ids.pt")};
  const std::vector<Question> asked = questions();
  std::vector<std::string> expected;
  {
    Client alone({Model::open(folder + "/torch2.13_encoder_ids.pt"),
                  Model::open(folder + "/torch1.2_filled_ids.pt")},
                 1);
    for (const Question& question : asked) expected.push_back(alone.ask(question));
  }
  std::atomic<int> warm = 0;
  std::atomic<std::int64_t> answers = 0;
  std::atomic<std::int64_t> wrong = 0;
  std::atomic<bool> done = false;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kSessions; ++t) {
    threads.emplace_back([&, t] {
      Client client(models, 1 + t % 2);
      const auto ask = [&](std::size_t q) {
        if (client.ask(asked[q]) != expected[q]) ++wrong;
        ++answers;
      };
      for (std::size_t q = 0; q < asked.size(); ++q) ask(q);
      ++warm;
      std::mt19937 random(static_cast<unsigned>(t));
      while (!done) ask(random() % asked.size());
    });
  }
  while (warm < kSessions) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::size_t before = resident_bytes();
  std::this_thread::sleep_for(duration());
  const std::size_t after = resident_bytes();
  done = true;
  threads.clear();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(answers.load(), kSessions * static_cast<std::int64_t>(asked.size()));
  if (kMemoryTells) {
    EXPECT_LT(after, before + before / 10 + (16 << 20));
  }
}

}  // namespace
}  // namespace henson
