// Maximum and mean over windows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "henson/error.h"
#include "runtime/operators/convolution.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// What one place of the output looks at, along one dimension.
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;  // exclusive
  std::int64_t step = 1;
  std::int64_t padded = 0;  // how many elements with the padding counted
};

/// The ranges of every place of the output, for both dimensions.
struct Ranges {
  std::vector<Range> rows;
  std::vector<Range> columns;
};

struct Pooling {
  PlaneWindow window;
  bool ceil_mode = false;
};

/// How many elements a window spans along a dimension.
std::int64_t reach_of(const PlaneWindow& window, std::size_t d) {
  return checked_add(checked_multiply(window.dilation[d], window.kernel[d] - 1), 1);
}

std::int64_t output_size(std::int64_t input, const Pooling& pooling, std::size_t d) {
  const PlaneWindow& w = pooling.window;
  const std::int64_t padded = checked_add(checked_add(input, w.before[d]), w.before[d]);
  const std::int64_t room = padded - reach_of(w, d);
  const std::int64_t rounded = pooling.ceil_mode ? checked_add(room, w.stride[d] - 1) : room;
  std::int64_t size = (rounded >= 0 ? rounded / w.stride[d] : -1) + 1;
  // The last window starts inside the input or its left padding.
  if (pooling.ceil_mode && (size - 1) * w.stride[d] >= input + w.before[d]) --size;
  if (size < 1) {
    fail("pooling: the output size would be too small for an input of " + std::to_string(input));
  }
  return size;
}

std::vector<Range> sliding(std::int64_t input, const Pooling& pooling, std::size_t d) {
  const PlaneWindow& w = pooling.window;
  std::vector<Range> ranges;
  const std::int64_t count = output_size(input, pooling, d);
  const std::int64_t reach = reach_of(w, d);
  checked_add(input, reach);  // where the last window may end
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t start = i * w.stride[d] - w.before[d];
    const std::int64_t end = start + reach;
    Range range;
    range.step = w.dilation[d];
    range.padded = std::min(end, input + w.before[d]) - start;
    // From the left padding on to the first step inside.
    range.first = start >= 0 ? start : start + ((-start - 1) / range.step + 1) * range.step;
    range.last = std::min(end, input);
    ranges.push_back(range);
  }
  return ranges;
}

std::vector<Range> adaptive(std::int64_t input, std::int64_t output) {
  if (output < 0)
    fail("adaptive pooling: elements of output_size must be greater than or equal to 0");
  checked_add(checked_multiply(input, output), output);  // the largest product below
  std::vector<Range> ranges;
  for (std::int64_t i = 0; i < output; ++i) {
    const std::int64_t first = i * input / output;
    const std::int64_t last = ((i + 1) * input + output - 1) / output;
    ranges.push_back({first, last, 1, last - first});
  }
  return ranges;
}

template <typename T>
bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

template <typename T>
T least() {
  using Limits = std::numeric_limits<T>;
  return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
}

/// The index of the largest element of a window in its plane, or -1 when the window is empty; the
/// first NaN is larger than all.
template <typename T>
std::int64_t largest(const T* plane, std::int64_t width, const Range& rows, const Range& columns) {
  std::int64_t best = -1;
  for (std::int64_t y = rows.first; y < rows.last; y += rows.step) {
    for (std::int64_t x = columns.first; x < columns.last; x += columns.step) {
      const std::int64_t at = y * width + x;
      if (best < 0 || plane[at] > plane[best] || (is_nan(plane[at]) && !is_nan(plane[best]))) {
        best = at;
      }
    }
  }
  return best;
}

struct Divisor {
  bool include_padding = true;
  std::optional<std::int64_t> override_value;
};

template <typename T>
T mean(const T* plane, std::int64_t width, const Range& rows, const Range& columns,
       const Divisor& divisor) {
  T sum = 0;
  std::int64_t count = 0;
  for (std::int64_t y = rows.first; y < rows.last; ++y) {
    for (std::int64_t x = columns.first; x < columns.last; ++x, ++count) {
      sum += plane[y * width + x];
    }
  }
  if (count == 0 && !divisor.override_value) return 0;
  if (divisor.include_padding) count = checked_multiply(rows.padded, columns.padded);
  return sum / static_cast<T>(divisor.override_value.value_or(count));
}

/// An input seen as planes [count, H, W], and the output's shape.
struct Planes {
  Tensor input;  // contiguous, of a product_dtype()
  std::int64_t count = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
  Dims output;
};

