// Says what a file is that is no archive, and what to do instead.
#pragma once

#include <filesystem>
#include <string>

#include "loader/zip.h"

namespace henson::loader {

/// Throws henson::Error for a path that is no readable file, and for a file that is no zip.
void refuse_other_files(const std::filesystem::path& path);

/// One line about a zip file in which no archive was found.
std::string recognize_zip(const Zip& zip);

}  // namespace henson::loader
