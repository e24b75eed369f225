// What a model returns for a text: shapes in which the length is told from other sizes, and what
// computes each output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "runtime/tasks/text_inputs.h"

namespace henson::tasks {

/// The operation that makes an output's elements, seen through views and casts.
enum class Maker { kLinear, kSoftmax, kLogSoftmax, kSigmoid, kTanh, kOther };

struct OutputFacts {
  /// For a size that is the sequence's length.
  static constexpr std::int64_t kLength = -1;

  std::string name;                 // its number, or its key in a dict
  std::vector<std::int64_t> shape;  // for one text
  bool floating = false;
  Maker maker = Maker::kOther;
  std::size_t order = 0;  // of its maker in the computation: a later one is larger
};

/// All tensors of the output, in order. Runs the model on two sequences that differ in length.
std::vector<OutputFacts> find_output_facts(const Model& model, Session& session,
                                           const TextInputs& inputs, const Tokenizer& tokenizer);

/// "[1, length, 384] float"
std::string describe(const OutputFacts& output);

/// The elements of a tensor of any floating dtype.
std::vector<float> floats_of(const Tensor& tensor);

}  // namespace henson::tasks
