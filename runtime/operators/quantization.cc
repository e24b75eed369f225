#include "runtime/operators/quantization.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "henson/error.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

using loader::Quantization;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

void check_float(const Tensor& tensor) {
  if (tensor.dtype() == DType::kFloat32) return;
  fail("Quantize only works on Float Tensor, got " + std::string(name_of(tensor.dtype())));
}

const Quantization& quantization_of(const Tensor& tensor) {
  if (!tensor.quantization())
    fail("expected a quantized tensor, and it is " + std::string(name_of(tensor.dtype())));
  return *tensor.quantization();
}

/// f(TypeTag of the stored integers).
template <typename F>
void visit_stored(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kQInt8:
      return f(TypeTag<std::int8_t>{});
    case DType::kQUInt8:
      return f(TypeTag<std::uint8_t>{});
    case DType::kQInt32:
      return f(TypeTag<std::int32_t>{});
    default:
      throw_unsupported_dtype(dtype);
  }
}

/// Which channel each element of a contiguous tensor belongs to: (i / inner) % count.
struct Channels {
  std::int64_t inner = 1;
  std::int64_t count = 1;

  std::size_t of(std::int64_t i) const { return static_cast<std::size_t>(i / inner % count); }
};

Channels channels_of(const Tensor& tensor, const Quantization& quantization) {
  Channels channels;
  if (!quantization.per_channel) return channels;
  const auto axis = static_cast<std::size_t>(wrap_dim(quantization.axis, tensor.dim()));
  channels.count = tensor.sizes()[axis];
  for (std::size_t d = axis + 1; d < tensor.sizes().size(); ++d) {
    channels.inner *= tensor.sizes()[d];
  }
  const auto count = static_cast<std::size_t>(channels.count);
  if (quantization.scales.size() != count || quantization.zero_points.size() != count) {
    fail("number of elements in scales and zero_points must match the dim size of the given axis");
  }
  return channels;
}

Tensor quantize_tensor(Allocator& memory, const Tensor& tensor, Quantization quantization,
                       DType dtype) {
  check_float(tensor);
  const Tensor source = tensor.contiguous(memory);
  const IntegerRange range = range_of(dtype);
  for (const std::int64_t zero : quantization.zero_points) {
    if (zero < range.least || zero > range.most) {
      fail("quantize: zero_point " + std::to_string(zero) + " is out of range");
    }
  }
  const Channels channels = channels_of(source, quantization);
  Tensor out = Tensor::empty(memory, dtype, tensor.sizes());
  visit_stored(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const target = out.mutable_data<T>();
    StopPace pace;
    for (std::int64_t i = 0; i < source.numel(); ++i) {
      pace.did(1);
      const std::size_t c = channels.of(i);
      target[i] = static_cast<T>(quantize(
          source.data<float>()[i], {quantization.scales[c], quantization.zero_points[c]}, range));
    }
  });
  return out.with_quantization(std::make_shared<const Quantization>(std::move(quantization)));
}

Quantization per_tensor(double scale, std::int64_t zero_point) {
  return {false, 0, {scale}, {zero_point}};
}

/// A number of the code that must fit into 32 bits.
int narrowed(std::int64_t number, const char* what) {
  const auto narrow = static_cast<int>(number);
  if (narrow != number) {
    fail("quantize: the " + std::string(what) + " " + std::to_string(number) + " is out of range");
  }
  return narrow;
}

Quantization per_channel(Allocator& memory, const Tensor& scales, const Tensor& zero_points,
                         std::int64_t axis) {
  if (scales.dim() != 1 || zero_points.dim() != 1 || scales.numel() != zero_points.numel()) {
    fail("quantize_per_channel: scales and zero_points must be 1-D tensors of one size");
  }
  const Tensor s = scales.to(memory, DType::kFloat64).contiguous(memory);
  const Tensor z = zero_points.to(memory, DType::kInt64).contiguous(memory);
  return {true,
          narrowed(axis, "axis"),
          {s.data<double>(), s.data<double>() + s.numel()},
          {z.data<std::int64_t>(), z.data<std::int64_t>() + z.numel()}};
}

Tensor integers(Allocator& memory, const Tensor& tensor) {
  const Tensor source = tensor.contiguous(memory);
  if (!is_quantized(source.dtype())) throw_unsupported_dtype(source.dtype());
  const DType dtype = stored_as(source.dtype());
  const Tensor stored =
      Tensor::view(dtype, source.buffer(), source.sizes(), source.strides(), source.offset());
  return stored.clone(memory);
}

