#include "runtime/machine/allowance.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace henson::runtime {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  return in >> number ? std::optional(number) : std::nullopt;  // "max" and -1 are none
}

/// The number after a word at the start of a line: of "MemAvailable:  123 kB".
std::optional<std::uint64_t> number_after(const fs::path& file, std::string_view word) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t number = 0;
    if (fields >> name >> number && name == word) return number;
  }
  return std::nullopt;
}

/// A control group that the process is in, of the one hierarchy (v2) or of a controller's own (v1).
struct Group {
  bool unified = false;
  fs::path folder;
};

bool contains(std::string_view list, std::string_view name) {
  return ("," + std::string(list) + ",").find("," + std::string(name) + ",") != std::string::npos;
}

/// The folders from `path` up to the root of a hierarchy; within a container the path may be the
/// host's, and only the root is there.
void add_groups(const fs::path& mount, const std::string& path, bool unified,
                std::vector<Group>& groups) {
  fs::path relative = fs::path(path).relative_path();
  for (; !relative.empty(); relative = relative.parent_path()) {
    if (fs::is_directory(mount / relative)) groups.push_back({unified, mount / relative});
  }
  groups.push_back({unified, mount});
}

/// The process's own group of a controller ("memory", "cpu") and all groups above it.
std::vector<Group> groups_of(const fs::path& root, std::string_view controller) {
  std::vector<Group> groups;
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {  // "0::/path", "4:cpu,cpuacct:/path"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    const fs::path mount = root / "sys/fs/cgroup";
    if (controllers.empty()) {
      add_groups(mount, path, true, groups);
    } else if (contains(controllers, controller)) {
      const bool whole = fs::is_directory(mount / controllers);
      add_groups(mount / (whole ? controllers : std::string(controller)), path, false, groups);
    }
  }
  return groups;
}

/// What a group has left of its limit. Cached pages of files that are not in use count as free: the
/// system takes them back when it needs them.
std::optional<std::uint64_t> memory_left(const Group& group) {
  const auto limit =
      number_in(group.folder / (group.unified ? "memory.max" : "memory.limit_in_bytes"));
  const auto used =
      number_in(group.folder / (group.unified ? "memory.current" : "memory.usage_in_bytes"));
  if (!limit || !used) return std::nullopt;
  const std::uint64_t cached = number_after(group.folder / "memory.stat",
                                            group.unified ? "inactive_file" : "total_inactive_file")
                                   .value_or(0);
  const std::uint64_t held = *used - std::min(*used, cached);
  return *limit - std::min(*limit, held);
}

/// Processors' worth of time that a group may use.
std::optional<double> quota_of(const Group& group) {
  std::int64_t quota = 0;
  std::int64_t period = 0;
  if (group.unified) {
    std::ifstream in(group.folder / "cpu.max");  // "150000 100000", "max 100000"
    if (!(in >> quota >> period)) return std::nullopt;
  } else {
    std::ifstream quotas(group.folder / "cpu.cfs_quota_us");  // -1: none
    std::ifstream periods(group.folder / "cpu.cfs_period_us");
    if (!(quotas >> quota) || !(periods >> period)) return std::nullopt;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

int processors() {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

std::optional<std::uint64_t> available_memory(const fs::path& root) {
  std::optional<std::uint64_t> least;
  if (const auto kilobytes = number_after(root / "proc/meminfo", "MemAvailable:")) {
    least = *kilobytes * 1024;
  }
  for (const Group& group : groups_of(root, "memory")) {
    const auto left = memory_left(group);
    if (left && (!least || *left < *least)) least = left;
  }
  return least;
}

int available_threads(const fs::path& root) {
  double threads = std::max(processors(), 1);
  for (const Group& group : groups_of(root, "cpu")) {
    if (const auto quota = quota_of(group)) threads = std::min(threads, std::ceil(*quota));
  }
  return std::max(static_cast<int>(threads), 1);
}

}  // namespace henson::runtime
