// Layer, RMS and group normalization: statistics over contiguous rows, in double; the affine part
// in the computing type, as PyTorch's CPU kernels do.
#include "runtime/operators/normalization.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/checked.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

DType computing_dtype(const Tensor& input) {
  if (!is_floating(input.dtype())) throw_unsupported_dtype(input.dtype());
  return product_dtype(input.dtype());
}

/// Parameters are of the input's type, or float32 beside a float16 or bfloat16 input.
void check_parameter(const Tensor& input, const std::optional<Tensor>& parameter,
                     const Dims& expected, const char* name) {
  if (!parameter) return;
  const bool mixed = size_of(input.dtype()) == 2 && parameter->dtype() == DType::kFloat32;
  if (!mixed) check_same_dtype(input, *parameter);
  if (parameter->sizes() != expected) {
    fail("Expected " + std::string(name) + " to have shape " + to_string(expected) +
         ", but got a tensor of shape " + to_string(parameter->sizes()));
  }
}

std::optional<Tensor> as_contiguous(Allocator& memory, const std::optional<Tensor>& tensor,
                                    DType dtype) {
  if (!tensor) return std::nullopt;
  return tensor->to(memory, dtype).contiguous(memory);
}

template <typename T>
const T* data_or_null(const std::optional<Tensor>& tensor) {
  return tensor ? tensor->data<T>() : nullptr;
}

struct Moments {
  double mean = 0;
  double rstd = 0;
};

template <typename T>
Moments moments(const T* row, std::int64_t count, double eps) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(row[i]);
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double apart = static_cast<double>(row[i]) - mean;
    squares += apart * apart;
  }
  return {mean, 1.0 / std::sqrt(squares / static_cast<double>(count) + eps)};
}

/// The last dimensions of `input` must be `normalized`; returns how many elements they have.
std::int64_t check_normalized(const Tensor& input, const Dims& normalized) {
  const bool fits = !normalized.empty() && normalized.size() <= input.sizes().size() &&
                    std::equal(normalized.rbegin(), normalized.rend(), input.sizes().rbegin());
  if (!fits) {
    fail("Given normalized_shape=" + to_string(normalized) +
         ", expected input with these last dimensions, but got input of size " +
         to_string(input.sizes()));
  }
  return numel_of(normalized);
}

template <typename T>
void normalize_rows(const Tensor& rows, std::int64_t width, const std::optional<Tensor>& weight,
                    const std::optional<Tensor>& bias, double eps, Normalized& result) {
  const std::int64_t count = result.mean.numel();
  const T* const gamma = data_or_null<T>(weight);
  const T* const beta = data_or_null<T>(bias);
  StopPace pace;
  for (std::int64_t r = 0; r < count; ++r) {
    pace.did(width);
    const T* const row = rows.data<T>() + r * width;
    T* const out = result.output.mutable_data<T>() + r * width;
    const Moments m = moments(row, width, eps);
    const T mean = static_cast<T>(m.mean);
    const T rstd = static_cast<T>(m.rstd);
    for (std::int64_t i = 0; i < width; ++i) {
      const T scaled = (row[i] - mean) * rstd * (gamma != nullptr ? gamma[i] : T(1));
      out[i] = beta != nullptr ? scaled + beta[i] : scaled;
    }
    result.mean.mutable_data<T>()[r] = mean;
    result.rstd.mutable_data<T>()[r] = rstd;
  }
}

/// f(float) or f(double).
template <typename F>
void visit_computing(DType dtype, F&& f) {
  if (dtype == DType::kFloat64) return f(TypeTag<double>{});
  f(TypeTag<float>{});
}

template <typename T>
void rms_rows(const Tensor& rows, std::int64_t width, const T* gamma, double eps, Tensor& out) {
  const std::int64_t count = rows.numel() / std::max<std::int64_t>(width, 1);
  StopPace pace;
  for (std::int64_t r = 0; r < count; ++r) {
    pace.did(width);
    const T* const row = rows.data<T>() + r * width;
    T* const target = out.mutable_data<T>() + r * width;
    double squares = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      squares += static_cast<double>(row[i]) * static_cast<double>(row[i]);
    }
    const T scale = static_cast<T>(1.0 / std::sqrt(squares / static_cast<double>(width) + eps));
    for (std::int64_t i = 0; i < width; ++i) {
      target[i] = row[i] * scale * (gamma != nullptr ? gamma[i] : T(1));
    }
  }
}

