#include "kernels/own_product.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/aligned.h"
#include "kernels/convert.h"
#include "kernels/weight_columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/own_product.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/isa.h"
#include "kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

/// How many tiles, the last ones of a panel, share the fetching of the next part of the weights.
/// More of them take more instructions for the same lines (BERT-base, 1×128 with AVX2, Zen 4: 214
/// ms when none fetches, 211 when all 22 do, 209.5 when four do).
inline constexpr std::size_t kSharingTiles = 4;
/// How much of `in` a tile sums at a time, so that this part of a panel and the next one lie in
/// L2 while all tiles go over them.
inline constexpr std::size_t kChunkDepth = 768;

std::size_t panel_columns() noexcept { return kTileColumns; }
Isa compiled_for() noexcept { return kCompiledFor; }

/// Columns of the last panel that are no output columns: the tile is computed aside and its real
/// part copied.
template <class B>
void run_cut_tile(TileOperandsOf<B> t, std::size_t rows, std::size_t columns, Start start) {
  float aside[kTileRows * kTileColumns];
  float bias[kTileColumns] = {};
  float* const y = t.y;
  const std::size_t y_stride = t.y_stride;
  if (start == Start::kBias) {
    std::memcpy(bias, t.bias, columns * sizeof(float));
    t.bias = bias;
  }
  std::memset(aside, 0, sizeof(aside));
  for (std::size_t r = 0; r < rows && start == Start::kResult; ++r) {
    std::memcpy(aside + r * kTileColumns, y + r * y_stride, columns * sizeof(float));
  }
  t.y = aside;
  t.y_stride = kTileColumns;
  run_tile_of<false>(rows, t, start);
  for (std::size_t r = 0; r < rows; ++r) {
    std::memcpy(y + r * y_stride, aside + r * kTileColumns, columns * sizeof(float));
  }
}

/// All rows of a panel's columns, over a part of `in`. `next` is what the product reads after that.
template <class B>
void multiply_rows(const Product& p, const TileOperandsOf<B>& t, std::size_t columns, Start start,
                   const B* next) noexcept {
  const std::size_t tiles = tiles_of(p.rows, kMostRows<B>);
  // Without this the first tile would wait for memory, and the others leave it idle.
  const std::size_t sharing = std::min(tiles, kSharingTiles);
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    const std::size_t row = p.rows * tile / tiles;
    const std::size_t rows = p.rows * (tile + 1) / tiles - row;
    TileOperandsOf<B> part = t;
    part.x += row * p.x_stride;
    part.y += row * p.y_stride;
    if (columns < kTileColumns) {
      run_cut_tile(part, rows, columns, start);
    } else if (tiles > 1 && tile + sharing >= tiles) {
      const std::size_t share = tile + sharing - tiles;
      part.next_step = kTileColumns * sizeof(B) / sharing;
      part.next =
          reinterpret_cast<const char*>(next) + share * (part.depth / kDepthOf<B>)*part.next_step;
      run_tile_of<true>(rows, part, start);
    } else {
      run_tile_of<false>(rows, part, start);
    }
  }
}

/// `panels` are those of the product's columns and of its part of `in`; `panel_size` is from one to
/// the next, in elements.
template <class B>
void multiply_panels(const Product& p, const B* panels, std::size_t panel_size) noexcept {
  const std::size_t depth = p.last_in - p.first_in;
  for (std::size_t column = p.first_column; column < p.last_column; column += kTileColumns) {
    const std::size_t columns = std::min(kTileColumns, p.last_column - column);
    const B* const panel = panels + (column - p.first_column) / kTileColumns * panel_size;
    for (std::size_t k = 0; k < depth; k += kChunkDepth) {
      const bool last = depth - k <= kChunkDepth;
      const bool last_panel = column + kTileColumns >= p.last_column;
      TileOperandsOf<B> t{};
      t.x = p.x + k;
      t.x_stride = p.x_stride;
      t.b = panel + k / kDepthOf<B> * kTileColumns;
      t.b_stride = kTileColumns;
      t.depth = last ? depth - k : kChunkDepth;
      t.bias = p.bias == nullptr ? nullptr : p.bias + column;
      t.y = p.y + (column - p.first_column);
      t.y_stride = p.y_stride;
      const Start start = p.add_to_result || k > 0 ? Start::kResult
                          : p.bias != nullptr      ? Start::kBias
                                                   : Start::kZero;
      const B* const next = !last        ? t.b + kChunkDepth / kDepthOf<B> * kTileColumns
                            : last_panel ? t.b
                                         : panel + panel_size;
      multiply_rows(p, t, columns, start, next);
    }
  }
}

