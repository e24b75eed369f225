#include "runtime/operators/sequences.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// Sizes past this are a mistake, and counting in double is exact below it.
constexpr double kMaxCount = 4503599627370496.0;

void check_step(bool zero, bool consistent) {
  if (zero) fail("step must be nonzero");
  if (!consistent) fail("upper bound and lower bound inconsistent with step sign");
}

std::int64_t count_between(double first, double last, double step) {
  if (!std::isfinite(first) || !std::isfinite(last)) {
    fail("unsupported range: " + std::to_string(first) + " -> " + std::to_string(last));
  }
  check_step(step == 0, step > 0 ? last >= first : last <= first);
  const double count = std::ceil((last - first) / step);
  if (!(count >= 0 && count <= kMaxCount)) fail("arange: too many elements");
  return static_cast<std::int64_t>(count);
}

Tensor arange_of_integers(Allocator& memory, const Scalar& start, const Scalar& end,
                          const Scalar& step) {
  const std::int64_t first = to_int_checked(start);
  const std::int64_t last = to_int_checked(end);
  const std::int64_t stride = to_int_checked(step);
  check_step(stride == 0, stride > 0 ? last >= first : last <= first);
  // In unsigned arithmetic the distance of any two int64 is exact.
  const std::uint64_t distance =
      stride > 0 ? static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)
                 : static_cast<std::uint64_t>(first) - static_cast<std::uint64_t>(last);
  const std::uint64_t width =
      stride > 0 ? static_cast<std::uint64_t>(stride) : 0 - static_cast<std::uint64_t>(stride);
  const std::uint64_t count = distance / width + (distance % width != 0 ? 1 : 0);
  if (static_cast<double>(count) > kMaxCount) fail("arange: too many elements");
  Tensor sequence = Tensor::empty(memory, DType::kInt64, {static_cast<std::int64_t>(count)});
  auto* const out = sequence.mutable_data<std::int64_t>();
  for (std::uint64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(first) +
                                       i * static_cast<std::uint64_t>(stride));
  }
  return sequence;
}

/// Narrow integers: counted in double, computed from ends and step cut to integers.
Tensor arange_of_narrow_integers(Allocator& memory, const Scalar& start, const Scalar& end,
                                 const Scalar& step, DType dtype) {
  const std::int64_t count = count_between(to_double(start), to_double(end), to_double(step));
  const std::int64_t first = to_int_checked(start);
  const std::int64_t stride = to_int_checked(step);
  Tensor sequence = Tensor::empty(memory, DType::kInt64, {count});
  auto* const out = sequence.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(first) +
                                       static_cast<std::uint64_t>(i) *
                                           static_cast<std::uint64_t>(stride));
  }
  return sequence.to(memory, dtype);
}

Tensor arange_of_reals(Allocator& memory, const Scalar& start, const Scalar& end,
                       const Scalar& step, DType dtype) {
  const double first = to_double(start);
  const double last = to_double(end);
  const double stride = to_double(step);
  Tensor sequence = Tensor::empty(memory, DType::kFloat64, {count_between(first, last, stride)});
  auto* const out = sequence.mutable_data<double>();
  for (std::int64_t i = 0; i < sequence.numel(); ++i) {
    out[i] = first + stride * static_cast<double>(i);
  }
  return sequence.to(memory, dtype);
}

Tensor arange(Allocator& memory, const Scalar& start, const Scalar& end, const Scalar& step,
              std::optional<DType> dtype) {
  const bool real = is_floating(start) || is_floating(end) || is_floating(step);
  const DType type = dtype.value_or(real ? DType::kFloat32 : DType::kInt64);
  if (type == DType::kBool) fail("arange is not implemented for bool");
  if (is_floating(type)) return arange_of_reals(memory, start, end, step, type);
  return type == DType::kInt64 ? arange_of_integers(memory, start, end, step)
                               : arange_of_narrow_integers(memory, start, end, step, type);
}

