#include "runtime/operators/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

void check_operands(const Tensor& query, const Tensor& key, const Tensor& value) {
  check_same_dtype(query, key);
  check_same_dtype(query, value);
  if (!is_floating(query.dtype())) throw_unsupported_dtype(query.dtype());
  if (query.dim() < 2 || key.dim() < 2 || value.dim() < 2) {
    fail(
        "scaled_dot_product_attention: Expected query, key, and value to all be at least 2 "
        "dimensional, but got " +
        std::to_string(query.dim()) + ", " + std::to_string(key.dim()) + " and " +
        std::to_string(value.dim()));
  }
  if (query.size(-1) != key.size(-1) || key.size(-2) != value.size(-2)) {
    fail("scaled_dot_product_attention: query " + to_string(query.sizes()) + ", key " +
         to_string(key.sizes()) + " and value " + to_string(value.sizes()) + " do not fit");
  }
}

void check_mask(const Tensor& mask, DType dtype) {
  const bool fits =
      mask.dtype() == DType::kBool || mask.dtype() == DType::kFloat32 || mask.dtype() == dtype;
  if (fits) return;
  fail(
      "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
      "attn_mask.dtype: " +
      std::string(name_of(mask.dtype())) + " and query.dtype: " + std::string(name_of(dtype)));
}

/// Each head of keys or values serves a group of neighbouring queries' heads.
Tensor repeat_heads(Allocator& memory, const Tensor& tensor, std::int64_t heads) {
  const std::int64_t own = tensor.dim() > 2 ? tensor.size(-3) : 0;
  if (own == heads) return tensor;
  if (own <= 0 || heads % own != 0) {
    fail("Number of heads in key and value must divide the number of heads in query");
  }
  Dims sizes = tensor.sizes();
  const std::size_t at = sizes.size() - 3;
  const Tensor grouped = unsqueeze(tensor, static_cast<std::int64_t>(at) + 1);
  Dims expanded = grouped.sizes();
  expanded[at + 1] = heads / own;
  sizes[at] = heads;
  return reshape(memory, expand_to(grouped, expanded), std::move(sizes));
}

Tensor transposed(const Tensor& tensor) {
  Dims dims(tensor.sizes().size());
  for (std::size_t d = 0; d < dims.size(); ++d) dims[d] = static_cast<std::int64_t>(d);
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return permute(tensor, dims);
}

/// The mask as numbers to add: a bool mask's false is minus infinity.
Tensor additive(Allocator& memory, const Tensor& mask, DType dtype) {
  if (mask.dtype() != DType::kBool) return mask.to(memory, dtype);
  Tensor bias = Tensor::empty(memory, DType::kFloat32, mask.sizes());
  map_into<bool, float>(
      mask, bias, [](bool keep) { return keep ? 0.0F : -std::numeric_limits<float>::infinity(); });
  return bias.to(memory, dtype);
}

/// Position i sees positions up to i.
template <typename T>
void mask_future(Tensor& scores) {
  const std::int64_t length = scores.size(-2);
  const std::int64_t keys = scores.size(-1);
  const std::int64_t rows = scores.numel() / std::max<std::int64_t>(keys, 1);
  for (std::int64_t r = 0; r < rows; ++r) {
    T* const row = scores.mutable_data<T>() + r * keys;
    for (std::int64_t j = r % length + 1; j < keys; ++j)
      row[j] = -std::numeric_limits<T>::infinity();
  }
}

/// Scores become exp(score - largest of the row); a row of minus infinities becomes zeros. Returns
/// the sum of the row, and its logarithm with the largest put back.
template <typename T>
std::pair<T, T> exponentiate(T* row, std::int64_t count) {
  constexpr T kNone = -std::numeric_limits<T>::infinity();
  T largest = kNone;
  for (std::int64_t i = 0; i < count; ++i) {
    if (row[i] > largest || std::isnan(row[i])) largest = row[i];
    if (std::isnan(largest)) break;
  }
  if (largest == kNone) {
    std::fill_n(row, count, T(0));
    return {T(0), kNone};
  }
  T sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    row[i] = std::exp(row[i] - largest);
    sum += row[i];
  }
  return {sum, largest + std::log(sum)};
}