/// Quantized and back, elements kept as float32: what quantization-aware training puts in.
Tensor fake_quantize(Allocator& memory, const Tensor& tensor, const Quantization& quantization,
                     IntegerRange range) {
  check_float(tensor);
  if (range.least > range.most) fail("`quant_min` should be less than or equal to `quant_max`");
  narrowed(range.least, "quant_min");
  narrowed(range.most, "quant_max");
  for (const std::int64_t zero : quantization.zero_points) {
    if (zero < range.least || zero > range.most) {
      fail("`zero_point` must be between `quant_min` and `quant_max`.");
    }
  }
  const Tensor source = tensor.contiguous(memory);
  const Channels channels = channels_of(source, quantization);
  Tensor out = Tensor::empty(memory, DType::kFloat32, tensor.sizes());
  StopPace pace;
  for (std::int64_t i = 0; i < source.numel(); ++i) {
    pace.did(1);
    const std::size_t c = channels.of(i);
    const auto scale = static_cast<float>(quantization.scales[c]);
    const std::int64_t zero = quantization.zero_points[c];
    const std::int64_t q = quantize(source.data<float>()[i], {quantization.scales[c], zero}, range);
    out.mutable_data<float>()[i] = static_cast<float>(q - zero) * scale;
  }
  return out;
}

void run_dequantize(Call& call) {
  if (call.arg(0).is<Tensor>()) {
    call.give(dequantize(call.memory(), call.tensor(0)));
    return;
  }
  std::vector<Value> results;
  for (const Tensor& tensor : call.tensors(0))
    results.emplace_back(dequantize(call.memory(), tensor));
  call.give(Value::list(std::move(results)));
}

Tensor doubles(Allocator& memory, const std::vector<double>& values) {
  Tensor tensor =
      Tensor::empty(memory, DType::kFloat64, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.mutable_data<double>());
  return tensor;
}

Tensor longs(Allocator& memory, const std::vector<std::int64_t>& values) {
  Tensor tensor = Tensor::empty(memory, DType::kInt64, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.mutable_data<std::int64_t>());
  return tensor;
}

const Quantization& of_kind(const Tensor& tensor, bool channels) {
  const Quantization& quantization = quantization_of(tensor);
  if (quantization.per_channel != channels) {
    fail(channels ? "expected a tensor quantized per channel"
                  : "expected a tensor quantized per tensor");
  }
  return quantization;
}

void told_type(Inference& call) { dtypes::told(call); }
constexpr Rule kQuantized{told_type, shapes::same};
constexpr Rule kDequantized{dtypes::kFloat32, shapes::same_elements, Trait::kCasts};
constexpr Rule kFakeQuantized{dtypes::kFloat32, shapes::same};

/// The integers that a quantized tensor is stored as.
void stored_types(Inference& call) {
  const std::optional<DType> dtype = call.arg(0).dtype;
  call.result().floating = false;
  if (dtype && is_quantized(*dtype)) call.result().dtype = stored_as(*dtype);
}

/// One for each channel.
void channel_sizes(Inference& call) { call.give({call.domain().unknown()}); }

void dequantized_list(Inference& call) {
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  if (!items) return;
  call.result().items.emplace();
  for (const Fact& item : *items) {
    Fact result;
    result.kind = TypeKind::kTensor;
    result.dims = call.resolved(item.dims);
    result.least_rank = item.least_rank;
    call.result().items->push_back(std::move(result));
  }
}

