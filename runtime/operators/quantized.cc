// Linear layers with packed weights: dynamically quantized, and float16.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/quantization.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

const PackedLinear& packed(const Call& call, std::size_t i) {
  const auto* linear = std::get_if<std::shared_ptr<const PackedLinear>>(&call.arg(i));
  if (linear == nullptr || *linear == nullptr) {
    fail("argument " + std::to_string(i + 1) + " should be packed linear parameters, and is " +
         kind_of(call.arg(i)));
  }
  return **linear;
}

void check_input(const Tensor& x, const Tensor& weight) {
  if (x.dtype() != DType::kFloat32) {
    fail("expected scalar type Float but found " + std::string(name_of(x.dtype())));
  }
  if (x.dim() < 2) fail("The dimension of input tensor should be larger than or equal to 2");
  if (weight.dim() != 2 || x.size(-1) != weight.size(1)) {
    fail("a linear layer of " + to_string(weight.sizes()) + " does not take an input of " +
         to_string(x.sizes()));
  }
}

/// q - zero_point of every element of a qint8 weight [out, in], as floats.
Tensor centered(Allocator& memory, const Tensor& quantized) {
  const loader::Quantization& quantization = *quantized.quantization();
  const Tensor source = quantized.contiguous(memory);
  const std::int64_t width = source.size(-1);
  Tensor out = Tensor::empty(memory, DType::kFloat32, source.sizes());
  StopPace pace;
  for (std::int64_t i = 0; i < source.numel(); ++i) {
    pace.did(1);
    const auto channel = static_cast<std::size_t>(quantization.per_channel ? i / width : 0);
    out.mutable_data<float>()[i] = static_cast<float>(source.data<std::int8_t>()[i]) -
                                   static_cast<float>(quantization.zero_points[channel]);
  }
  return out;
}

Tensor centered_input(Allocator& memory, const Tensor& x,
                      const QuantizationParameters& parameters) {
  const Tensor source = x.contiguous(memory);
  const IntegerRange range = range_of(DType::kQUInt8);
  Tensor out = Tensor::empty(memory, DType::kFloat32, x.sizes());
  StopPace pace;
  for (std::int64_t i = 0; i < source.numel(); ++i) {
    pace.did(1);
    const std::int64_t q = quantize(source.data<float>()[i], parameters, range);
    out.mutable_data<float>()[i] = static_cast<float>(q - parameters.zero_point);
  }
  return out;
}

/// The exact integer product of x [M, K] and weightᵀ [K, N], in double. Both hold integers of at
/// most 255 in magnitude: float sums of 256 products stay below 2^24, where they are exact.
Tensor integer_product(Allocator& memory, const Tensor& x, const Tensor& weight) {
  constexpr std::int64_t kExact = 256;
  const Tensor right = permute(weight, Dims{1, 0});
  Tensor total = Tensor::empty(memory, DType::kFloat64, {x.size(0), weight.size(0)});
  std::fill_n(total.mutable_data<double>(), total.numel(), 0.0);
  for (std::int64_t k = 0; k < x.size(1); k += kExact) {
    const std::int64_t count = std::min(kExact, x.size(1) - k);
    const Tensor part = product(memory, narrow(x, 1, k, count), narrow(right, 0, k, count));
    const float* const source = part.data<float>();
    double* const target = total.mutable_data<double>();
    for (std::int64_t i = 0; i < part.numel(); ++i) target[i] += static_cast<double>(source[i]);
  }
  return total;
}

void check_packed_int8(const PackedLinear& linear) {
  const auto& quantization = linear.weight.quantization();
  if (linear.weight.dtype() != DType::kQInt8 || !quantization) {
    fail("quantized::linear_dynamic: the packed weight is not qint8");
  }
  const std::size_t channels =
      quantization->per_channel ? static_cast<std::size_t>(linear.weight.size(0)) : 1;
  const bool by_rows = !quantization->per_channel || quantization->axis == 0;
  if (!by_rows || quantization->scales.size() != channels ||
      quantization->zero_points.size() != channels) {
    fail("quantized::linear_dynamic: the packed weight's scales do not fit its rows");
  }
}

void check_bias(const Tensor& bias, std::int64_t outputs) {
  if (!bias.defined()) return;
  if (bias.dtype() != DType::kFloat32 || bias.sizes() != Dims{outputs}) {
    fail("a packed linear layer's bias should be float32 of " + std::to_string(outputs) +
         " elements");
  }
}

