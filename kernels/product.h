// Products of activations with weights that were packed once: y = x · Wᵀ + bias.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/aligned.h"
#include "kernels/isa.h"

namespace henson::kernels {

/// A matrix [out, in] of float32 anywhere in memory; strides in elements.
struct WeightView {
  const float* data;
  std::size_t out;
  std::size_t in;
  std::ptrdiff_t out_stride;
  std::ptrdiff_t in_stride;
};

inline constexpr std::size_t kMostPanelColumns = 32;

/// Weights in panels: some output columns side by side, all of `in` below each other, so that a
/// product reads them from front to back. How wide a panel is depends on the instruction set that
/// is active when it is made. Several matrices over the same input stand in one, as one product.
class PackedWeights {
 public:
  PackedWeights() = default;
  /// Room for [out, in], not yet filled. Throws std::bad_alloc.
  PackedWeights(std::size_t out, std::size_t in);

  std::size_t out() const noexcept { return out_; }
  std::size_t in() const noexcept { return in_; }
  std::size_t panel_width() const noexcept { return panel_width_; }
  std::size_t panels() const noexcept {
    return panel_width_ == 0 ? 0 : (out_ + panel_width_ - 1) / panel_width_;
  }
  const float* panel(std::size_t index) const noexcept {
    return data_.data() + index * panel_width_ * in_;
  }

  /// Fills panels [first, last) from the matrices laid one below the other, whose outs add up to
  /// out(). Panels may be filled concurrently.
  void fill(std::span<const WeightView> matrices, std::size_t first, std::size_t last) noexcept;

 private:
  std::size_t out_ = 0;
  std::size_t in_ = 0;
  std::size_t panel_width_ = 0;
  AlignedArray<float> data_;
};

/// One product, or a part of one. The result's row r is the same bits whatever rows and panels are
/// computed with it.
struct Product {
  const float* x = nullptr;  // [rows, in]
  std::size_t x_stride = 0;  // in elements, as all strides
  std::size_t rows = 0;
  float* y = nullptr;  // [rows, out]: column c of the whole product at y + c
  std::size_t y_stride = 0;
  const float* bias = nullptr;  // [out], or null
  std::size_t first_panel = 0;
  std::size_t last_panel = 0;  // one past
  std::size_t first_in = 0;    // the part of `in` that is summed; x's column 0 is first_in
  std::size_t last_in = 0;     // one past
  bool add_to_result = false;  // y += …, without bias: the sum goes on where another part left it
};

/// Which instruction set the code that `multiply` runs was compiled for.
Isa multiply_isa() noexcept;

void multiply(const PackedWeights& weights, const Product& product) noexcept;

}  // namespace henson::kernels
