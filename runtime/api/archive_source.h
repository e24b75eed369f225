// The files that archives are opened from, as the runtime's callers may name them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "loader/file.h"
#include "loader/mapped_file.h"

namespace henson::runtime {

/// As loader::open_source and copy_source: what is read into memory may take as much as a run may
/// allocate at once.
std::shared_ptr<const loader::File> open_source(const std::filesystem::path& path);
std::shared_ptr<const loader::File> open_source(int descriptor);
std::shared_ptr<const loader::File> copy_source(std::span<const std::byte> bytes);

/// How weights are taken from it. `map`: see OpenOptions. What was read into memory needs no copy,
/// for nobody else can change that.
loader::FileAccess access_of(const loader::File& file, bool map);

}  // namespace henson::runtime