template <typename T>
void divide_rows(Tensor& tensor, const std::vector<T>& sums) {
  const std::int64_t width = tensor.size(-1);
  for (std::size_t r = 0; r < sums.size(); ++r) {
    T* const row = tensor.mutable_data<T>() + static_cast<std::int64_t>(r) * width;
    const T factor = sums[r] == T(0) ? T(0) : T(1) / sums[r];
    for (std::int64_t i = 0; i < width; ++i) row[i] *= factor;
  }
}

/// `scores` holds the weights of attention on return, of the computing type.
template <typename T>
AttentionResult attend(Allocator& memory, Tensor scores, const Tensor& value, DType dtype,
                       bool round_weights) {
  const std::int64_t keys = scores.size(-1);
  Dims row_sizes(scores.sizes().begin(), scores.sizes().end() - 1);
  const std::int64_t rows = numel_of(row_sizes);
  AttentionResult result;
  result.log_sum_exp = Tensor::empty(memory, scores.dtype(), std::move(row_sizes));
  std::vector<T> sums(static_cast<std::size_t>(rows));
  StopPace pace;
  for (std::size_t r = 0; r < sums.size(); ++r) {
    pace.did(keys);
    const auto [sum, log_sum] =
        exponentiate(scores.mutable_data<T>() + static_cast<std::int64_t>(r) * keys, keys);
    sums[r] = sum;
    result.log_sum_exp.mutable_data<T>()[r] = log_sum;
  }
  // Values are weighed before the division: the fused kernels' order, which rounds weights once.
  const Tensor weights =
      round_weights ? scores.to(memory, dtype).to(memory, scores.dtype()) : scores;
  Tensor output = product(memory, weights, value.to(memory, scores.dtype()));
  const bool same_batch = output.numel() == 0 || output.numel() / output.size(-1) == rows;
  if (!same_batch) fail("scaled_dot_product_attention: value has more batches than query and key");
  divide_rows<T>(output, sums);
  divide_rows<T>(scores, sums);
  result.output = output.to(memory, dtype);
  result.weights = scores.to(memory, dtype);
  return result;
}

Tensor scores_of(Allocator& memory, const Tensor& query, const Tensor& key,
                 const AttentionOptions& options) {
  const DType dtype = product_dtype(query.dtype());
  const double scale = options.scale.value_or(1.0 / std::sqrt(static_cast<double>(query.size(-1))));
  Tensor scores = product(memory, query.to(memory, dtype), transposed(key.to(memory, dtype)));
  if (!options.mask) {
    scale_and_add(scores, scores, std::int64_t{0}, scale);
    return scores;
  }
  check_mask(*options.mask, query.dtype());
  const Dims sizes = broadcast_sizes(scores.sizes(), options.mask->sizes());
  if (sizes != scores.sizes()) scores = expand_to(scores, sizes).clone(memory);
  scale_and_add(scores, additive(memory, *options.mask, dtype), std::int64_t{1}, scale);
  return scores;
}

std::int64_t heads_of(const Tensor& query) { return query.dim() > 2 ? query.size(-3) : 0; }

AttentionOptions options_of(const Call& call, std::size_t mask, std::size_t causal,
                            std::size_t scale) {
  AttentionOptions options;
  options.mask = call.maybe_tensor(mask);
  options.causal = call.flag(causal);
  options.scale = call.maybe_number(scale);
  return options;
}

/// Whether PyTorch's fused CPU kernel takes these operands; others it composes of float operators.
bool fused(const Tensor& query, const Tensor& key, const Tensor& value) {
  for (const Tensor* operand : {&query, &key, &value}) {
    const bool fits = operand->dim() == 4 && operand->numel() > 0 &&
                      operand->size(-1) == query.size(-1) && operand->size(0) == query.size(0) &&
                      operand->strides().back() == 1;
    if (!fits) return false;
  }
  return true;
}

void run(Call& call) {
  AttentionOptions options = options_of(call, 3, 5, 6);
  options.grouped_heads = call.flag(7);
  options.round_weights = fused(call.tensor(0), call.tensor(1), call.tensor(2));
  call.give(
      attention(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2), options).output);
}