/// `rank` last dimensions are the plane; one or two dimensions lead.
Planes planes_of(Allocator& memory, const Tensor& input, std::size_t rank) {
  const Dims& sizes = input.sizes();
  if (sizes.size() != rank + 1 && sizes.size() != rank + 2) {
    fail("pooling: expected " + std::to_string(rank + 1) + "D or " + std::to_string(rank + 2) +
         "D input, but got an input of shape " + to_string(sizes));
  }
  Planes planes;
  planes.input = input.to(memory, product_dtype(input.dtype())).contiguous(memory);
  planes.width = sizes.back();
  if (rank == 2) planes.height = sizes[sizes.size() - 2];
  planes.output.assign(sizes.begin(), sizes.end() - static_cast<std::ptrdiff_t>(rank));
  planes.count = numel_of(planes.output);
  return planes;
}

void set_output(Planes& planes, std::size_t rank, const Ranges& ranges) {
  if (rank == 2) planes.output.push_back(static_cast<std::int64_t>(ranges.rows.size()));
  planes.output.push_back(static_cast<std::int64_t>(ranges.columns.size()));
}

/// Calls f(plane, range of rows, range of columns, index of the output).
template <typename T, typename F>
void for_each_window(const Planes& planes, const Ranges& ranges, F&& f) {
  std::int64_t at = 0;
  StopPace pace;
  for (std::int64_t p = 0; p < planes.count; ++p) {
    pace.did(planes.height * planes.width);
    const T* const plane = planes.input.data<T>() + p * planes.height * planes.width;
    for (const Range& rows : ranges.rows) {
      for (const Range& columns : ranges.columns) f(plane, rows, columns, at++);
    }
  }
}

struct Maxima {
  Tensor values;
  Tensor indices;
};

Maxima max_pool(Allocator& memory, const Tensor& input, std::size_t rank, Planes planes,
                const Ranges& ranges) {
  set_output(planes, rank, ranges);
  Tensor values = Tensor::empty(memory, planes.input.dtype(), planes.output);
  Tensor indices = Tensor::empty(memory, DType::kInt64, planes.output);
  visit_product_dtype(planes.input.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const value = values.mutable_data<T>();
    auto* const index = indices.mutable_data<std::int64_t>();
    for_each_window<T>(
        planes, ranges,
        [&](const T* plane, const Range& rows, const Range& columns, std::int64_t at) {
          index[at] = largest(plane, planes.width, rows, columns);
          if (index[at] >= 0) {
            value[at] = plane[index[at]];
            return;
          }
          // A window of padding only: PyTorch gives its first place, which is outside.
          index[at] = rows.first * planes.width + columns.first;
          value[at] = least<T>();
        });
  });
  return {values.to(memory, input.dtype()), indices};
}

Tensor mean_pool(Allocator& memory, const Tensor& input, std::size_t rank, Planes planes,
                 const Ranges& ranges, const Divisor& divisor) {
  if (!is_floating(input.dtype())) throw_unsupported_dtype(input.dtype());
  set_output(planes, rank, ranges);
  Tensor means = Tensor::empty(memory, planes.input.dtype(), planes.output);
  visit_product_dtype(planes.input.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      T* const target = means.mutable_data<T>();
      for_each_window<T>(
          planes, ranges,
          [&](const T* plane, const Range& rows, const Range& columns, std::int64_t at) {
            target[at] = mean(plane, planes.width, rows, columns, divisor);
          });
    }
  });
  return means.to(memory, input.dtype());
}

Dims plane_values(const Dims& values, std::size_t rank, std::int64_t absent) {
  if (values.size() != rank && values.size() != 1) {
    fail("pooling: a setting must be one int or " + std::to_string(rank) + " ints, but got " +
         to_string(values));
  }
  if (rank == 1) return {absent, values[0]};
  return {values[0], values.back()};
}

Pooling pooling_of(std::size_t rank, const Dims& kernel, const Dims& stride, const Dims& padding,
                   const Dims& dilation, bool ceil_mode) {
  Pooling pooling;
  pooling.window.kernel = plane_values(kernel, rank, 1);
  pooling.window.stride = stride.empty() ? pooling.window.kernel : plane_values(stride, rank, 1);
  pooling.window.before = pooling.window.after = plane_values(padding, rank, 0);
  pooling.window.dilation = plane_values(dilation, rank, 1);
  pooling.ceil_mode = ceil_mode;
  for (std::size_t d = 0; d < 2; ++d) {
    const PlaneWindow& w = pooling.window;
    if (w.kernel[d] <= 0) fail("pooling: kernel size should be greater than zero");
    if (w.stride[d] <= 0) fail("pooling: stride should be greater than zero");
    if (w.dilation[d] <= 0) fail("pooling: dilation should be greater than zero");
    if (w.kernel[d] == 1) pooling.window.dilation[d] = 1;  // between one element and no other
    if (w.before[d] < 0 || w.before[d] > reach_of(w, d) / 2) {
      fail("pad should be at most half of effective kernel size, but got pad=" +
           std::to_string(w.before[d]) + " and kernel_size=" + std::to_string(w.kernel[d]));
    }
  }
  return pooling;
}

