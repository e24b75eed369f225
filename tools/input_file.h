// A model's inputs from an npz file.
#pragma once

#include <filesystem>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

/// The file's arrays as inputs, named by path or by name. Throws what read_npz does, and kBadInput
/// that names the file when some are named by position and some by name: a mistake in one of them
/// would go to the wrong place.
std::vector<NamedInput> read_inputs(const Model& model, const std::filesystem::path& path);

}  // namespace henson::tools
