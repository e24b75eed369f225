// Where an archive's bytes come from: a path, a descriptor, or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>

#include "loader/file.h"

namespace henson::loader {

inline constexpr std::uint64_t kAllBytes = std::numeric_limits<std::uint64_t>::max();

/// A regular file stays where it is. A pipe or a socket is read to its end into memory: at most
/// `most` bytes, and no further than its start when that is no zip file's. Throws henson::Error
/// (kNotFound, kBadArchive, kOutOfMemory).
std::shared_ptr<const File> open_source(const std::filesystem::path& path,
                                        std::uint64_t most = kAllBytes);
/// Likewise of a descriptor, which stays the caller's: a file is read from its start, wherever the
/// descriptor stands, and a pipe from where it is.
std::shared_ptr<const File> open_source(int descriptor, std::uint64_t most = kAllBytes);

/// A copy of bytes. Throws henson::Error (kOutOfMemory) for more than `most`.
std::shared_ptr<const File> copy_source(std::span<const std::byte> bytes,
                                        std::uint64_t most = kAllBytes);

}  // namespace henson::loader
