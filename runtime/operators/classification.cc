// Questions about elements: are they finite, equal, members of a set?
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/comparison.h"
#include "runtime/operators/numbers.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// f(double) of floats, and `of_integers` for all others.
template <bool (*F)(double)>
Tensor test_floats(Allocator& memory, const Tensor& self, bool of_integers) {
  return test_elements(memory, self, [of_integers](auto x) {
    if constexpr (std::is_floating_point_v<decltype(x)>) {
      return F(static_cast<double>(x));
    } else {
      return of_integers;
    }
  });
}

template <bool (*F)(double), bool kOfIntegers = false>
void test_kernel(Call& call) {
  call.give(test_floats<F>(call.memory(), call.tensor(0), kOfIntegers));
}

Tensor signbit(Allocator& memory, const Tensor& self) {
  return test_elements(memory, self, [](auto x) {
    if constexpr (std::is_floating_point_v<decltype(x)>) {
      return std::signbit(x);
    } else {
      return x < 0;
    }
  });
}

bool all_true(const Tensor& flags) {
  const bool* const begin = flags.data<bool>();
  return std::all_of(begin, begin + flags.numel(), [](bool flag) { return flag; });
}

bool equal(Allocator& memory, const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && all_true(compare(memory, a, b, std::equal_to<>{}));
}

double largest_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
      return 65504;
    case DType::kBFloat16:
      return 3.3895313892515355e38;
    case DType::kFloat32:
      return std::numeric_limits<float>::max();
    default:
      return std::numeric_limits<double>::max();
  }
}

Tensor nan_to_num(Call& call) {
  const Tensor self = call.tensor(0);
  if (!is_floating(self.dtype())) return self.clone(call.memory());
  const double largest = largest_of(self.dtype());
  const double nan = call.maybe_number(1).value_or(0);
  const double positive = call.maybe_number(2).value_or(largest);
  const double negative = call.maybe_number(3).value_or(-largest);
  return unary_float(call.memory(), self, [=](auto x) {
    using T = decltype(x);
    if (std::isnan(x)) return static_cast<T>(nan);
    if (std::isinf(x)) return static_cast<T>(x > 0 ? positive : negative);
    return x;
  });
}

/// Whether each element is among `set`, or is not when `invert`.
Tensor is_in(Allocator& memory, const Operand& elements, const Operand& set, bool invert) {
  const DType common = promoted({elements, set});
  for (const Operand* const operand : {&elements, &set}) {
    if (operand->tensor.dtype() == DType::kBool) throw_unsupported_dtype(DType::kBool);
  }
  return visit_compute(compute_dtype(common), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Tensor flat = widened(memory, set.tensor, common).contiguous(memory);
    std::vector<T> sorted(flat.data<T>(), flat.data<T>() + flat.numel());
    std::erase_if(sorted, [](T x) { return x != x; });  // NaN equals nothing
    std::sort(sorted.begin(), sorted.end());
    return map_elements<T, bool>(
        memory, std::array{widened(memory, elements.tensor, common)}, DType::kBool,
        [&sorted, invert](T x) {
          return (x == x && std::binary_search(sorted.begin(), sorted.end(), x)) != invert;
        });
  });
}

void is_in_kernel(Call& call) {
  call.give(is_in(call.memory(), operand(call, 0), operand(call, 1), call.flag(3)));
}

void add_is_in(OperatorTable& table) {
  const std::string rest = ", *, bool assume_unique=False, bool invert=False) -> Tensor";
  table.add("aten::isin.Tensor_Tensor(Tensor elements, Tensor test_elements" + rest, is_in_kernel,
            {dtypes::kBool, shapes::same});
  table.add("aten::isin.Tensor_Scalar(Tensor elements, Scalar test_element" + rest, is_in_kernel,
            {dtypes::kBool, shapes::same});
  table.add("aten::isin.Scalar_Tensor(Scalar element, Tensor test_elements" + rest, is_in_kernel,
            {dtypes::kBool, shapes::scalar});
}