Ranges sliding_ranges(const Planes& planes, const Pooling& pooling) {
  return {sliding(planes.height, pooling, 0), sliding(planes.width, pooling, 1)};
}

template <std::size_t kRank>
Maxima run_max(Call& call) {
  const Planes planes = planes_of(call.memory(), call.tensor(0), kRank);
  const Pooling pooling =
      pooling_of(kRank, call.ints(1), call.ints(2), call.ints(3), call.ints(4), call.flag(5));
  return max_pool(call.memory(), call.tensor(0), kRank, planes, sliding_ranges(planes, pooling));
}

template <std::size_t kRank>
Ranges adaptive_ranges(const Planes& planes, const Dims& sizes) {
  const Dims wanted = plane_values(sizes, kRank, 1);
  return {adaptive(planes.height, wanted[0]), adaptive(planes.width, wanted[1])};
}

template <std::size_t kRank>
void run_mean(Call& call) {
  const Planes planes = planes_of(call.memory(), call.tensor(0), kRank);
  const Pooling pooling =
      pooling_of(kRank, call.ints(1), call.ints(2), call.ints(3), {1}, call.flag(4));
  Divisor divisor;
  divisor.include_padding = call.flag(5);
  if (kRank == 2) divisor.override_value = call.maybe_integer(6);
  if (divisor.override_value == 0) fail("divisor must be not zero");
  call.give(mean_pool(call.memory(), call.tensor(0), kRank, planes, sliding_ranges(planes, pooling),
                      divisor));
}

template <std::size_t kRank>
void run_adaptive_mean(Call& call) {
  const Planes planes = planes_of(call.memory(), call.tensor(0), kRank);
  call.give(mean_pool(call.memory(), call.tensor(0), kRank, planes,
                      adaptive_ranges<kRank>(planes, call.ints(1)), {}));
}

template <std::size_t kRank>
void run_adaptive_max(Call& call) {
  const Planes planes = planes_of(call.memory(), call.tensor(0), kRank);
  const Maxima maxima = max_pool(call.memory(), call.tensor(0), kRank, planes,
                                 adaptive_ranges<kRank>(planes, call.ints(1)));
  call.give(maxima.values);
  call.give(maxima.indices);
}

template <std::size_t kRank>
void give_values(Call& call) {
  call.give(run_max<kRank>(call).values);
}

template <std::size_t kRank>
void give_both(Call& call) {
  const Maxima maxima = run_max<kRank>(call);
  call.give(maxima.values);
  call.give(maxima.indices);
}

}  // namespace

void register_pooling(OperatorTable& table) {
  const std::string max1 =
      "(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=0, int[1] dilation=1, "
      "bool ceil_mode=False) -> ";
  const std::string max2 =
      "(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, "
      "bool ceil_mode=False) -> ";
  table.add("aten::max_pool1d" + max1 + "Tensor", give_values<1>,
            {dtypes::with_places, shapes::pooled});
  table.add("aten::max_pool1d_with_indices" + max1 + "(Tensor, Tensor)", give_both<1>,
            {dtypes::with_places, shapes::pooled});
  table.add("aten::max_pool2d" + max2 + "Tensor", give_values<2>,
            {dtypes::with_places, shapes::pooled});
  table.add("aten::max_pool2d_with_indices" + max2 + "(Tensor, Tensor)", give_both<2>,
            {dtypes::with_places, shapes::pooled});
  table.add(
      "aten::avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=0, "
      "bool ceil_mode=False, bool count_include_pad=True) -> Tensor",
      run_mean<1>, {dtypes::same, shapes::pooled});
  table.add(
      "aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, "
      "bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
      run_mean<2>, {dtypes::same, shapes::pooled});
  table.add("aten::adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor",
            run_adaptive_mean<1>, {dtypes::same, shapes::pooled_to});
  table.add("aten::adaptive_avg_pool2d(Tensor self, int[2] output_size) -> Tensor",
            run_adaptive_mean<2>, {dtypes::same, shapes::pooled_to});
  table.add("aten::adaptive_max_pool1d(Tensor self, int[1] output_size) -> (Tensor, Tensor)",
            run_adaptive_max<1>, {dtypes::with_places, shapes::pooled_to});
  table.add("aten::adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)",
            run_adaptive_max<2>, {dtypes::with_places, shapes::pooled_to});
}

}  // namespace henson::runtime