void register_quantize(OperatorTable& table) {
  table.add(
      "aten::quantize_per_tensor(Tensor self, float scale, int zero_point, ScalarType dtype) -> "
      "Tensor",
      [](Call& call) {
        call.give(quantize_tensor(call.memory(), call.tensor(0),
                                  per_tensor(call.number(1), call.integer(2)), call.dtype(3)));
      },
      kQuantized);
  table.add(
      "aten::quantize_per_tensor.tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, "
      "ScalarType dtype) -> Tensor",
      [](Call& call) {
        call.give(quantize_tensor(call.memory(), call.tensor(0),
                                  per_tensor(call.number(1), call.integer(2)), call.dtype(3)));
      },
      kQuantized);
  table.add(
      "aten::quantize_per_tensor_dynamic(Tensor self, ScalarType dtype, bool reduce_range) -> "
      "Tensor",
      [](Call& call) {
        const Tensor tensor = call.tensor(0);
        check_float(tensor);
        const QuantizationParameters chosen =
            choose_parameters(call.memory(), tensor, range_of(call.dtype(1)), call.flag(2));
        call.give(quantize_tensor(call.memory(), tensor,
                                  per_tensor(chosen.scale, chosen.zero_point), call.dtype(1)));
      },
      kQuantized);
  table.add(
      "aten::quantize_per_channel(Tensor self, Tensor scales, Tensor zero_points, int axis, "
      "ScalarType dtype) -> Tensor",
      [](Call& call) {
        call.give(quantize_tensor(
            call.memory(), call.tensor(0),
            per_channel(call.memory(), call.tensor(1), call.tensor(2), call.integer(3)),
            call.dtype(4)));
      },
      kQuantized);
  table.add(
      "aten::_choose_qparams_per_tensor(Tensor self, bool reduce_range=False) -> (float, int)",
      [](Call& call) {
        const QuantizationParameters chosen = choose_parameters(
            call.memory(), call.tensor(0), range_of(DType::kQUInt8), call.flag(1));
        call.give(chosen.scale);
        call.give(chosen.zero_point);
      },
      kNoRule);
}

void register_dequantize(OperatorTable& table) {
  table.add("aten::dequantize.self(Tensor self) -> Tensor", run_dequantize, kDequantized);
  table.add("aten::dequantize.tensors(Tensor[] tensors) -> Tensor[]", run_dequantize,
            {dtypes::kFloat32, dequantized_list});
  table.add("aten::int_repr(Tensor self) -> Tensor",
            [](Call& call) { call.give(integers(call.memory(), call.tensor(0))); },
            {stored_types, shapes::same});
  table.add(
      "aten::q_scale(Tensor self) -> float",
      [](Call& call) { call.give(of_kind(call.tensor(0), false).scales[0]); }, kNoRule);
  table.add(
      "aten::q_zero_point(Tensor self) -> int",
      [](Call& call) { call.give(of_kind(call.tensor(0), false).zero_points[0]); }, kNoRule);
  table.add(
      "aten::q_per_channel_scales(Tensor self) -> Tensor",
      [](Call& call) { call.give(doubles(call.memory(), of_kind(call.tensor(0), true).scales)); },
      {dtypes::kFloat64, channel_sizes});
  table.add("aten::q_per_channel_zero_points(Tensor self) -> Tensor",
            [](Call& call) {
              call.give(longs(call.memory(), of_kind(call.tensor(0), true).zero_points));
            },
            {dtypes::kInt64, channel_sizes});
  table.add(
      "aten::q_per_channel_axis(Tensor self) -> int",
      [](Call& call) { call.give(static_cast<std::int64_t>(of_kind(call.tensor(0), true).axis)); },
      kNoRule);
}

void register_fake_quantize(OperatorTable& table) {
  for (const char* schema :
       {"aten::fake_quantize_per_tensor_affine(Tensor self, float scale, int zero_point, "
        "int quant_min, int quant_max) -> Tensor",
        "aten::fake_quantize_per_tensor_affine.tensor_qparams(Tensor self, Tensor scale, "
        "Tensor zero_point, int quant_min, int quant_max) -> Tensor"}) {
    table.add(
        schema,
        [](Call& call) {
          call.give(fake_quantize(call.memory(), call.tensor(0),
                                  per_tensor(call.number(1), call.integer(2)),
                                  {call.integer(3), call.integer(4)}));
        },
        kFakeQuantized);
  }
  table.add(
      "aten::fake_quantize_per_channel_affine(Tensor self, Tensor scale, Tensor zero_point, "
      "int axis, int quant_min, int quant_max) -> Tensor",
      [](Call& call) {
        call.give(fake_quantize(
            call.memory(), call.tensor(0),
            per_channel(call.memory(), call.tensor(1), call.tensor(2), call.integer(3)),
            {call.integer(4), call.integer(5)}));
      },
      kFakeQuantized);
}

/// The smallest scale in use: below it, as in PyTorch, the range is stretched instead.
constexpr float kSmallestScale = 6.1e-5F;

}  // namespace

IntegerRange range_of(DType dtype) {
  switch (dtype) {
    case DType::kQInt8:
      return {-128, 127};
    case DType::kQUInt8:
      return {0, 255};
    case DType::kQInt32:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    default:
      throw_unsupported_dtype(dtype);
  }
}