void add_closeness(OperatorTable& table) {
  const std::string arguments =
      "(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)";
  table.add("aten::isclose" + arguments + " -> Tensor",
            [](Call& call) {
              call.give(is_close(call.memory(), call.tensor(0), call.tensor(1), call.number(2),
                                 call.number(3), call.flag(4)));
            },
            {dtypes::kBool, shapes::elementwise});
  table.add(
      "aten::allclose" + arguments + " -> bool",
      [](Call& call) {
        call.give(all_true(is_close(call.memory(), call.tensor(0), call.tensor(1), call.number(2),
                                    call.number(3), call.flag(4))));
      },
      kNoRule);
}

bool is_nan(double x) { return std::isnan(x); }
bool is_infinite(double x) { return std::isinf(x); }
bool is_finite(double x) { return std::isfinite(x); }
bool is_positive_infinity(double x) { return std::isinf(x) && x > 0; }
bool is_negative_infinity(double x) { return std::isinf(x) && x < 0; }

}  // namespace

Tensor is_close(Allocator& memory, const Tensor& a, const Tensor& b, double rtol, double atol,
                bool equal_nan) {
  if (a.dtype() != b.dtype()) {
    fail("isclose: expected tensors of one dtype, but got " + std::string(name_of(a.dtype())) +
         " and " + std::string(name_of(b.dtype())));
  }
  if (!(rtol >= 0) || !(atol >= 0)) fail("isclose: tolerances must not be negative");
  const Tensor exact = compare(memory, a, b, std::equal_to<>{});
  const Tensor reference = is_floating(b.dtype()) ? b : b.to(memory, DType::kFloat32);
  const Tensor allowed =
      add(memory, absolute(memory, multiply(memory, reference, Scalar(rtol))), Scalar(atol));
  const Tensor distance =
      absolute(memory, subtract(memory, a.to(memory, reference.dtype()), reference));
  const Tensor near = compare(memory, distance, allowed, [](auto x, auto y) {
    if constexpr (std::is_floating_point_v<decltype(x)>) {
      return std::isfinite(x) && x <= y;
    } else {
      return x <= y;
    }
  });
  const Tensor nans =
      compare(memory, a, b, [equal_nan](auto x, auto y) { return equal_nan && x != x && y != y; });
  return map_elements<bool, bool>(memory, std::array{exact, near, nans}, DType::kBool,
                                  [](bool x, bool y, bool z) { return x || y || z; });
}

void register_classification(OperatorTable& table) {
  add_predicate<test_kernel<is_nan>>(table, "aten::isnan(Tensor self) -> Tensor", shapes::same);
  add_predicate<test_kernel<is_infinite>>(table, "aten::isinf(Tensor self) -> Tensor",
                                          shapes::same);
  add_predicate<test_kernel<is_finite, true>>(table, "aten::isfinite(Tensor self) -> Tensor",
                                              shapes::same);
  table.add("aten::isposinf(Tensor self) -> Tensor", test_kernel<is_positive_infinity>,
            {dtypes::kBool, shapes::same});
  table.add("aten::isneginf(Tensor self) -> Tensor", test_kernel<is_negative_infinity>,
            {dtypes::kBool, shapes::same});
  table.add("aten::signbit(Tensor self) -> Tensor",
            [](Call& call) { call.give(signbit(call.memory(), call.tensor(0))); },
            {dtypes::kBool, shapes::same});
  table.add(
      "aten::equal(Tensor self, Tensor other) -> bool",
      [](Call& call) { call.give(equal(call.memory(), call.tensor(0), call.tensor(1))); }, kNoRule);
  table.add(
      "aten::is_nonzero(Tensor self) -> bool",
      [](Call& call) { call.give(to_double(to_scalar(call.tensor(0))) != 0); }, kNoRule);
  const std::string limits =
      " self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor";
  table.add("aten::nan_to_num(Tensor" + limits, [](Call& call) { call.give(nan_to_num(call)); },
            {dtypes::same, shapes::same});
  table.add(
      "aten::nan_to_num_(Tensor(a!)" + limits + "(a!)",
      [](Call& call) { call.give(write_result(call.memory(), call.tensor(0), nan_to_num(call))); },
      {dtypes::same, shapes::same});
  add_closeness(table);
  add_is_in(table);
}

}  // namespace henson::runtime
