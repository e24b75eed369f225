// The tile of products of narrow numbers, and the loops around it. Included once by the file of
// each instruction set, between HWY_PUSH_ATTRIBUTES and HWY_POP_ATTRIBUTES and in an unnamed
// namespace, so that nothing compiled for one set can be linked for another.
//
// A `Set` has Sums and Floats, vectors of kLanes numbers of 32 bits, what is done with them, and
// Products::add(sums, x, weights): the products of one step, kGroups times kDotBytes of a row with
// as much of each column. PairedProducts are for weights that sums_in_16_bits.

inline constexpr std::size_t kTileVectors = 2;

template <class Set>
inline constexpr std::size_t kDotColumns = kTileVectors* Set::kLanes;

/// The products of a set whose dot() adds up all those of 32 bits at once.
template <class Set>
struct DotProducts {
  template <class Sums>
  static void add(Sums (&sums)[kTileVectors], const std::byte* x, const std::byte* weights) {
    const auto row = Set::repeat(x);
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      sums[v] = Set::dot(sums[v], row, Set::numbers(weights + v * sizeof(Sums)));
    }
  }
};

/// How far ahead of the products the weights are asked for, and how far apart lines are.
inline constexpr std::size_t kPrefetchBytes = 4096;
inline constexpr std::size_t kLine = 64;

/// A tile's rows and its panel.
struct DotTile {
  const std::byte* x;
  std::size_t x_stride;
  std::size_t steps;
  const std::byte* weights;
};

/// sums += x · weights over all steps.
template <class Set, class Products, std::size_t kRows>
inline __attribute__((always_inline)) void accumulate(
    const DotTile& t, typename Set::Sums (&sums)[kRows][kTileVectors]) {
  constexpr std::size_t kStepBytes = Set::kGroups * kDotColumns<Set> * kDotBytes;
  constexpr std::size_t kPointers = (kRows + 3) / 4;  // x, x + stride, x + 2 stride, x + 3 stride
  const std::byte* x[kPointers];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPointers; ++i) x[i] = t.x + 4 * i * t.x_stride;
  const std::size_t stride = t.x_stride;
  const std::byte* weights = t.weights;
  for (std::size_t s = 0; s < t.steps; ++s, weights += kStepBytes) {
#pragma GCC unroll 4
    for (std::size_t line = 0; line < kStepBytes; line += kLine) {
      __builtin_prefetch(weights + kPrefetchBytes + line);
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      Products::add(sums[r], x[r / 4] + r % 4 * stride, weights);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPointers; ++i) {
      x[i] += Set::kGroups * kDotBytes;
      asm("" : "+r"(x[i]));  // else the compiler keeps a pointer for each row
    }
  }
}

/// Column c of row `at` of 8-bit weights, for a vector of columns.
template <class Set>
inline __attribute__((always_inline)) typename Set::Floats weights_at(const std::byte* panel,
                                                                      std::uint32_t at,
                                                                      std::size_t vector) {
  const std::byte* const group = panel + at / kDotBytes * kDotColumns<Set> * kDotBytes;
  return Set::byte_of(group + vector * Set::kLanes * kDotBytes, at % kDotBytes);
}

/// What 8-bit products add up to, as floats:
///   y = start + weight scale · (scale · (Σ q · w - zero · Σ w) + Σ apart · w)
template <class Set, std::size_t kRows>
inline __attribute__((always_inline)) void finish_int8(
    const DotCall& call, const std::byte* panel, std::size_t first_row, std::size_t column,
    typename Set::Sums (&sums)[kRows][kTileVectors], float* y, std::size_t y_stride,
    const float* bias) {
  for (std::size_t r = 0; r < kRows; ++r) {
    PieceScale piece;
    __builtin_memcpy(&piece, call.piece + (first_row + r) * call.x_stride, sizeof(piece));
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      const std::size_t c = v * Set::kLanes;
      typename Set::Floats sum = Set::to_floats(sums[r][v]);
      sum =
          Set::subtract_product(sum, Set::broadcast(piece.zero), Set::load(call.sums + column + c));
      sum = Set::multiply(sum, Set::broadcast(piece.scale));
#pragma GCC unroll 2
      for (std::size_t i = 0; i < Set::kApart; ++i) {
        sum = Set::add_product(sum, Set::broadcast(piece.apart[i]),
                               weights_at<Set>(panel, piece.at[i], v));
      }
      float* const to = y + r * y_stride + c;
      const typename Set::Floats start = call.add_to_result ? Set::load(to)
                                         : bias != nullptr  ? Set::load(bias + c)
                                                            : Set::broadcast(0);
      Set::store(Set::add_product(start, sum, Set::load(call.scales + column + c)), to);
    }
  }
}