QuantizationParameters choose_parameters(float least, float most, IntegerRange range,
                                         bool reduce_range) {
  const std::int64_t low = reduce_range ? range.least / 2 : range.least;
  const std::int64_t high = reduce_range ? range.most / 2 : range.most;
  float bottom = std::min(least, 0.0F);
  float top = std::max(most, 0.0F);
  double scale =
      (static_cast<double>(top) - static_cast<double>(bottom)) / static_cast<double>(high - low);
  const auto narrow = static_cast<float>(scale);
  if (narrow == 0.0F || std::isinf(1.0F / narrow)) scale = 0.1;
  if (scale < static_cast<double>(kSmallestScale)) {
    const float amplifier = kSmallestScale / static_cast<float>(scale);
    scale = static_cast<double>(kSmallestScale);
    if (bottom == 0.0F) {
      top = kSmallestScale * static_cast<float>(high - low);
    } else if (top == 0.0F) {
      bottom = -kSmallestScale * static_cast<float>(high - low);
    } else {
      bottom *= amplifier;
      top *= amplifier;
    }
  }
  // The zero point follows from either end; the end with the smaller terms is the more exact.
  const double below = static_cast<double>(bottom) / scale;
  const double above = static_cast<double>(top) / scale;
  const double error_below = std::abs(static_cast<double>(low)) - std::abs(below);
  const double error_above = std::abs(static_cast<double>(high)) - std::abs(above);
  const double zero = error_below < error_above ? static_cast<double>(low) - below
                                                : static_cast<double>(high) - above;
  const double nearest =
      std::nearbyint(std::clamp(zero, static_cast<double>(low), static_cast<double>(high)));
  return {scale, static_cast<std::int64_t>(nearest)};
}

QuantizationParameters choose_parameters(Allocator& memory, const Tensor& tensor,
                                         IntegerRange range, bool reduce_range) {
  const Tensor source = tensor.contiguous(memory);
  const float* const data = source.data<float>();
  float least = 0;
  float most = 0;
  for (std::int64_t i = 0; i < source.numel(); ++i) {
    if (!std::isfinite(data[i])) fail("quantization of values that are not finite");
    least = std::min(least, data[i]);
    most = std::max(most, data[i]);
  }
  return choose_parameters(least, most, range, reduce_range);
}

std::int64_t quantize(float value, const QuantizationParameters& parameters, IntegerRange range) {
  // PyTorch multiplies by the reciprocal and adds the zero point in one fused float instruction;
  // both are exact in double.
  const float reciprocal = 1.0F / static_cast<float>(parameters.scale);
  const double exact = static_cast<double>(value) * static_cast<double>(reciprocal) +
                       static_cast<double>(parameters.zero_point);
  const auto moved = static_cast<float>(exact);
  const double rounded = static_cast<double>(std::nearbyint(moved));
  if (std::isnan(rounded)) return range.least;
  return static_cast<std::int64_t>(
      std::clamp(rounded, static_cast<double>(range.least), static_cast<double>(range.most)));
}

Tensor dequantize(Allocator& memory, const Tensor& tensor) {
  if (!is_quantized(tensor.dtype())) return tensor.to(memory, DType::kFloat32);
  const Quantization& quantization = quantization_of(tensor);
  const Tensor source = tensor.contiguous(memory);
  const Channels channels = channels_of(source, quantization);
  Tensor out = Tensor::empty(memory, DType::kFloat32, tensor.sizes());
  float* const target = out.mutable_data<float>();
  visit_stored(tensor.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    StopPace pace;
    for (std::int64_t i = 0; i < source.numel(); ++i) {
      pace.did(1);
      const std::size_t c = channels.of(i);
      const auto steps = static_cast<float>(static_cast<std::int64_t>(source.data<T>()[i]) -
                                            quantization.zero_points[c]);
      const double scale = quantization.scales[c];
      // PyTorch keeps the scales of channels in double, and a tensor's single one in float.
      target[i] = quantization.per_channel ? static_cast<float>(static_cast<double>(steps) * scale)
                                           : steps * static_cast<float>(scale);
    }
  });
  return out;
}

void register_quantization(OperatorTable& table) {
  register_quantize(table);
  register_dequantize(table);
  register_fake_quantize(table);
}

}  // namespace henson::runtime
