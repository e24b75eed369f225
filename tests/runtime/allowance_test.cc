#include "runtime/machine/allowance.h"

#include <gtest/gtest.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include <filesystem>
#include <fstream>
#include <string>

namespace henson::runtime {
namespace {

/// A folder with the files of /proc and /sys that a test makes up.
class Allowance : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::path(testing::TempDir()) /
            ("henson_allowance_" + std::string(test->name()));
    std::filesystem::remove_all(root_);
    write("proc/meminfo", "MemTotal:  8000 kB\nMemAvailable:    4000 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  int threads() const { return available_threads(root_); }
  std::uint64_t memory() const { return available_memory(root_).value_or(0); }

  std::filesystem::path root_;
};

TEST_F(Allowance, OfAMachineWithoutControlGroups) {
  EXPECT_EQ(memory(), 4000u * 1024);
  EXPECT_GE(threads(), 1);
}

#if defined(__linux__)
TEST_F(Allowance, OfAProcessThatMayUseOneProcessor) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(threads(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(threads(), CPU_COUNT(&before));
}
#endif

TEST_F(Allowance, NothingIsKnownWithoutFiles) {
  EXPECT_FALSE(available_memory(root_ / "nowhere"));
  EXPECT_GE(available_threads(root_ / "nowhere"), 1);
}

TEST_F(Allowance, OfTheUnifiedHierarchy) {
  write("proc/self/cgroup", "0::/service/worker\n");
  const std::string group = "sys/fs/cgroup/service/worker/";
  write(group + "memory.max", "1000000\n");
  write(group + "memory.current", "900000\n");
  write(group + "memory.stat", "anon 500000\ninactive_file 300000\nactive_file 1\n");
  write(group + "cpu.max", "50000 100000\n");
  EXPECT_EQ(memory(), 400000u);
  EXPECT_EQ(threads(), 1);
  // A group above has less left.
  write("sys/fs/cgroup/service/memory.max", "1000\n");
  write("sys/fs/cgroup/service/memory.current", "4000\n");
  EXPECT_EQ(memory(), 0u);
}

TEST_F(Allowance, NoLimitsOfTheUnifiedHierarchy) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "max\n");
  write("sys/fs/cgroup/memory.current", "4000\n");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(memory(), 4000u * 1024);
  EXPECT_GE(threads(), 1);
}

TEST_F(Allowance, OfAControllerOfItsOwn) {
  // As within a container: the path is the host's, and only the root is there.
  write("proc/self/cgroup",
        "5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n1:name=systemd:/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "500000\n");
  write("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 100000\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "90000\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(memory(), 1600000u);
  EXPECT_EQ(threads(), 1);
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory(), 4000u * 1024);
}

}  // namespace
}  // namespace henson::runtime