/// x quantized to 8 bits (7 with reduce_range) by its own least and largest element, multiplied as
/// integers, and scaled back.
Tensor linear_dynamic(Allocator& memory, const Tensor& x, const PackedLinear& linear,
                      bool reduce_range, bool relu) {
  check_packed_int8(linear);
  check_input(x, linear.weight);
  const std::int64_t outputs = linear.weight.size(0);
  check_bias(linear.bias, outputs);
  const QuantizationParameters parameters =
      choose_parameters(memory, x, range_of(DType::kQUInt8), reduce_range);
  Dims sizes = x.sizes();
  const std::int64_t rows = x.numel() / std::max<std::int64_t>(x.size(-1), 1);
  sizes.back() = outputs;
  const Tensor sums = integer_product(
      memory, reshape(memory, centered_input(memory, x, parameters), Dims{rows, x.size(-1)}),
      centered(memory, linear.weight));
  const loader::Quantization& quantization = *linear.weight.quantization();
  const Tensor bias = linear.bias.defined() ? linear.bias.contiguous(memory) : Tensor();
  Tensor out = Tensor::empty(memory, DType::kFloat32, std::move(sizes));
  StopPace pace;
  for (std::int64_t i = 0; i < sums.numel(); ++i) {
    pace.did(1);
    const std::int64_t column = i % outputs;
    const auto channel = static_cast<std::size_t>(quantization.per_channel ? column : 0);
    const float scale =
        static_cast<float>(parameters.scale) * static_cast<float>(quantization.scales[channel]);
    float y = static_cast<float>(sums.data<double>()[i]) * scale;
    if (bias.defined()) y += bias.data<float>()[column];
    out.mutable_data<float>()[i] = relu ? std::max(y, 0.0F) : y;
  }
  return out;
}

std::optional<Tensor> maybe(const Tensor& tensor) {
  if (!tensor.defined()) return std::nullopt;
  return tensor;
}

Tensor linear_fp16(Allocator& memory, const Tensor& x, const Tensor& weight,
                   const std::optional<Tensor>& bias, bool relu) {
  if (weight.dtype() != DType::kFloat16)
    fail("linear_dynamic_fp16: the packed weight is not float16");
  check_input(x, weight);
  Tensor y = linear(memory, x, weight.to(memory, DType::kFloat32), bias);
  if (relu) {
    map_into<float, float>(y, y, [](float value) { return std::max(value, 0.0F); });
  }
  return y;
}

/// float16, with what is too large for it made the largest it holds.
Tensor saturated_half(Allocator& memory, const Tensor& weight) {
  static constexpr float kLargest = 65504.0F;
  if (weight.dtype() != DType::kFloat32) {
    fail("expected a float32 weight, and it is " + std::string(name_of(weight.dtype())));
  }
  Tensor clamped = Tensor::empty(memory, DType::kFloat32, weight.sizes());
  map_into<float, float>(weight, clamped,
                         [](float value) { return std::clamp(value, -kLargest, kLargest); });
  return clamped.to(memory, DType::kFloat16);
}

Value pack(Tensor weight, const std::optional<Tensor>& bias) {
  if (weight.dim() != 2)
    fail("The weight tensor for a packed linear layer should be 2-dimensional");
  auto linear = std::make_shared<PackedLinear>();
  linear->weight = std::move(weight);
  linear->bias = bias.value_or(Tensor());
  check_bias(linear->bias, linear->weight.size(0));
  return std::shared_ptr<const PackedLinear>(std::move(linear));
}

void run_prepack(Call& call) {
  const Tensor weight = call.tensor(0);
  if (weight.dtype() != DType::kQInt8) {
    fail("quantized::linear_prepack: the weight should be qint8, and is " +
         std::string(name_of(weight.dtype())));
  }
  call.give(pack(weight, call.maybe_tensor(1)));
}

void run_unpack(Call& call) {
  const PackedLinear& linear = packed(call, 0);
  const bool half = linear.weight.dtype() == DType::kFloat16;
  call.give(half ? linear.weight.to(call.memory(), DType::kFloat32) : linear.weight);
  call.give(linear.bias.defined() ? Value(linear.bias) : Value(None{}));
}

template <bool kRelu>
void run_dynamic(Call& call) {
  call.give(linear_dynamic(call.memory(), call.tensor(0), packed(call, 1), call.flag(2), kRelu));
}

template <bool kRelu>
void run_dynamic_fp16(Call& call) {
  const PackedLinear& linear = packed(call, 1);
  call.give(linear_fp16(call.memory(), call.tensor(0), linear.weight, maybe(linear.bias), kRelu));
}

constexpr Rule kPackedLinear{dtypes::kFloat32, shapes::packed_linear,
                             Trait::kMultiplies | Trait::kQuantized};
constexpr Rule kPacking{nullptr, nullptr, Trait::kQuantized};
constexpr Rule kPlainWeight{dtypes::kFloat32, shapes::linear, Trait::kMultiplies};

/// The packed weight and bias, where they are a constant.
const PackedLinear* packed_constant(const Inference& call) {
  const Value* const constant = call.arg(0).constant;
  const auto* linear =
      constant == nullptr ? nullptr : std::get_if<std::shared_ptr<const PackedLinear>>(constant);
  const bool whole = linear != nullptr && *linear != nullptr && (*linear)->weight.defined();
  return whole ? linear->get() : nullptr;
}

void unpacked_types(Inference& call) {
  const PackedLinear* const linear = packed_constant(call);
  if (linear == nullptr) return;
  const DType kept = linear->weight.dtype();
  call.result(0).dtype = kept == DType::kFloat16 ? DType::kFloat32 : kept;
  if (linear->bias.defined()) call.result(1).dtype = linear->bias.dtype();
}

