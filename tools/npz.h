// Named arrays in NumPy's npz format: a zip file of npy entries.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

struct NamedArray {
  std::string name;
  Tensor tensor;
};

/// All arrays, in the order of the file. Throws henson::Error that names the file, and the array
/// where one is at fault: for what is no zip file, is damaged, is encrypted, has two arrays of one
/// name, or has an array that parse_npy_header refuses.
std::vector<NamedArray> read_npz(const std::filesystem::path& path);

/// Writes the file whole or not at all: an old one stays as it was when something fails. Throws
/// henson::Error that names the file. The same arrays give the same bytes.
void write_npz(const std::filesystem::path& path, const std::vector<NamedArray>& arrays);

}  // namespace henson::tools
