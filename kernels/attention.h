// Attention of one head over one sequence: softmax(scale · q·kᵀ + bias) · v.
#pragma once

#include <cstddef>

#include "kernels/isa.h"

namespace henson::kernels {

struct Attention {
  const float* q = nullptr;  // [queries, width]
  const float* k = nullptr;  // [keys, width]
  const float* v = nullptr;  // [keys, value_width]
  std::size_t q_stride = 0;  // between rows, in elements, as all strides
  std::size_t k_stride = 0;
  std::size_t v_stride = 0;
  std::size_t queries = 0;
  std::size_t keys = 0;
  std::size_t width = 0;
  std::size_t value_width = 0;
  float scale = 1;

  const float* bias = nullptr;  // [queries, keys], added to the scores; or null
  std::size_t bias_row_stride = 0;
  std::size_t bias_key_stride = 0;  // 0 or 1
  const bool* fill = nullptr;       // likewise: where true, the score is fill_value; or null
  std::size_t fill_row_stride = 0;
  std::size_t fill_key_stride = 0;  // 0 or 1
  float fill_value = 0;
  bool safe = false;  // a query whose scores are all -infinity gets zeros instead of NaN

  float* y = nullptr;  // [queries, value_width]
  std::size_t y_stride = 0;
  float* weights = nullptr;  // what softmax gives, [queries, keys]; or null
  std::size_t weights_stride = 0;
};

/// Floats that `attend` needs as scratch. The scores of a block of queries and keys are there at a
/// time, never all (unless the weights are asked for).
std::size_t attention_scratch(const Attention& call) noexcept;

/// Queries [first, last). A query's bits depend on nothing but that query, the keys and the values;
/// keys at the end whose softmax is 0 do not change them.
void attend(const Attention& call, std::size_t first, std::size_t last, float* scratch) noexcept;

/// Which instruction set the code that `attend` runs was compiled for.
Isa attend_isa() noexcept;

}  // namespace henson::kernels