Tensor rms_norm(Allocator& memory, const Tensor& input, const Dims& normalized,
                const std::optional<Tensor>& weight, std::optional<double> eps) {
  const std::int64_t width = check_normalized(input, normalized);
  const DType dtype = computing_dtype(input);
  check_parameter(input, weight, normalized, "weight");
  const Tensor rows = input.to(memory, dtype).contiguous(memory);
  const std::optional<Tensor> gamma = as_contiguous(memory, weight, dtype);
  Tensor out = Tensor::empty(memory, dtype, input.sizes());
  visit_computing(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const double least = static_cast<double>(std::numeric_limits<T>::epsilon());
    rms_rows<T>(rows, width, data_or_null<T>(gamma), eps.value_or(least), out);
  });
  return out.to(memory, input.dtype());
}

/// Statistics over the channels of a group and all positions; weight and bias per channel.
/// input [N, C, …].
Normalized group_norm(Allocator& memory, const Tensor& input, std::int64_t groups,
                      const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                      double eps) {
  if (input.dim() < 2) fail("Expected at least 2 dimensions for input tensor");
  const std::int64_t channels = input.size(1);
  if (groups <= 0 || channels % groups != 0) {
    fail(
        "Expected number of channels in input to be divisible by num_groups, but got input of "
        "shape " +
        to_string(input.sizes()) + " and num_groups=" + std::to_string(groups));
  }
  check_parameter(input, weight, {channels}, "weight");
  check_parameter(input, bias, {channels}, "bias");
  const DType dtype = computing_dtype(input);
  const std::int64_t batch = input.size(0);
  const std::int64_t in_group =
      input.numel() / std::max<std::int64_t>(checked_multiply(batch, groups), 1);
  Normalized result =
      layer_norm(memory, reshape(memory, input.to(memory, dtype), Dims{batch, groups, in_group}),
                 {in_group}, std::nullopt, std::nullopt, eps);
  result.output = reshape(memory, result.output, input.sizes());
  Dims per_channel(input.sizes().size() - 1, 1);
  per_channel[0] = channels;
  if (weight) {
    const Tensor gamma =
        expand_to(reshape(memory, weight->to(memory, dtype), per_channel), input.sizes());
    visit_computing(dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      map_into<T, T>(result.output, gamma, result.output, [](T x, T y) { return x * y; });
    });
  }
  if (bias) {
    scale_and_add(result.output, reshape(memory, bias->to(memory, dtype), per_channel),
                  std::int64_t{1}, std::int64_t{1});
  }
  result.output = result.output.to(memory, input.dtype());
  const DType kept = weight ? weight->dtype() : input.dtype();
  result.mean = reshape(memory, result.mean, Dims{batch, groups}).to(memory, kept);
  result.rstd = reshape(memory, result.rstd, Dims{batch, groups}).to(memory, kept);
  return result;
}

void give(Call& call, const Normalized& result) {
  call.give(result.output);
  call.give(result.mean);
  call.give(result.rstd);
}

/// Before PyTorch 1.7: M rows of N elements instead of the shape.
void run_layer_norm_of_rows(Call& call) {
  const Tensor input = call.tensor(0);
  const std::int64_t rows = call.integer(3);
  const std::int64_t width = call.integer(4);
  const auto flat = [&](std::size_t i) {
    std::optional<Tensor> tensor = call.maybe_tensor(i);
    if (tensor) tensor = reshape(call.memory(), *tensor, Dims{width});
    return tensor;
  };
  const Normalized result =
      layer_norm(call.memory(), reshape(call.memory(), input, Dims{rows, width}), {width}, flat(1),
                 flat(2), call.number(5));
  call.give(reshape(call.memory(), result.output, input.sizes()));
  call.give(reshape(call.memory(), result.mean, Dims{rows}));
  call.give(reshape(call.memory(), result.rstd, Dims{rows}));
}

/// As many of the last dimensions as `normalized_shape` lists become 1 in the statistics.
void layer_norm_sizes(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  call.result().dims = sizes;
  call.result().least_rank = call.arg(0).least_rank;
  const std::optional<std::vector<Fact>>& normalized = call.arg(1).items;
  if (!sizes || !normalized) return;
  if (normalized->empty() || normalized->size() > sizes->size()) throw Mismatch{};
  std::fill(sizes->end() - static_cast<std::ptrdiff_t>(normalized->size()), sizes->end(),
            Dimension::of(1));
  for (std::size_t i = 1; i < call.result_count(); ++i) call.result(i).dims = sizes;
}

