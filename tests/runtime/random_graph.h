// Random programs of TorchScript: operators of the table over every dtype, views, writes in place,
// numbers, sizes as numbers. The same for the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loader/archive.h"
#include "runtime/tensor/value.h"

namespace henson::runtime::test {

struct RandomProgram {
  std::string code;           // `class M` with its forward
  std::string baked;          // the same with the sizes of its inputs as numbers
  std::vector<Value> inputs;  // that it runs on
  std::vector<Value> others;  // of other sizes: it may refuse them
};

/// Every line was tried on the reference kernels: the program runs on its inputs.
RandomProgram random_program(std::uint64_t seed);

/// The archive of a program's code, with the weights that it may read.
loader::Archive program_archive(const std::string& code);

}  // namespace henson::runtime::test
