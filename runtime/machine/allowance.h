// What the machine lets this process have. The limits of its control group (a container's, a
// service's) count as the machine's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace henson::runtime {

/// Bytes that could be taken now without the system running out; nothing where it does not say.
/// `root` is where /proc and /sys are found.
std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

/// How many threads can run at once: the processors that the process may run on, and no more than
/// its control group's share of them, rounded up. At least 1.
int available_threads(const std::filesystem::path& root = "/");

}  // namespace henson::runtime