/// `steps` numbers from start to end: the first half counted from the start, the second from the
/// end, so that both ends are exact.
template <typename T>
void linspace_into(Tensor& out, const Scalar& start, const Scalar& end) {
  using Step = std::conditional_t<std::is_integral_v<T>, double, Compute<T>>;
  T* const target = out.mutable_data<T>();
  const std::int64_t steps = out.numel();
  // The ends take the type's own precision before anything is computed.
  const Tensor ends[] = {to_tensor(start, out.dtype()), to_tensor(end, out.dtype())};
  const auto first = static_cast<Step>(*ends[0].data<T>());
  const auto last = static_cast<Step>(*ends[1].data<T>());
  if (steps == 1) target[0] = *ends[0].data<T>();
  if (steps <= 1) return;
  const Step step = (last - first) / static_cast<Step>(steps - 1);
  for (std::int64_t i = 0; i < steps; ++i) {
    target[i] = i < steps / 2 ? static_cast<T>(first + step * static_cast<Step>(i))
                              : static_cast<T>(last - step * static_cast<Step>(steps - i - 1));
  }
}

Tensor linspace(Allocator& memory, const Scalar& start, const Scalar& end, std::int64_t steps,
                DType dtype) {
  if (steps < 0) fail("number of steps must be non-negative");
  Tensor out = Tensor::empty(memory, dtype, {steps});
  visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, bool>) {
      fail("linspace is not implemented for bool");
    } else {
      linspace_into<T>(out, start, end);
    }
  });
  return out;
}

Tensor logspace(Allocator& memory, const Scalar& start, const Scalar& end, std::int64_t steps,
                double base, DType dtype) {
  if (!is_floating(dtype)) fail("logspace is supported for floating dtypes only");
  const Tensor exponents = linspace(memory, start, end, steps, DType::kFloat64);
  Tensor powers = Tensor::empty(memory, DType::kFloat64, {steps});
  map_into<double, double>(exponents, powers, [base](double e) { return std::pow(base, e); });
  return powers.to(memory, dtype);
}

/// The sum of clamp(first + i, 0, most) over i in [0, count): how much lies on one side of a
/// diagonal, in whatever many rows. All are below 2^31.
std::int64_t sum_clamped(std::int64_t first, std::int64_t count, std::int64_t most) {
  const std::int64_t begin = std::clamp<std::int64_t>(-first, 0, count);
  const std::int64_t end = std::clamp<std::int64_t>(most - first, 0, count);
  return (end - begin) * (2 * first + begin + end - 1) / 2 + (count - end) * most;
}

/// The row and column indices of the elements on one side of a diagonal, row by row: [2, n].
template <bool lower>
Tensor triangle_indices(Allocator& memory, std::int64_t rows, std::int64_t columns,
                        std::int64_t offset, DType dtype) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  if (rows < 0 || columns < 0) fail("row and col must be non-negative");
  if (rows == 0 || columns == 0) rows = columns = 0;
  if (rows > kMost || columns > kMost) fail("row and col are too large");
  // Element (r, c) is on the diagonal where c - r is the offset. Farther ones change nothing.
  const std::int64_t start = std::clamp(offset, -rows - 1, columns) + (lower ? 1 : 0);
  const std::int64_t left = sum_clamped(start, rows, columns);  // of the bounds of all rows
  const std::int64_t count = lower ? left : rows * columns - left;
  Tensor indices = Tensor::empty(memory, DType::kInt64, {2, count});
  auto* row_of = indices.mutable_data<std::int64_t>();
  auto* column_of = row_of + count;
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t bound = std::clamp<std::int64_t>(r + start, 0, columns);
    for (std::int64_t c = lower ? 0 : bound; c < (lower ? bound : columns); ++c) {
      *row_of++ = r;
      *column_of++ = c;
    }
  }
  return indices.to(memory, dtype);
}

