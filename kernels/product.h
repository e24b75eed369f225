// Products of activations with weights that were packed once: y = x · Wᵀ + bias. Two makers: our
// own kernel and oneDNN.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

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

/// One product, or a part of one: some rows, some columns, and where PackedWeights::splits_in()
/// some of what is summed.
struct Product {
  const float* x = nullptr;  // [rows, last_in - first_in]
  std::size_t x_stride = 0;  // in elements, as all strides
  std::size_t rows = 0;
  float* y = nullptr;  // [rows, last_column - first_column]
  std::size_t y_stride = 0;
  const float* bias = nullptr;   // [out], or null
  std::size_t first_column = 0;  // a multiple of column_block()
  std::size_t last_column = 0;   // one past; likewise, or out()
  std::size_t first_in = 0;
  std::size_t last_in = 0;     // one past
  bool add_to_result = false;  // y += …, without bias: the sum goes on where another part left it
};

/// Weights as a backend wants them. Several matrices over the same input may stand in one, as one
/// product.
class PackedWeights {
 public:
  virtual ~PackedWeights() = default;
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  std::size_t out() const noexcept { return out_; }
  std::size_t in() const noexcept { return in_; }
  /// How many columns can be packed, and computed, apart from the others.
  std::size_t column_block() const noexcept { return column_block_; }
  std::size_t blocks() const noexcept { return (out_ + column_block_ - 1) / column_block_; }
  /// Whether a product may sum a part of `in`.
  virtual bool splits_in() const noexcept = 0;

  /// Packs blocks [first, last) of the matrices laid one below the other, whose outs add up to
  /// out(). Different blocks may be packed concurrently.
  virtual void fill(std::span<const WeightView> matrices, std::size_t first, std::size_t last) = 0;

  /// The result's row r is the same bits whatever rows, columns and parts are computed with it. May
  /// be called concurrently, once the weights are packed.
  virtual void multiply(const Product& product) const noexcept = 0;

 protected:
  PackedWeights(std::size_t out, std::size_t in, std::size_t column_block)
      : out_(out), in_(in), column_block_(column_block) {}

 private:
  std::size_t out_;
  std::size_t in_;
  std::size_t column_block_;
};

enum class GemmBackend { kOwn, kOneDnn };

std::string_view name_of(GemmBackend backend) noexcept;  // "own", "onednn"
/// Whether this library was built with it.
bool is_built(GemmBackend backend) noexcept;
/// Our own where it was measured to win, with AVX2 and AVX-512; else oneDNN, where it is built in.
/// The environment variable HENSON_PRODUCTS names another.
GemmBackend default_backend();

/// Room for weights [out, in], not yet filled, for the instruction set that is active. Throws
/// std::bad_alloc.
std::unique_ptr<PackedWeights> make_weights(std::size_t out, std::size_t in, GemmBackend backend);

/// Which instruction set our own products were compiled for that run when asked for now.
Isa own_product_isa() noexcept;

}  // namespace henson::kernels
