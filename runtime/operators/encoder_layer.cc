// torch.nn's fast path: multi-head attention and a whole encoder layer as one operator.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "henson/error.h"
#include "runtime/operators/attention.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/normalization.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// What PyTorch calls mask_type.
enum class MaskKind { kQueryByKey = 0, kPadding = 1, kFull = 2 };

/// A mask whose true takes no part, as numbers to add to scores [B, heads, L, L].
std::optional<Tensor> scores_mask(Allocator& memory, const std::optional<Tensor>& mask,
                                  std::optional<std::int64_t> kind) {
  if (!mask) return std::nullopt;
  if (!kind) fail("Mask Type should be defined");
  Tensor masked = mask->to(memory, DType::kBool);
  switch (static_cast<MaskKind>(*kind)) {
    case MaskKind::kQueryByKey:
    case MaskKind::kFull:
      break;
    case MaskKind::kPadding:
      if (masked.dim() != 2) fail("a padding mask should be [batch, length]");
      masked = unsqueeze(unsqueeze(masked, 1), 1);
      break;
    default:
      fail("Mask Type should be 0 (src_mask), 1 (src_key_padding_mask), or 2 (default_mask)");
  }
  Tensor bias = Tensor::empty(memory, DType::kFloat32, masked.sizes());
  map_into<bool, float>(masked, bias, [](bool hidden) {
    return hidden ? -std::numeric_limits<float>::infinity() : 0.0F;
  });
  return bias;
}

struct Projections {
  Tensor qkv_weight;  // [3 * embed, embed]
  Tensor qkv_bias;    // [3 * embed]
  Tensor out_weight;
  Tensor out_bias;
  std::int64_t heads = 1;
};

/// x projected by the i-th third of the weights, split into heads: [B, heads, L, embed / heads].
Tensor project(Allocator& memory, const Tensor& x, const Projections& p, std::int64_t i) {
  const std::int64_t embed = x.size(2);
  const Tensor weight = narrow(p.qkv_weight, 0, i * embed, embed);
  const Tensor bias = narrow(p.qkv_bias, 0, i * embed, embed);
  const Tensor projected = linear(memory, x, weight, bias);
  return permute(reshape(memory, projected, Dims{x.size(0), x.size(1), p.heads, embed / p.heads}),
                 Dims{0, 2, 1, 3});
}

void check_shapes(const Tensor& query, const Tensor& key, const Tensor& value, const Projections& p,
                  std::int64_t embed) {
  if (query.dim() != 3)
    fail("expected 3-D `query`, got " + std::to_string(query.dim()) + "-D tensor");
  if (query.sizes() != key.sizes() || query.sizes() != value.sizes()) {
    fail("expected `query`/`key`/`value` shapes to match");
  }
  if (query.size(2) != embed || p.heads <= 0 || embed % p.heads != 0) {
    fail("`embed_dim` must be the last dimension of `query` and divide evenly by `num_heads`");
  }
  if (p.qkv_weight.sizes() != Dims{3 * embed, embed} || p.qkv_bias.sizes() != Dims{3 * embed}) {
    fail("expected `qkv_weight` to be [3 * embed_dim, embed_dim] and `qkv_bias` [3 * embed_dim]");
  }
}

/// A row without any key to look at is NaN here, unlike in scaled_dot_product_attention.
Tensor with_empty_rows_nan(Allocator& memory, const Tensor& rows, const Tensor& log_sum_exp) {
  const std::int64_t width = rows.size(-1);
  const Tensor sums = log_sum_exp.to(memory, DType::kFloat64);
  Tensor marked = Tensor::empty(memory, DType::kFloat64, rows.sizes());
  copy_into(memory, marked, rows);
  for (std::int64_t r = 0; r < sums.numel(); ++r) {
    if (sums.data<double>()[r] != -std::numeric_limits<double>::infinity()) continue;
    std::fill_n(marked.mutable_data<double>() + r * width, width,
                std::numeric_limits<double>::quiet_NaN());
  }
  return marked.to(memory, rows.dtype());
}

struct MultiHeadResult {
  Tensor output;   // [B, L, embed]
  Tensor weights;  // [B, heads, L, L]
};

MultiHeadResult multi_head_attention(Allocator& memory, const Tensor& query, const Tensor& key,
                                     const Tensor& value, const Projections& p,
                                     const std::optional<Tensor>& mask) {
  AttentionOptions options;
  options.mask = mask;
  options.round_weights = false;
  const AttentionResult heads =
      attention(memory, project(memory, query, p, 0), project(memory, key, p, 1),
                project(memory, value, p, 2), options);
  const Tensor output = with_empty_rows_nan(memory, heads.output, heads.log_sum_exp);
  const Tensor joined = reshape(memory, permute(output, Dims{0, 2, 1, 3}), query.sizes());
  return {linear(memory, joined, p.out_weight, p.out_bias),
          with_empty_rows_nan(memory, heads.weights, heads.log_sum_exp)};
}

