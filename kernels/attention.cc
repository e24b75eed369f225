#include "kernels/attention.h"

#include <algorithm>
#include <cstring>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/math-inl.h"
#include "kernels/tile-inl.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

// Queries and keys whose scores are there at a time.
inline constexpr std::size_t kQueryBlock = 4 * kTileRows;
inline constexpr std::size_t kKeyBlock = 512;
// Beside the columns, so that the rows of a tile do not all fall into one set of the cache.
inline constexpr std::size_t kPadding = 16;

constexpr std::size_t round_up(std::size_t size, std::size_t to) {
  return (size + to - 1) / to * to;
}

/// How the scratch is laid out.
struct Layout {
  explicit Layout(const Attention& call)
      : key_block(call.weights != nullptr ? std::max<std::size_t>(1, call.keys) : kKeyBlock),
        score_stride(round_up(std::min(call.keys, key_block), kTileColumns) + kPadding),
        result_stride(round_up(call.value_width, kTileColumns) + kPadding),
        keys(0),
        values(keys + round_up(call.keys, kTileColumns) * call.width),
        scores(values + round_up(call.value_width, kTileColumns) * call.keys),
        results(scores + kQueryBlock * score_stride),
        fills(results + kQueryBlock * result_stride),
        size(fills + score_stride) {}

  std::size_t key_block;
  std::size_t score_stride;
  std::size_t result_stride;
  // Where each part begins.
  std::size_t keys;     // panels of kᵀ: kTileColumns keys side by side, `width` below each other
  std::size_t values;   // panels of v: kTileColumns columns side by side, all keys below each other
  std::size_t scores;   // [kQueryBlock, score_stride]
  std::size_t results;  // [kQueryBlock, result_stride]
  std::size_t fills;    // one row of `fill`, as numbers
  std::size_t size;
};

#if HWY_TARGET != HWY_SCALAR
/// Four keys by four columns, to four rows of a panel.
HWY_INLINE void transpose_four(const float* k, std::size_t stride, float* to) {
  const hn::FixedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  const auto a = hn::LoadU(d, k);
  const auto b = hn::LoadU(d, k + stride);
  const auto c = hn::LoadU(d, k + 2 * stride);
  const auto e = hn::LoadU(d, k + 3 * stride);
  const auto ab_low = hn::BitCast(wide, hn::InterleaveLower(d, a, b));
  const auto ab_high = hn::BitCast(wide, hn::InterleaveUpper(d, a, b));
  const auto ce_low = hn::BitCast(wide, hn::InterleaveLower(d, c, e));
  const auto ce_high = hn::BitCast(wide, hn::InterleaveUpper(d, c, e));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab_low, ce_low)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab_low, ce_low)), d, to + kTileColumns);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab_high, ce_high)), d, to + 2 * kTileColumns);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab_high, ce_high)), d, to + 3 * kTileColumns);
}
#endif

// Keys packed at a time: those of one panel.
inline constexpr std::size_t kKeysAtOnce = kTileColumns % 4 == 0 ? 4 : 1;

void pack_keys(const Attention& call, float* panels) {
  const std::size_t width = call.width;
  for (std::size_t key = 0; key < call.keys; key += kKeysAtOnce) {
    const std::size_t count = std::min(kKeysAtOnce, call.keys - key);
    float* const to = panels + key / kTileColumns * kTileColumns * width + key % kTileColumns;
    const float* const from = call.k + key * call.k_stride;
    std::size_t w = 0;
#if HWY_TARGET != HWY_SCALAR
    for (; count == 4 && w + 4 <= width; w += 4) {
      transpose_four(from + w, call.k_stride, to + w * kTileColumns);
    }
#endif
    for (; w < width; ++w) {
      for (std::size_t i = 0; i < count; ++i)
        to[w * kTileColumns + i] = from[i * call.k_stride + w];
    }
  }
  // The last panel's other columns are computed too, and dropped.
  const std::size_t left = call.keys % kTileColumns;
  if (left == 0) return;
  float* const last = panels + call.keys / kTileColumns * kTileColumns * width;
  for (std::size_t w = 0; w < width; ++w) {
    std::memset(last + w * kTileColumns + left, 0, (kTileColumns - left) * sizeof(float));
  }
}

