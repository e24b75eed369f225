// Threads and memory that sessions share, and archives that are no files.
#include "henson/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "runtime/execution/thread_team.h"
#include "runtime/tensor/stop.h"
#include "tests/loader/archive_maker.h"

namespace henson {
namespace {

using test::error_of;

const std::filesystem::path kArchive = std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_ids.pt";

std::string bits_of(const Output& output) {
  std::string bits;
  for (const Tensor& tensor : output.tensors()) {
    bits.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  }
  return bits;
}

std::string run(Session& session, std::int64_t rows = 2) {
  const std::vector<std::int64_t> ids(static_cast<std::size_t>(rows) * 9, 3);
  return bits_of(session.run({Tensor::borrow(ids, {rows, 9})}));
}

int threads_of_process() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
  }
  return 0;
}

TEST(ThreadPool, SessionsOfManyThreadsShareItsOwn) {
  const Model model = Model::open(kArchive);
  Session alone(model, {.threads = 1});
  const std::string expected = run(alone);
  const int before = threads_of_process();
  const ThreadPool pool({.threads = 3});
  std::vector<Session> sessions;
  for (int i = 0; i < 6; ++i) sessions.emplace_back(model, SessionOptions{.pool = pool});
  EXPECT_EQ(threads_of_process(), before + 2);
  EXPECT_EQ(pool.threads(), 3);
  std::vector<int> wrong(sessions.size(), 0);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      callers.emplace_back([&, i] {
        for (int k = 0; k < 50; ++k) wrong[i] += run(sessions[i]) != expected ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(sessions.size(), 0));
}

TEST(ThreadPool, NoMoreCallersThanOneComputeAtOnce) {
  runtime::ThreadTeam team(3);
  std::atomic<int> busy = 0;
  std::atomic<int> most = 0;
  const auto call = [&] {
    for (int k = 0; k < 200; ++k) {
      team.for_each(8, [&](std::size_t, std::size_t) {
        const int now = ++busy;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --busy;
      });
    }
  };
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 5; ++i) callers.emplace_back(call);
  }
  EXPECT_LE(most, 3);
}

TEST(ThreadPool, ItsSessionsHaveNoThreadsOfTheirOwn) {
  const Model model = Model::open(kArchive);
  ThreadPool pool({.threads = 2});
  EXPECT_EQ(error_of([&] { Session(model, {.threads = 2, .pool = pool}); }),
            "a session on a pool has the pool's threads: leave its own number out");
  EXPECT_EQ(error_of([] { ThreadPool({.threads = 513}); }),
            "513 threads: give 1 to 512, or 0 for as many as can run at once");
  const ThreadPool taken = std::move(pool);
  EXPECT_EQ(error_of([&] { Session(model, {.pool = pool}); }),
            "this pool of threads was moved from");
  EXPECT_EQ(pool.threads(), 0);
  EXPECT_EQ(pool.memory(), 0U);
}

TEST(ThreadPool, ItsMemoryIsThatOfAllRuns) {
  const Model model = Model::open(kArchive);
  for (const Executor executor : {Executor::kPlan, Executor::kInterpreter}) {
    const ThreadPool pool({.threads = 2, .memory_limit = 400000});
    Session first(model, {.executor = executor, .pool = pool});
    Session second(model, {.executor = executor, .pool = pool});
    const std::vector<std::int64_t> ids(9 * 20, 3);
    std::vector<Output> kept;
    std::string refused;
    while (refused.empty() && kept.size() < 1000) {  // outputs that are held fill it
      refused = error_of([&] { kept.push_back(first.run({Tensor::borrow(ids, {20, 9})})); });
    }
    EXPECT_NE(refused.find(" of the 400000 that all runs of the pool together may have"),
              std::string::npos)
        << refused;
    kept.clear();
    EXPECT_EQ(pool.memory(), 0U);
    EXPECT_EQ(error_of([&] { run(second, 20); }), "");
    EXPECT_EQ(pool.memory(), 0U);
  }
}

TEST(ThreadPool, StopsWhoWaitsForItsTurn) {
  runtime::ThreadTeam team(2);
  std::stop_source stop;
  std::atomic<bool> entered = false;
  std::atomic<bool> leave = false;
  std::jthread holder([&] {
    team.for_each(2, [&](std::size_t, std::size_t) {
      entered = true;
      while (!leave) std::this_thread::yield();
    });
  });
  while (!entered) std::this_thread::yield();
  std::jthread asks([&] { stop.request_stop(); });
  const std::stop_token token = stop.get_token();
  const runtime::StopScope scope(token);
  EXPECT_NE(error_of([&] { team.for_each(2, [](std::size_t, std::size_t) {}); }), "");
  leave = true;
}

// --- Archives that are no files ------------------------------------------------------------------

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::span<const std::byte> span_of(const std::string& text) {
  return std::as_bytes(std::span<const char>(text));
}

TEST(OpenMemory, RunsAsTheFileDoes) {
  Session session(Model::open(kArchive));
  const std::string expected = run(session);
  for (const bool map : {false, true}) {
    std::string copied = bytes_of(kArchive);
    Session of_copy(Model::open(span_of(copied), {.map = map}));
    std::fill(copied.begin(), copied.end(), '\0');
    EXPECT_EQ(run(of_copy), expected);

    auto kept = std::make_shared<const std::string>(bytes_of(kArchive));
    const std::weak_ptr<const std::string> alive = kept;
    {
      Session of_kept(Model::open(span_of(*kept), kept, {.map = map}));
      kept.reset();
      EXPECT_EQ(run(of_kept), expected);
      EXPECT_EQ(run(of_kept), expected);
      EXPECT_FALSE(alive.expired());
    }
    EXPECT_TRUE(alive.expired());
  }
}

TEST(OpenMemory, BorrowedBytesThatChangeAreAnError) {
  std::string bytes = bytes_of(kArchive);
  Session session(Model::open(span_of(bytes), nullptr));
  std::fill(bytes.begin(), bytes.end(), '\0');
  EXPECT_NE(error_of([&] {
              run(session);
            }).find("the archive's file was changed or cut short after it was opened"),
            std::string::npos);
}

TEST(OpenMemory, WhatIsNoArchive) {
  EXPECT_EQ(error_of([] { Model::open(std::span<const std::byte>()); }), "the file is empty");
  const std::string text = "a line of text";
  EXPECT_EQ(error_of([&] { Model::open(span_of(text)); }),
            "a text file, not a TorchScript archive");
  EXPECT_EQ(error_of([&] { Model::open_descriptor(-1); }), "-1 is no descriptor of an open file");
}

}  // namespace
}  // namespace henson
