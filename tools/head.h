// The head of a language model: whether its decoder is the table of word embeddings.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "henson/henson.h"

namespace henson::tools {

struct Head {
  enum class State {
    kTied,      // one tensor, or two views of one storage
    kEqual,     // two tensors, all elements equal
    kDiverged,  // two tensors, some elements differ
  };
  State state = State::kTied;
  std::string embedding;  // the table's name
  std::string decoder;    // the linear weight's
  bool transposed = false;
  std::int64_t vocabulary = 0;
  // Of a diverged pair:
  double largest_difference = 0;
  std::int64_t row = 0;  // where it is: the token's row
  std::int64_t column = 0;
  std::int64_t differing_rows = 0;
};

/// The linear weights that have the shape of the largest embedding table, or its transpose, each
/// with how it compares. Goes by what the computation does with the weights, not by names. Empty
/// for models that do not score a vocabulary.
std::vector<Head> find_heads(std::span<const WeightInfo> weights);

/// "untied and equal: two tensors with the same elements"
std::string describe(const Head& head);

}  // namespace henson::tools