void pack_values(const Attention& call, float* panels) {
  const FloatTag d;
  const std::size_t panel_floats = kTileColumns * call.keys;
  const std::size_t whole = call.value_width / kLanes * kLanes;
  const std::size_t padded = round_up(call.value_width, kTileColumns);
  for (std::size_t key = 0; key < call.keys; ++key) {
    const float* const from = call.v + key * call.v_stride;
    const auto to = [&](std::size_t column) {
      return panels + column / kTileColumns * panel_floats + key * kTileColumns +
             column % kTileColumns;
    };
    std::size_t column = 0;
    for (; column < whole; column += kLanes) hn::StoreU(hn::LoadU(d, from + column), d, to(column));
    if (column < call.value_width) {
      hn::StoreU(load_part(from + column, call.value_width - column), d, to(column));
      column += kLanes;
    }
    for (; column < padded; column += kLanes) hn::StoreU(hn::Zero(d), d, to(column));
  }
}

/// A block of queries as it goes over the blocks of keys.
struct Block {
  std::size_t first_query;
  std::size_t queries;
  float highest[kQueryBlock];  // score so far, of each query
  float sums[kQueryBlock];     // of e^(score - highest)
};

/// Tiles over all rows of a block, for panels of B from one to the next.
void multiply_block(TileOperands t, std::size_t rows, std::size_t panels, std::size_t panel_floats,
                    Start start) {
  const float* const x = t.x;
  float* const y = t.y;
  const std::size_t tiles = tiles_of(rows);
  for (std::size_t panel = 0; panel < panels; ++panel, t.b += panel_floats) {
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const std::size_t row = rows * tile / tiles;
      t.x = x + row * t.x_stride;
      t.y = y + row * t.y_stride + panel * kTileColumns;
      run_tile_of<false>(rows * (tile + 1) / tiles - row, t, start);
    }
  }
}

/// One row of the mask as numbers, 1 where a score is replaced. False when none is.
bool expand_fill(const Attention& call, std::size_t query, std::size_t first_key, std::size_t keys,
                 float* numbers) {
  const bool* const row = call.fill + query * call.fill_row_stride;
  const std::size_t size = call.fill_key_stride == 0 ? 1 : keys;
  if (std::memchr(row + first_key * call.fill_key_stride, 1, size) == nullptr) return false;
  for (std::size_t i = 0; i < keys; ++i) {
    numbers[i] = row[(first_key + i) * call.fill_key_stride] ? 1.0F : 0.0F;
  }
  return true;
}

/// Products of a query to scores, in place, with -infinity behind the last key. Returns the
/// highest.
HWY_INLINE float finish_scores(const Attention& call, std::size_t query, std::size_t first_key,
                               std::size_t keys, float* scores, const float* fills) {
  const FloatTag d;
  const FloatVector scale = hn::Set(d, call.scale);
  const FloatVector lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  const float* const bias = call.bias == nullptr ? nullptr
                                                 : call.bias + query * call.bias_row_stride +
                                                       first_key * call.bias_key_stride;
  FloatVector highest = lowest;
  for (std::size_t c = 0; c < keys; c += kLanes) {
    const std::size_t count = std::min(kLanes, keys - c);
    FloatVector score = hn::LoadU(d, scores + c);
    if (bias != nullptr) {
      const FloatVector added = call.bias_key_stride == 0 ? hn::Set(d, *bias)
                                : count == kLanes         ? hn::LoadU(d, bias + c)
                                                          : load_part(bias + c, count);
      score = hn::MulAdd(score, scale, added);
    } else {
      score = hn::Mul(score, scale);
    }
    if (fills != nullptr) {
      const auto filled = hn::Ne(hn::LoadU(d, fills + c), hn::Zero(d));
      score = hn::IfThenElse(filled, hn::Set(d, call.fill_value), score);
    }
    if (count < kLanes) score = hn::IfThenElse(hn::FirstN(d, count), score, lowest);
    hn::StoreU(score, d, scores + c);
    highest = hn::Max(highest, score);
  }
  return hn::GetLane(hn::MaxOfLanes(d, highest));
}

/// Scores to e^(score - highest), in place; returns their sum.
HWY_INLINE float exponentiate(float* scores, std::size_t keys, float highest) {
  const FloatTag d;
  // Where all is -infinity nothing is taken off: each e^score is 0, and so is the sum.
  const bool none = highest == -std::numeric_limits<float>::infinity();
  const FloatVector offset = hn::Set(d, none ? 0.0F : highest);
  FloatVector sum = hn::Zero(d);
  for (std::size_t c = 0; c < keys; c += kLanes) {
    const FloatVector power = exp_of_negative(d, hn::Sub(hn::LoadU(d, scores + c), offset));
    hn::StoreU(power, d, scores + c);
    sum = hn::Add(sum, power);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

HWY_INLINE void scale_row(float* row, std::size_t columns, float factor) {
  const FloatTag d;
  const FloatVector factors = hn::Set(d, factor);
  for (std::size_t c = 0; c < columns; c += kLanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, row + c), factors), d, row + c);
  }
}