void zero_empty_sums(Tensor& sums) {
  const auto zero = [](auto sum) {
    return std::isinf(sum) && sum < 0 ? static_cast<decltype(sum)>(0) : sum;
  };
  if (sums.dtype() == DType::kFloat64) {
    map_into<double, double>(sums, sums, zero);
  } else {
    map_into<float, float>(sums, sums, zero);
  }
}

void run_fused(Call& call) {
  const AttentionOptions options = options_of(call, 5, 4, 6);
  if (options.mask && options.mask->dtype() == DType::kBool) {
    fail(
        "scaled_dot_product_attention_flash_attention: Attention mask is the same data type as "
        "query");
  }
  AttentionResult result =
      attention(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2), options);
  // PyTorch's kernel says 0 for a row that is masked throughout.
  zero_empty_sums(result.log_sum_exp);
  call.give(result.output);
  call.give(result.log_sum_exp);
}

void run_composed(Call& call) {
  AttentionOptions options = options_of(call, 3, 5, 7);
  options.grouped_heads = call.flag(8);
  options.round_weights = false;
  // Here a bool mask was already turned into numbers by whoever calls; what is left is added as is.
  if (options.mask && options.mask->dtype() == DType::kBool) {
    options.mask = options.mask->to(call.memory(), DType::kFloat32);
  }
  if (!call.is_none(6)) {
    throw Error(ErrorCode::kUnsupported, "attention with a dropout mask is not supported");
  }
  const AttentionResult result =
      attention(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2), options);
  call.give(result.output);
  call.give(result.weights);
}

constexpr DTypeRule kOperandType = dtypes::shared_by<0, 1, 2>;

/// The second result of the fused kernel is of the type that sums are taken in.
void fused_types(Inference& call) {
  kOperandType(call);
  Fact sums;
  sums.floating = true;
  if (const std::optional<DType> dtype = call.result().dtype) {
    sums.dtype = *dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  }
  call.result(1).dtype = sums.dtype;
  call.result(1).floating = sums.floating;
}

/// The sum of each row of scores.
void fused_sizes(Inference& call) {
  auto sizes = shapes::attention_sizes(call);
  if (!sizes) return;
  call.result().dims = std::move(sizes->output);
  sizes->scores.pop_back();
  call.result(1).dims = std::move(sizes->scores);
}

void composed_sizes(Inference& call) {
  auto sizes = shapes::attention_sizes(call);
  if (!sizes) return;
  call.result().dims = std::move(sizes->output);
  call.result(1).dims = std::move(sizes->scores);
}

}  // namespace

AttentionResult attention(Allocator& memory, const Tensor& query, const Tensor& key,
                          const Tensor& value, const AttentionOptions& options) {
  check_operands(query, key, value);
  const std::int64_t heads = heads_of(query);
  const Tensor keys = options.grouped_heads ? repeat_heads(memory, key, heads) : key;
  const Tensor values = options.grouped_heads ? repeat_heads(memory, value, heads) : value;
  Tensor scores = scores_of(memory, query, keys, options);
  const DType dtype = query.dtype();
  if (scores.dtype() == DType::kFloat64) {
    if (options.causal) mask_future<double>(scores);
    return attend<double>(memory, std::move(scores), values, dtype, options.round_weights);
  }
  if (options.causal) mask_future<float>(scores);
  return attend<float>(memory, std::move(scores), values, dtype, options.round_weights);
}

void register_attention(OperatorTable& table) {
  table.add(
      "aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, "
      "Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, "
      "bool enable_gqa=False) -> Tensor",
      run, {kOperandType, shapes::attention, Trait::kMixes});
  table.add(
      "aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, "
      "float dropout_p=0., bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> "
      "(Tensor output, Tensor logsumexp)",
      run_fused, {fused_types, fused_sizes, Trait::kMixes});
  table.add(
      "aten::_scaled_dot_product_attention_math(Tensor query, Tensor key, Tensor value, "
      "Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, "
      "Tensor? dropout_mask=None, *, float? scale=None, bool enable_gqa=False) -> "
      "(Tensor, Tensor)",
      run_composed, {kOperandType, composed_sizes, Trait::kMixes});
  register_encoder_layer(table);
}

}  // namespace henson::runtime