/// One tile of y, at `column` of the call's.
template <class Set, std::size_t kRows>
inline __attribute__((always_inline)) void run_dot_tile(const DotCall& call, const std::byte* panel,
                                                        std::size_t first_row, std::size_t column,
                                                        float* y, std::size_t y_stride,
                                                        const float* bias) {
  const DotTile tile{call.x + first_row * call.x_stride, call.x_stride,
                     call.depth_bytes / (Set::kGroups * kDotBytes), panel};
  typename Set::Sums sums[kRows][kTileVectors];
  if constexpr (Set::kIsInt8) {
#pragma GCC unroll 16
    for (auto& row : sums) row[0] = row[1] = Set::zero();
    if (call.sums_in_16_bits) {
      accumulate<Set, typename Set::PairedProducts>(tile, sums);
    } else {
      accumulate<Set, typename Set::Products>(tile, sums);
    }
    finish_int8<Set>(call, panel, first_row, column, sums, y, y_stride, bias);
  } else {
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t v = 0; v < kTileVectors; ++v) {
        const std::size_t c = v * Set::kLanes;
        sums[r][v] = call.add_to_result ? Set::load(y + r * y_stride + c)
                     : bias != nullptr  ? Set::load(bias + c)
                                        : Set::zero();
      }
    }
    accumulate<Set, typename Set::Products>(tile, sums);
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t v = 0; v < kTileVectors; ++v) {
        Set::store(sums[r][v], y + r * y_stride + v * Set::kLanes);
      }
    }
  }
}

/// A tile of 1 to kRows rows.
template <class Set, std::size_t kRows = Set::kTileRows>
inline void run_dot_tile_of(std::size_t rows, const DotCall& call, const std::byte* panel,
                            std::size_t first_row, std::size_t column, float* y,
                            std::size_t y_stride, const float* bias) {
  if (rows == kRows) {
    run_dot_tile<Set, kRows>(call, panel, first_row, column, y, y_stride, bias);
  } else if constexpr (kRows > 1) {
    run_dot_tile_of<Set, kRows - 1>(rows, call, panel, first_row, column, y, y_stride, bias);
  }
}

/// A tile of a panel of which only some columns are the result's: computed aside.
template <class Set>
void run_cut_dot_tile(std::size_t rows, const DotCall& call, const std::byte* panel,
                      std::size_t first_row, std::size_t column, std::size_t columns) {
  constexpr std::size_t kColumns = kDotColumns<Set>;
  float aside[Set::kTileRows * kColumns] = {};
  float bias[kColumns] = {};
  float* const y = call.y + first_row * call.y_stride + column;
  if (call.bias != nullptr) __builtin_memcpy(bias, call.bias + column, columns * sizeof(float));
  for (std::size_t r = 0; r < rows && call.add_to_result; ++r) {
    __builtin_memcpy(aside + r * kColumns, y + r * call.y_stride, columns * sizeof(float));
  }
  run_dot_tile_of<Set>(rows, call, panel, first_row, column, aside, kColumns, bias);
  for (std::size_t r = 0; r < rows; ++r) {
    __builtin_memcpy(y + r * call.y_stride, aside + r * kColumns, columns * sizeof(float));
  }
}

/// Tiles of nearly the same height over all rows, panel by panel.
template <class Set>
void multiply_dots(const DotCall& call) noexcept {
  const std::size_t tiles = (call.rows + Set::kTileRows - 1) / Set::kTileRows;
  const std::byte* panel = call.weights;
  for (std::size_t column = 0; column < call.columns; column += kDotColumns<Set>) {
    const std::size_t left = call.columns - column;
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const std::size_t row = call.rows * tile / tiles;
      const std::size_t rows = call.rows * (tile + 1) / tiles - row;
      if (left < kDotColumns<Set>) {
        run_cut_dot_tile<Set>(rows, call, panel, row, column, left);
      } else {
        run_dot_tile_of<Set>(rows, call, panel, row, column, call.y + row * call.y_stride + column,
                             call.y_stride, call.bias == nullptr ? nullptr : call.bias + column);
      }
    }
    panel += call.panel_bytes;
  }
}

/// See DotKernel.
template <class Set>
double run_dot_tiles(std::size_t rounds) noexcept {
  constexpr std::size_t kSteps = 64;
  constexpr std::size_t kRowBytes = kSteps * Set::kGroups * kDotBytes;
  alignas(kLine) std::byte x[Set::kTileRows * kRowBytes] = {};
  alignas(kLine) std::byte weights[kRowBytes * kDotColumns<Set>] = {};
  typename Set::Sums sums[Set::kTileRows][kTileVectors];
  for (auto& row : sums) row[0] = row[1] = Set::zero();
  for (std::size_t round = 0; round < rounds; ++round) {
    accumulate<Set, typename Set::PairedProducts>({x, kRowBytes, kSteps, weights}, sums);
    asm volatile("" : : "r"(x), "r"(weights) : "memory");
  }
  typename Set::Sums kept[Set::kTileRows][kTileVectors];  // sums themselves stay in registers
  for (std::size_t r = 0; r < Set::kTileRows; ++r) {
    for (std::size_t v = 0; v < kTileVectors; ++v) kept[r][v] = sums[r][v];
  }
  asm volatile("" : : "r"(kept) : "memory");
  return static_cast<double>(rounds * Set::kTileRows * kDotColumns<Set> * kRowBytes) /
         Set::kNumberBytes;
}