/// The number of an argument, or a size of which nothing is known.
Dimension number_or_unknown(Inference& call, std::size_t i) {
  const std::optional<Dimension> number = call.number(i);
  return number ? *number : call.domain().unknown();
}

void layer_norm_of_rows_sizes(Inference& call) {
  call.result().dims = call.dims(0);
  const Dimension rows = number_or_unknown(call, 3);
  for (std::size_t i = 1; i < call.result_count(); ++i) call.result(i).dims = Dimensions{rows};
}

void group_norm_sizes(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  call.result().dims = sizes;
  if (sizes && sizes->size() < 2) throw Mismatch{};
  const Dimension batch = sizes ? sizes->front() : call.domain().unknown();
  const Dimension groups = number_or_unknown(call, 6);
  for (std::size_t i = 1; i < call.result_count(); ++i) {
    call.result(i).dims = Dimensions{batch, groups};
  }
}

void register_layer_norm(OperatorTable& table) {
  table.add(
      "aten::layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, "
      "Tensor? bias=None, float eps=1e-05, bool cudnn_enable=True) -> Tensor",
      [](Call& call) {
        call.give(layer_norm(call.memory(), call.tensor(0), call.ints(1), call.maybe_tensor(2),
                             call.maybe_tensor(3), call.number(4))
                      .output);
      },
      {dtypes::same, shapes::same, Trait::kMixes});
  table.add(
      "aten::native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, "
      "float eps) -> (Tensor, Tensor, Tensor)",
      [](Call& call) {
        give(call, layer_norm(call.memory(), call.tensor(0), call.ints(1), call.maybe_tensor(2),
                              call.maybe_tensor(3), call.number(4)));
      },
      {normalized_types<2>, layer_norm_sizes, Trait::kMixes});
  table.add(
      "aten::native_layer_norm.rows(Tensor input, Tensor? weight, Tensor? bias, int M, int N, "
      "float eps) -> (Tensor, Tensor, Tensor)",
      run_layer_norm_of_rows, {normalized_types<1>, layer_norm_of_rows_sizes, Trait::kMixes});
  table.add(
      "aten::rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, "
      "float? eps=None) -> Tensor",
      [](Call& call) {
        call.give(rms_norm(call.memory(), call.tensor(0), call.ints(1), call.maybe_tensor(2),
                           call.maybe_number(3)));
      },
      {dtypes::same, shapes::same, Trait::kMixes});
}

void register_group_norm(OperatorTable& table) {
  table.add(
      "aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, "
      "float eps=1e-05, bool cudnn_enabled=True) -> Tensor",
      [](Call& call) {
        call.give(group_norm(call.memory(), call.tensor(0), call.integer(1), call.maybe_tensor(2),
                             call.maybe_tensor(3), call.number(4))
                      .output);
      },
      {dtypes::same, shapes::same, Trait::kMixes});
  table.add(
      "aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, "
      "int group, float eps) -> (Tensor, Tensor, Tensor)",
      [](Call& call) {
        give(call, group_norm(call.memory(), call.tensor(0), call.integer(6), call.maybe_tensor(1),
                              call.maybe_tensor(2), call.number(7)));
      },
      {normalized_types<1>, group_norm_sizes, Trait::kMixes});
}

}  // namespace

Normalized layer_norm(Allocator& memory, const Tensor& input, const Dims& normalized,
                      const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                      double eps) {
  const std::int64_t width = check_normalized(input, normalized);
  const DType dtype = computing_dtype(input);
  check_parameter(input, weight, normalized, "weight");
  check_parameter(input, bias, normalized, "bias");
  Dims leading = input.sizes();
  std::fill(leading.end() - static_cast<std::ptrdiff_t>(normalized.size()), leading.end(), 1);
  Normalized result{Tensor::empty(memory, dtype, input.sizes()),
                    Tensor::empty(memory, dtype, leading), Tensor::empty(memory, dtype, leading)};
  visit_computing(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    normalize_rows<T>(input.to(memory, dtype).contiguous(memory), width,
                      as_contiguous(memory, weight, dtype), as_contiguous(memory, bias, dtype), eps,
                      result);
  });
  const DType kept = weight ? weight->dtype() : input.dtype();
  return {result.output.to(memory, input.dtype()), result.mean.to(memory, kept),
          result.rstd.to(memory, kept)};
}

void register_normalization(OperatorTable& table) {
  register_layer_norm(table);
  register_group_norm(table);
  register_batch_norm(table);
  register_weight_norm(table);
  register_dropout(table);
}

}  // namespace henson::runtime