/// [B, heads, L, L] to [B, L, L].
Tensor mean_over_heads(Allocator& memory, const Tensor& weights) {
  const std::int64_t heads = weights.size(1);
  const DType dtype = product_dtype(weights.dtype());
  Tensor total = narrow(weights, 1, 0, 1).to(memory, dtype).clone(memory);
  for (std::int64_t h = 1; h < heads; ++h) {
    scale_and_add(total, narrow(weights, 1, h, 1).to(memory, dtype), std::int64_t{1},
                  std::int64_t{1});
  }
  scale_and_add(total, total, std::int64_t{0}, 1.0 / static_cast<double>(heads));
  return reshape(memory, total, Dims{weights.size(0), weights.size(2), weights.size(3)})
      .to(memory, weights.dtype());
}

/// Arguments: query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias,
/// mask, need_weights, average_attn_weights, mask_type.
void run_multi_head_attention(Call& call) {
  const Projections p{call.tensor(5), call.tensor(6), call.tensor(7), call.tensor(8),
                      call.integer(4)};
  check_shapes(call.tensor(0), call.tensor(1), call.tensor(2), p, call.integer(3));
  const MultiHeadResult result = multi_head_attention(
      call.memory(), call.tensor(0), call.tensor(1), call.tensor(2), p,
      scores_mask(call.memory(), call.maybe_tensor(9), call.maybe_integer(12)));
  call.give(result.output);
  if (!call.flag(10)) {
    call.give(None{});
  } else {
    call.give(call.flag(11) ? mean_over_heads(call.memory(), result.weights) : result.weights);
  }
}

enum class Activation { kRelu, kGelu };

template <typename T>
void activate(Tensor& tensor, Activation activation) {
  T* const data = tensor.mutable_data<T>();
  const std::int64_t count = tensor.numel();
  for (std::int64_t i = 0; i < count; ++i) {
    if (activation == Activation::kRelu) {
      data[i] = data[i] < T(0) ? T(0) : data[i];
    } else {
      constexpr T kRootHalf = static_cast<T>(1 / std::numbers::sqrt2);
      data[i] = data[i] * T(0.5) * (T(1) + std::erf(data[i] * kRootHalf));
    }
  }
}

/// A copy with the activation applied in the computing type.
Tensor activated(Allocator& memory, const Tensor& tensor, Activation activation) {
  if (!is_floating(tensor.dtype())) throw_unsupported_dtype(tensor.dtype());
  Tensor copy = tensor.to(memory, product_dtype(tensor.dtype()));
  if (copy.same_as(tensor)) copy = tensor.clone(memory);
  if (copy.dtype() == DType::kFloat64) {
    activate<double>(copy, activation);
  } else {
    activate<float>(copy, activation);
  }
  return copy.to(memory, tensor.dtype());
}

Tensor sum(Allocator& memory, const Tensor& a, const Tensor& b) {
  const DType dtype = product_dtype(a.dtype());
  Tensor total = a.to(memory, dtype);
  if (total.same_as(a)) total = a.clone(memory);
  scale_and_add(total, b.to(memory, dtype), std::int64_t{1}, std::int64_t{1});
  return total.to(memory, a.dtype());
}

struct Norm {
  Tensor weight;
  Tensor bias;
};

struct FeedForward {
  Tensor weight_1;
  Tensor bias_1;
  Tensor weight_2;
  Tensor bias_2;
  Activation activation = Activation::kRelu;
};

struct EncoderLayer {
  Projections attention;
  Norm norm_1;
  Norm norm_2;
  FeedForward feed_forward;
  bool norm_first = false;
  double eps = 0;
};

Tensor normalize(Allocator& memory, const Tensor& x, const Norm& norm, double eps) {
  return layer_norm(memory, x, {x.size(-1)}, norm.weight, norm.bias, eps).output;
}

Tensor feed_forward(Allocator& memory, const Tensor& x, const FeedForward& f) {
  return linear(memory, activated(memory, linear(memory, x, f.weight_1, f.bias_1), f.activation),
                f.weight_2, f.bias_2);
}

Tensor encode(Allocator& memory, const Tensor& input, const EncoderLayer& layer,
              const std::optional<Tensor>& mask) {
  const auto attend = [&](const Tensor& x) {
    return multi_head_attention(memory, x, x, x, layer.attention, mask).output;
  };
  if (layer.norm_first) {
    const Tensor x = sum(memory, attend(normalize(memory, input, layer.norm_1, layer.eps)), input);
    return sum(
        memory,
        feed_forward(memory, normalize(memory, x, layer.norm_2, layer.eps), layer.feed_forward), x);
  }
  const Tensor x = normalize(memory, sum(memory, attend(input), input), layer.norm_1, layer.eps);
  return normalize(memory, sum(memory, feed_forward(memory, x, layer.feed_forward), x),
                   layer.norm_2, layer.eps);
}