template <bool lower>
void triangle_kernel(Call& call) {
  call.give(triangle_indices<lower>(call.memory(), call.integer(0), call.integer(1),
                                    call.integer(2), call.maybe_dtype(3).value_or(DType::kInt64)));
}

void linspace_kernel(Call& call) {
  // Before archive version 8 the number of steps had a default, 100.
  call.give(linspace(call.memory(), call.scalar(0), call.scalar(1),
                     call.maybe_integer(2).value_or(100),
                     call.maybe_dtype(3).value_or(DType::kFloat32)));
}

void logspace_kernel(Call& call) {
  call.give(logspace(call.memory(), call.scalar(0), call.scalar(1),
                     call.maybe_integer(2).value_or(100), call.number(3),
                     call.maybe_dtype(4).value_or(DType::kFloat32)));
}

/// Floating where any of the numbers is.
void counted_type(Inference& call) {
  Fact type;
  type.floating = false;
  for (const char* const name : {"start", "end", "step"}) {
    const std::optional<std::size_t> place = call.place(name);
    if (!place) continue;
    const std::optional<bool> real = dtypes::promote_facts(call, {*place}).floating;
    if (real == true) return dtypes::always<DType::kFloat32>(call);
    if (!real) type.floating.reset();
  }
  if (type.floating == false) type.dtype = DType::kInt64;
  dtypes::give(call, type);
}

void spaced(Inference& call) {
  const auto steps =
      call.is_none(2) ? Dimension::of(100) : call.size_argument(2, SitePurpose::kCreate);
  call.give({steps ? *steps : call.domain().unknown()});
}

void triangle_places(Inference& call) { call.give({Dimension::of(2), call.domain().unknown()}); }

constexpr Rule kCounted{dtypes::told_or<counted_type>, shapes::counted, Trait::kCreates};
constexpr Rule kSpaced{dtypes::told_or<dtypes::kFloat32>, spaced, Trait::kCreates};

}  // namespace

void register_sequences(OperatorTable& table) {
  const std::string options =
      "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? "
      "pin_memory=None) -> Tensor";
  table.add(
      "aten::arange(Scalar end, " + options,
      [](Call& call) {
        call.give(arange(call.memory(), std::int64_t{0}, call.scalar(0), std::int64_t{1},
                         call.maybe_dtype(1)));
      },
      kCounted);
  table.add(
      "aten::arange.start(Scalar start, Scalar end, " + options,
      [](Call& call) {
        call.give(arange(call.memory(), call.scalar(0), call.scalar(1), std::int64_t{1},
                         call.maybe_dtype(2)));
      },
      kCounted);
  table.add(
      "aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, " + options,
      [](Call& call) {
        call.give(arange(call.memory(), call.scalar(0), call.scalar(1), call.scalar(2),
                         call.maybe_dtype(3)));
      },
      kCounted);
  table.add("aten::linspace(Scalar start, Scalar end, int steps, " + options, linspace_kernel,
            kSpaced);
  table.add("aten::linspace(Scalar start, Scalar end, int? steps=None, " + options, linspace_kernel,
            kSpaced, {.first = 0, .last = 7});
  table.add("aten::logspace(Scalar start, Scalar end, int steps, float base=10., " + options,
            logspace_kernel, kSpaced);
  table.add("aten::logspace(Scalar start, Scalar end, int? steps=None, float base=10., " + options,
            logspace_kernel, kSpaced, {.first = 0, .last = 8});
  for (const std::string name : {"aten::tril_indices", "aten::triu_indices"}) {
    table.add(name +
                  "(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, "
                  "Device? device=None, bool? pin_memory=None) -> Tensor",
              name == "aten::tril_indices" ? triangle_kernel<true> : triangle_kernel<false>,
              {dtypes::told_or<dtypes::kInt64>, triangle_places, Trait::kCreates});
  }
}

}  // namespace henson::runtime
