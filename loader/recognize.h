// Says what a file is that is no archive, and what to do instead.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "loader/zip.h"

namespace henson::loader {

/// Throws henson::Error for a path where neither a file is nor what bytes come from as they do from
/// one: a pipe, a socket.
void refuse_other_paths(const std::filesystem::path& path);
/// Throws henson::Error for a file that is no zip.
void refuse_other_files(const File& file);
/// Likewise for one of which only these first bytes are known.
void refuse_other_starts(std::string_view start);
/// As many of its first bytes as it takes to tell what a file is.
inline constexpr std::size_t kStartBytes = 65536;

/// One line about a zip file in which no archive was found.
std::string recognize_zip(const Zip& zip);

}  // namespace henson::loader
