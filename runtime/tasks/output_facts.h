// What a model returns for one text: shapes in which the length is told from other sizes, and what
// computes each output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "henson/henson.h"

namespace henson::tasks {

struct OutputFacts {
  /// For a size that is the sequence's length, and for one that is neither that nor a number.
  static constexpr std::int64_t kLength = -1;
  static constexpr std::int64_t kOther = -2;

  std::string name;                 // its number, or its key in a dict
  std::vector<std::int64_t> shape;  // for one text; empty where nothing is known
  std::string text;                 // of the shape: "[1, length, 384]"
  bool floating = false;
  OutputMaker maker = OutputMaker::kOther;
  std::size_t order = 0;  // of its maker in the computation: a later one is larger
};

/// All tensors of the output, in order.
std::vector<OutputFacts> find_output_facts(const Model& model);

/// "[1, length, 384] of a linear layer"
std::string describe(const OutputFacts& output);

/// The elements of a tensor of any floating dtype.
std::vector<float> floats_of(const Tensor& tensor);

}  // namespace henson::tasks
