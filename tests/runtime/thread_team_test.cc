#include "runtime/execution/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace henson::runtime {
namespace {

TEST(ThreadTeamTest, EachTaskRunsOnceOnAThreadOfTheTeam) {
  for (const int threads : {1, 2, 5}) {
    ThreadTeam team(threads);
    ASSERT_EQ(team.size(), static_cast<std::size_t>(threads));
    for (std::size_t tasks = 0; tasks < 300; ++tasks) {
      std::vector<std::atomic<int>> runs(tasks);
      team.for_each(tasks, [&](std::size_t task, std::size_t thread) {
        ASSERT_LT(thread, team.size());
        ++runs[task];
      });
      for (const std::atomic<int>& count : runs) ASSERT_EQ(count.load(), 1);
    }
  }
}

TEST(ThreadTeamTest, WakesAfterItSlept) {
  ThreadTeam team(3);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> runs = 0;
    team.for_each(100, [&](std::size_t, std::size_t) { ++runs; });
    ASSERT_EQ(runs.load(), 100);
  }
}

TEST(ThreadTeamTest, WhatATaskThrowsReachesTheCaller) {
  for (const int threads : {1, 2, 4}) {
    ThreadTeam team(threads);
    for (std::size_t bad = 0; bad < 20; ++bad) {
      std::atomic<int> runs = 0;
      const auto work = [&](std::size_t task, std::size_t) {
        ++runs;
        if (task == bad) throw std::runtime_error("task " + std::to_string(task));
      };
      EXPECT_THROW(team.for_each(20, work), std::runtime_error);
      runs = 0;
      team.for_each(20, [&](std::size_t, std::size_t) { ++runs; });
      EXPECT_EQ(runs.load(), 20);
    }
  }
}

TEST(ThreadTeamTest, TwoThreadsOfATeamWorkAtOnce) {
  ThreadTeam team(2);
  std::atomic<int> arrived = 0;
  team.for_each(2, [&](std::size_t, std::size_t) {
    ++arrived;
    while (arrived.load() < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived.load(), 2);
}

}  // namespace
}  // namespace henson::runtime
