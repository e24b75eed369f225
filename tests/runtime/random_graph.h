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
  std::vector<Value> inputs;  // that it runs on
  std::vector<Value> others;  // of other sizes: it may refuse them
};

/// Every line was tried on the reference kernels: the program runs on its inputs.
RandomProgram random_program(std::uint64_t seed);

/// The archive of a program, with the weights that it may read.
loader::Archive archive_of(const RandomProgram& program);

}  // namespace henson::runtime::test
