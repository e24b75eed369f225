// Recorded cases of a model: what it was given, and what it answered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

struct Case {
  std::uint64_t number = 0;
  std::vector<NamedInput> inputs;  // by path
  std::vector<Tensor> outputs;     // all tensors of the output, in order
};

/// Reads an npz of cases, in the order of their numbers: case k has the arrays `in{k}_{path}` and
/// `out{k}_{j}`, j from 0. Throws henson::Error that names the file, and the array or the case at
/// fault.
std::vector<Case> read_cases(const std::filesystem::path& path);

}  // namespace henson::tools