/// Takes a block of keys into the block of queries.
void add_keys(const Attention& call, const Layout& layout, Block& block, std::size_t first_key,
              float* scratch) {
  const std::size_t keys = std::min(layout.key_block, call.keys - first_key);
  float* const scores = scratch + layout.scores;
  float* const results = scratch + layout.results;
  TileOperands t{};
  t.x = call.q + block.first_query * call.q_stride;
  t.x_stride = call.q_stride;
  t.b = scratch + layout.keys + first_key * call.width;
  t.b_stride = kTileColumns;
  t.depth = call.width;
  t.y = scores;
  t.y_stride = layout.score_stride;
  multiply_block(t, block.queries, round_up(keys, kTileColumns) / kTileColumns,
                 kTileColumns * call.width, Start::kZero);
  float* const fills = scratch + layout.fills;
  bool filled = false;
  for (std::size_t q = 0; q < block.queries; ++q) {
    const std::size_t query = block.first_query + q;
    float* const row = scores + q * layout.score_stride;
    if (call.fill != nullptr && (q == 0 || call.fill_row_stride != 0)) {
      filled = expand_fill(call, query, first_key, keys, fills);
    }
    const float highest =
        finish_scores(call, query, first_key, keys, row, filled ? fills : nullptr);
    const float before = block.highest[q];
    // NaN stays: std::max would lose it.
    block.highest[q] = highest > before || highest != highest ? highest : before;
    const float sum = exponentiate(row, keys, block.highest[q]);
    if (first_key == 0) {
      block.sums[q] = sum;
      continue;
    }
    const float shrink = before == block.highest[q] ? 1.0F : std::exp(before - block.highest[q]);
    block.sums[q] = block.sums[q] * shrink + sum;
    if (shrink != 1.0F) scale_row(results + q * layout.result_stride, call.value_width, shrink);
  }
  t.x = scores;
  t.x_stride = layout.score_stride;
  t.b = scratch + layout.values + first_key * kTileColumns;
  t.depth = keys;
  t.y = results;
  t.y_stride = layout.result_stride;
  multiply_block(t, block.queries, round_up(call.value_width, kTileColumns) / kTileColumns,
                 kTileColumns * call.keys, first_key == 0 ? Start::kZero : Start::kResult);
}

/// Divides by the sums and writes the results out.
void finish_block(const Attention& call, const Layout& layout, const Block& block, float* scratch) {
  const FloatTag d;
  for (std::size_t q = 0; q < block.queries; ++q) {
    const bool empty = call.safe && block.sums[q] == 0;
    const FloatVector factor = hn::Set(d, empty ? 0.0F : 1.0F / block.sums[q]);
    const auto write = [&](const float* from, float* to, std::size_t columns) HWY_ATTR {
      for (std::size_t c = 0; c < columns; c += kLanes) {
        FloatVector value = hn::Mul(hn::LoadU(d, from + c), factor);
        if (empty) value = hn::Zero(d);
        if (columns - c >= kLanes) {
          hn::StoreU(value, d, to + c);
        } else {
          store_part(value, to + c, columns - c);
        }
      }
    };
    const std::size_t query = block.first_query + q;
    write(scratch + layout.results + q * layout.result_stride, call.y + query * call.y_stride,
          call.value_width);
    if (call.weights != nullptr) {
      write(scratch + layout.scores + q * layout.score_stride,
            call.weights + query * call.weights_stride, call.keys);
    }
  }
}

void attend_queries(const Attention& call, std::size_t first, std::size_t last,
                    float* scratch) noexcept {
  const Layout layout(call);
  pack_keys(call, scratch + layout.keys);
  pack_values(call, scratch + layout.values);
  Block block;
  for (std::size_t query = first; query < last; query += kQueryBlock) {
    block.first_query = query;
    block.queries = std::min(kQueryBlock, last - query);
    std::fill_n(block.highest, block.queries, -std::numeric_limits<float>::infinity());
    for (std::size_t key = 0; key < call.keys; key += layout.key_block) {
      add_keys(call, layout, block, key, scratch);
    }
    finish_block(call, layout, block, scratch);
  }
}

std::size_t scratch_floats(const Attention& call) noexcept { return Layout(call).size; }
Isa attention_compiled_for() noexcept { return kCompiledFor; }

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {

std::size_t attention_scratch(const Attention& call) noexcept {
  return HENSON_PICK(scratch_floats)(call);
}

void attend(const Attention& call, std::size_t first, std::size_t last, float* scratch) noexcept {
  HENSON_PICK(attend_queries)(call, first, last, scratch);
}

Isa attend_isa() noexcept { return HENSON_PICK(attention_compiled_for)(); }

}  // namespace henson::kernels
#endif