void multiply_float_panels(const Product& p, const void* panels, std::size_t size) noexcept {
  multiply_panels(p, static_cast<const float*>(panels), size);
}
void multiply_bf16_panels(const Product& p, const void* panels, std::size_t size) noexcept {
  multiply_panels(p, static_cast<const BFloat16Pair*>(panels), size);
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {
namespace {

constexpr std::size_t kBlock = 16;  // of `in`, so that what is written stays in L1

/// Elements of one output column of a panel: `in` from first to last, at most kBlock of it.
void pack_column(const Column& from, float* to, std::size_t width, std::size_t first,
                 std::size_t last) noexcept {
  if (from.stride == 1) {
    for (std::size_t k = first; k < last; ++k) to[k * width] = from.data[k];
    return;
  }
  for (std::size_t k = first; k < last; ++k) to[k * width] = from.at(k);
}
void pack_column(const Column& from, std::uint32_t* to, std::size_t width, std::size_t first,
                 std::size_t last) noexcept {
  float values[kBlock] = {};
  std::uint16_t numbers[kBlock];
  for (std::size_t k = first; k < last; ++k) values[k - first] = from.at(k);
  narrow(NarrowType::kBFloat16, values, numbers, kBlock);
  for (std::size_t k = first; k < last; k += 2) {
    std::memcpy(to + k / 2 * width, numbers + (k - first), sizeof(*to));
  }
}

/// Panels: as many output columns side by side as a tile has, all of `in` below each other, so that
/// a product reads them from front to back. An element is a float, or two bfloat16 one below the
/// other.
template <class Element, std::size_t kDepth>
class PanelWeights : public PackedWeights {
 public:
  PanelWeights(std::size_t out, std::size_t in)
      : PackedWeights(out, in, HENSON_PICK(panel_columns)()),
        panel_size_((in + kDepth - 1) / kDepth * column_block()),
        data_(blocks() * panel_size_) {}

  WeightType type() const noexcept override {
    return kDepth == 1 ? WeightType::kFloat32 : WeightType::kBFloat16;
  }
  std::size_t bytes() const noexcept override { return data_.size() * sizeof(Element); }
  std::size_t in_block() const noexcept override { return kDepth; }

  void fill(std::span<const WeightView> matrices, std::size_t first, std::size_t last) override {
    for (std::size_t panel = first; panel < last; ++panel) fill_panel(matrices, panel);
  }

  void multiply(const Product& product) const noexcept override {
    assert(column_block() == HENSON_PICK(panel_columns)());
    const Element* const panels = data_.data() +
                                  product.first_column / column_block() * panel_size_ +
                                  product.first_in / kDepth * column_block();
    (kDepth == 1 ? HENSON_PICK(multiply_float_panels) : HENSON_PICK(multiply_bf16_panels))(
        product, panels, panel_size_);
  }

 private:
  void fill_panel(std::span<const WeightView> matrices, std::size_t panel) noexcept {
    const std::size_t width = column_block();
    Column columns[kMostColumns];
    for (std::size_t c = 0; c < width; ++c) columns[c] = find_column(matrices, panel * width + c);
    Element* const to = data_.data() + panel * panel_size_;
    for (std::size_t k = 0; k < in(); k += kBlock) {
      const std::size_t end = std::min(in(), k + kBlock);
      for (std::size_t c = 0; c < width; ++c) {
        if (columns[c].data != nullptr) {
          pack_column(columns[c], to + c, width, k, end);
          continue;
        }
        for (std::size_t i = k; i < end; i += kDepth) to[i / kDepth * width + c] = 0;
      }
    }
  }

  std::size_t panel_size_;  // in elements
  AlignedArray<Element> data_;
};

}  // namespace

std::unique_ptr<PackedWeights> make_own_weights(std::size_t out, std::size_t in) {
  return std::make_unique<PanelWeights<float, 1>>(out, in);
}

std::unique_ptr<PackedWeights> make_widened_weights(std::size_t out, std::size_t in) {
  return std::make_unique<PanelWeights<std::uint32_t, 2>>(out, in);
}

Isa own_product_isa() noexcept { return HENSON_PICK(compiled_for)(); }

}  // namespace henson::kernels
#endif
