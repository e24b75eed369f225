// Roundings to whole numbers and to decimals.
#include <cmath>
#include <string>

#include "runtime/operators/unary.h"

namespace henson::runtime {
namespace {

/// Integers are whole already; a copy of them is returned.
template <typename F>
void add_rounding(OperatorTable& table, std::initializer_list<std::string> names, F) {
  for (const std::string& name : names) {
    add_with_in_place<[](Call& call) {
      const Tensor self = call.tensor(0);
      if (self.dtype() == DType::kBool) throw_unsupported_dtype(self.dtype());
      return is_floating(self.dtype()) ? unary_float(call.memory(), self, F{})
                                       : self.clone(call.memory());
    }>(table, name, "", {dtypes::same, shapes::same});
  }
}

Tensor round_decimals(Call& call) {
  const Tensor self = call.tensor(0);
  const std::int64_t decimals = call.integer(1);
  if (!is_floating(self.dtype())) return self.clone(call.memory());
  return unary_float(call.memory(), self, [decimals](auto x) {
    using T = decltype(x);
    if (decimals == 0) return std::nearbyint(x);
    const T power = std::pow(T(10), std::abs(static_cast<T>(decimals)));
    return decimals > 0 ? std::nearbyint(x * power) / power : std::nearbyint(x / power) * power;
  });
}

}  // namespace

void register_rounding(OperatorTable& table) {
  add_rounding(table, {"ceil"}, [](auto x) { return std::ceil(x); });
  add_rounding(table, {"floor"}, [](auto x) { return std::floor(x); });
  add_rounding(table, {"trunc", "fix"}, [](auto x) { return std::trunc(x); });
  // Halves go to the even neighbor.
  add_rounding(table, {"round"}, [](auto x) { return std::nearbyint(x); });
  add_activation(table, "frac", [](auto x) { return x - std::trunc(x); });
  add_with_in_place<round_decimals>(table, "round.decimals", ", *, int decimals",
                                    {dtypes::same, shapes::same});
}

}  // namespace henson::runtime