/// Arguments: src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu,
/// norm_first, eps, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1,
/// ffn_bias_1, ffn_weight_2, ffn_bias_2, mask, mask_type.
void run_encoder_layer(Call& call) {
  EncoderLayer layer;
  layer.attention = {call.tensor(3), call.tensor(4), call.tensor(5), call.tensor(6),
                     call.integer(2)};
  layer.feed_forward = {call.tensor(14), call.tensor(15), call.tensor(16), call.tensor(17),
                        call.flag(7) ? Activation::kGelu : Activation::kRelu};
  layer.norm_first = call.flag(8);
  layer.eps = call.number(9);
  layer.norm_1 = {call.tensor(10), call.tensor(11)};
  layer.norm_2 = {call.tensor(12), call.tensor(13)};
  const Tensor input = call.tensor(0);
  check_shapes(input, input, input, layer.attention, call.integer(1));
  const std::optional<std::int64_t> kind = call.size() > 19 ? call.maybe_integer(19) : std::nullopt;
  call.give(
      encode(call.memory(), input, layer, scores_mask(call.memory(), call.maybe_tensor(18), kind)));
}

/// Arguments: self, mat1, mat2, beta, alpha, use_gelu.
void run_addmm_activation(Call& call) {
  const Tensor a = call.tensor(1);
  check_same_dtype(a, call.tensor(2));
  check_same_dtype(a, call.tensor(0));
  if (a.dim() != 2 || call.tensor(2).dim() != 2) fail("mat1 and mat2 must be 2D tensors");
  const DType dtype = product_dtype(a.dtype());
  Tensor total =
      product(call.memory(), a.to(call.memory(), dtype), call.tensor(2).to(call.memory(), dtype));
  scale_and_add(total, call.tensor(0).to(call.memory(), dtype), call.scalar(3), call.scalar(4));
  call.give(activated(call.memory(), total.to(call.memory(), a.dtype()),
                      call.flag(5) ? Activation::kGelu : Activation::kRelu));
}

/// [batch, length, rows of the last weight]; nothing more where the query is not known.
void give_projected(Inference& call, std::size_t weight) {
  const std::optional<Dimensions> query = call.dims(0);
  const std::optional<Dimensions> last = call.dims(weight);
  if (query && query->size() != 3) throw Mismatch{};
  Dimensions sizes = query.value_or(Dimensions(3));
  if (!query) {
    for (Dimension& size : sizes) size = call.domain().unknown();
  }
  sizes[2] = last && last->size() == 2 ? last->front() : call.domain().unknown();
  call.result().dims = sizes;
}

/// The weights are the mean of the heads', unless each head's are wanted.
void multi_head_sizes(Inference& call) {
  give_projected(call, 7);
  const Dimensions output = *call.result().dims;
  const std::optional<bool> mean = call.flag("average_attn_weights");
  if (call.flag("need_weights") != true || !mean) return;
  Dimensions weights = {output[0], output[1], output[1]};
  if (!*mean) {
    const std::optional<Dimension> heads = call.number(4);
    weights.insert(weights.begin() + 1, heads ? *heads : call.domain().unknown());
  }
  if (!call.is_none(9)) {  // the mask broadcasts
    for (Dimension& size : weights) size = call.domain().unknown();
  }
  call.result(1).dims = weights;
}

void encoder_layer_sizes(Inference& call) { give_projected(call, 16); }

}  // namespace

void register_encoder_layer(OperatorTable& table) {
  table.add(
      "aten::_native_multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim, "
      "int num_head, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, "
      "Tensor? mask=None, bool need_weights=True, bool average_attn_weights=True, "
      "int? mask_type=None) -> (Tensor, Tensor)",
      run_multi_head_attention,
      {dtypes::shared_by<0, 1, 2, 5, 6, 7, 8>, multi_head_sizes, Trait::kMixes});
  table.add(
      "aten::_transformer_encoder_layer_fwd(Tensor src, int embed_dim, int num_heads, "
      "Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, bool use_gelu, "
      "bool norm_first, float eps, Tensor norm_weight_1, Tensor norm_bias_1, "
      "Tensor norm_weight_2, Tensor norm_bias_2, Tensor ffn_weight_1, Tensor ffn_bias_1, "
      "Tensor ffn_weight_2, Tensor ffn_bias_2, Tensor? mask=None, int? mask_type=None) -> Tensor",
      run_encoder_layer,
      {dtypes::shared_by<0, 3, 4, 5, 6, 14, 15, 16, 17>, encoder_layer_sizes, Trait::kMixes});
  table.add(
      "aten::_addmm_activation(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, "
      "Scalar alpha=1, bool use_gelu=False) -> Tensor",
      run_addmm_activation, {dtypes::shared, shapes::added_product, Trait::kMultiplies});
}

}  // namespace henson::runtime
