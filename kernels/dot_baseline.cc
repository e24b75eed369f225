// For any processor: plain numbers, one column a lane.
#include "kernels/dot_product.h"

namespace henson::kernels {
namespace {
#include "kernels/dot_tile-inl.h"

struct Plain {
  static constexpr std::size_t kLanes = 8;
  struct Sums {
    std::int32_t lanes[kLanes];
  };
  struct Floats {
    float lanes[kLanes];
  };
  static constexpr std::size_t kTileRows = 4;
  static constexpr std::size_t kGroups = 1;
  static constexpr std::size_t kApart = 2;
  static constexpr bool kIsInt8 = true;
  static constexpr std::size_t kNumberBytes = 1;

  template <class F>
  static Floats each(F f) {
    Floats result;
    for (std::size_t i = 0; i < kLanes; ++i) result.lanes[i] = f(i);
    return result;
  }
  static Sums zero() { return {}; }
  static Floats broadcast(float value) {
    return each([&](std::size_t) { return value; });
  }
  static Floats load(const float* from) {
    return each([&](std::size_t i) { return from[i]; });
  }
  static void store(Floats value, float* to) { __builtin_memcpy(to, value.lanes, sizeof(value)); }
  static Floats to_floats(const Sums& sums) {
    return each([&](std::size_t i) { return static_cast<float>(sums.lanes[i]); });
  }
  static Floats multiply(Floats a, Floats b) {
    return each([&](std::size_t i) { return a.lanes[i] * b.lanes[i]; });
  }
  static Floats add_product(Floats sum, Floats a, Floats b) {
    return each([&](std::size_t i) { return sum.lanes[i] + a.lanes[i] * b.lanes[i]; });
  }
  static Floats subtract_product(Floats sum, Floats a, Floats b) {
    return each([&](std::size_t i) { return sum.lanes[i] - a.lanes[i] * b.lanes[i]; });
  }
  static Floats byte_of(const std::byte* from, std::uint32_t index) {
    return each([&](std::size_t i) {
      return static_cast<float>(static_cast<std::int8_t>(from[i * kDotBytes + index]));
    });
  }

  struct Products {
    static void add(Sums (&sums)[2], const std::byte* x, const std::byte* weights) {
      for (std::size_t v = 0; v < 2; ++v) {
        const std::byte* column = weights + v * kLanes * kDotBytes;
        for (std::size_t i = 0; i < kLanes; ++i) {
          for (std::size_t k = 0; k < kDotBytes; ++k, ++column) {
            sums[v].lanes[i] += static_cast<std::uint8_t>(x[k]) * static_cast<std::int8_t>(*column);
          }
        }
      }
    }
  };
  using PairedProducts = Products;
};
}  // namespace

const DotKernel kInt8Baseline{kDotColumns<Plain>, 127, Plain::kApart, &multiply_dots<Plain>,
                              &run_dot_tiles<Plain>};

}  // namespace henson::kernels