void unpacked_sizes(Inference& call) {
  const PackedLinear* const linear = packed_constant(call);
  if (linear == nullptr) return;
  const auto give = [](Fact& result, const Tensor& tensor) {
    result.dims.emplace();
    for (const std::int64_t size : tensor.sizes()) result.dims->push_back(Dimension::of(size));
  };
  give(call.result(0), linear->weight);
  if (linear->bias.defined()) give(call.result(1), linear->bias);
}

void register_packed_linear(OperatorTable& table) {
  table.add(
      "quantized::linear_dynamic(Tensor X, PackedLinear W_prepack, bool reduce_range=False) -> "
      "Tensor",
      run_dynamic<false>, kPackedLinear);
  table.add(
      "quantized::linear_relu_dynamic(Tensor X, PackedLinear W_prepack, bool reduce_range=False) "
      "-> Tensor",
      run_dynamic<true>, kPackedLinear);
  table.add("quantized::linear_dynamic_fp16(Tensor X, PackedLinear W_prepack) -> Tensor",
            run_dynamic_fp16<false>, kPackedLinear);
  table.add("quantized::linear_relu_dynamic_fp16(Tensor X, PackedLinear W_prepack) -> Tensor",
            run_dynamic_fp16<true>, kPackedLinear);
  table.add("quantized::linear_prepack(Tensor W, Tensor? B=None) -> PackedLinear", run_prepack,
            kPacking);
  table.add(
      "quantized::linear_prepack_fp16(Tensor W, Tensor? B=None) -> PackedLinear",
      [](Call& call) {
        call.give(pack(saturated_half(call.memory(), call.tensor(0)), call.maybe_tensor(1)));
      },
      kPacking);
  table.add("quantized::linear_unpack(PackedLinear W_prepack) -> (Tensor, Tensor?)", run_unpack,
            {unpacked_types, unpacked_sizes, Trait::kQuantized});
  table.add("quantized::linear_unpack_fp16(PackedLinear W_prepack) -> (Tensor, Tensor?)",
            run_unpack, {unpacked_types, unpacked_sizes, Trait::kQuantized});
}

/// PyTorch 1.0 to 1.4: int8 weights with one scale, kept beside their packed form, which holds
/// nothing more.
void run_int8_weight(Call& call) {
  const Tensor weight = call.tensor(1);
  if (weight.dtype() != DType::kInt8) fail("fbgemm_linear_int8_weight: the weight is not int8");
  const double scale = call.number(4);
  const auto quantization = std::make_shared<const loader::Quantization>(
      loader::Quantization{false, 0, {scale}, {call.integer(5)}});
  PackedLinear linear;
  linear.weight = Tensor::view(DType::kQInt8, weight.buffer(), weight.sizes(), weight.strides(),
                               weight.offset())
                      .with_quantization(quantization);
  linear.bias = call.tensor(6);
  call.give(linear_dynamic(call.memory(), call.tensor(0), linear, false, false));
}

void register_fbgemm(OperatorTable& table) {
  const std::string int8 =
      "(Tensor input, Tensor weight, Tensor packed, Tensor col_offsets, Scalar weight_scale, "
      "Scalar weight_zero_point, Tensor bias) -> Tensor";
  table.add("aten::fbgemm_linear_int8_weight" + int8, run_int8_weight, kPlainWeight);
  table.add("aten::fbgemm_linear_int8_weight_fp32_activation" + int8, run_int8_weight,
            kPlainWeight);
  table.add("aten::fbgemm_pack_quantized_matrix(Tensor(a) input) -> Tensor(a)",
            [](Call& call) { call.give(call.tensor(0)); },
            {dtypes::same, shapes::same_elements, Trait::kMoves});
  table.add("aten::fbgemm_pack_quantized_matrix.KN(Tensor(a) input, int K, int N) -> Tensor(a)",
            [](Call& call) { call.give(call.tensor(0)); },
            {dtypes::same, shapes::same_elements, Trait::kMoves});
  table.add("aten::fbgemm_pack_gemm_matrix_fp16(Tensor input) -> Tensor",
            [](Call& call) { call.give(saturated_half(call.memory(), call.tensor(0))); },
            {dtypes::always<DType::kFloat16>, shapes::same});
  for (const std::string name :
       {"fbgemm_linear_fp16_weight", "fbgemm_linear_fp16_weight_fp32_activation"}) {
    table.add(
        "aten::" + name + "(Tensor input, Tensor packed_weight, Tensor? bias) -> Tensor",
        [](Call& call) {
          call.give(linear_fp16(call.memory(), call.tensor(0), call.tensor(1), call.maybe_tensor(2),
                                false));
        },
        kPlainWeight);
  }
}

}  // namespace

void register_quantized(OperatorTable& table) {
  register_packed_linear(table);
  register_quantization(table);
  register_fbgemm(table);
}

}  // namespace henson::runtime
