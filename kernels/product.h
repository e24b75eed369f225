// Products of activations with weights that were packed once: y = x · Wᵀ + bias. Weights are kept
// in float32, in bfloat16 or in 8 bits; results are float32. Two makers: our own kernels and
// oneDNN.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// A matrix [out, in] of 8-bit numbers with a scale for each row, or one for all.
struct Int8View {
  const std::int8_t* data;
  std::size_t out;
  std::size_t in;
  std::ptrdiff_t out_stride;
  std::ptrdiff_t in_stride;
  const double* scales;
  bool scale_by_row;
};

/// What weights are kept as.
enum class WeightType { kFloat32, kBFloat16, kInt8 };

std::string_view name_of(WeightType type) noexcept;  // "fp32", "bf16", "int8"

/// How a row is to be quantized: x ≈ scale · (q - zero), q from 0 to `most`.
struct RowScale {
  float scale;
  float zero;
};

/// Some rows of x, and of each what products sum: [rows, last_in - first_in].
struct Input {
  const float* x = nullptr;
  std::size_t x_stride = 0;  // in elements, as all strides
  std::size_t rows = 0;
  std::size_t first_in = 0;
  std::size_t last_in = 0;  // one past
  // For weights of 8 bits, of each row, where the caller knows better; else null.
  const RowScale* scales = nullptr;
};

/// One product, or a part of one: some rows, some columns, and some of what is summed, in whole
/// in_block()s.
struct Product {
  const float* x = nullptr;  // [rows, last_in - first_in]
  std::size_t x_stride = 0;
  // What pack_input made of these rows and this part, where packed_bytes() is not 0; x is then not
  // read.
  const std::byte* packed = nullptr;
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
  virtual WeightType type() const noexcept = 0;
  /// Bytes of the packed weights.
  virtual std::size_t bytes() const noexcept = 0;
  /// A part of `in` begins at a multiple of this, and ends at one or at in(): 1, or in() where a
  /// product cannot be cut.
  virtual std::size_t in_block() const noexcept = 0;
  /// ‖W - its packed form‖ / ‖W‖, once all blocks are filled; NaN where a weight is not finite and
  /// the type has no such number.
  virtual double rounding_error() const noexcept { return 0; }

  /// What pack_input writes; 0 where products read rows of floats as they are.
  virtual std::size_t packed_bytes(const Input&) const noexcept { return 0; }
  /// Makes rows ready for any number of products with these weights: rounds or quantizes them. A
  /// row's bytes depend on nothing but that row. May be called concurrently.
  virtual void pack_input(const Input&, std::byte*) const noexcept {}

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

/// Room for weights [out, in] of float32, not yet filled, for the instruction set that is active.
/// Throws std::bad_alloc.
std::unique_ptr<PackedWeights> make_weights(std::size_t out, std::size_t in, GemmBackend backend);
/// Likewise of any type, in our own kernels, but for float32 in the default backend.
std::unique_ptr<PackedWeights> make_weights(std::size_t out, std::size_t in, WeightType type);

/// The largest number that rows for weights of 8 bits may be quantized to: 127 or 255.
int most_of_int8_rows() noexcept;

/// Packed weights of 8 bits for matrices that have 8 bits already, laid one below the other: with
/// their own numbers and scales.
std::unique_ptr<PackedWeights> pack_int8_weights(std::span<const Int8View> matrices);

/// Which instruction set our own products were compiled for that run when asked for now.
Isa own_product_isa() noexcept;

}  // namespace henson::kernels
