// The reference kernels of the fused operators, made of those of the operators that they replace.
#include "runtime/operators/fused.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/normalization.h"
#include "runtime/operators/quantization.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

/// The first result of an overload of the table, with defaults for the arguments that are left out.
Tensor run(Allocator& memory, std::string_view name, std::string_view overload,
           std::vector<Value> arguments) {
  for (const Operator* op : OperatorTable::get().overloads(name)) {
    if (op->schema.overload != overload) continue;
    for (std::size_t i = arguments.size(); i < op->schema.arguments.size(); ++i) {
      arguments.push_back(op->schema.arguments[i].default_value.value_or(None{}));
    }
    std::vector<Value> results(op->schema.results.size());
    Call call(memory, arguments, results);
    op->kernel(call);
    return results[0].as<Tensor>();
  }
  throw Error(ErrorCode::kInternal, "no operator " + std::string(name));
}

Tensor add(Allocator& memory, const Tensor& a, const Tensor& b) {
  return run(memory, "aten::add", "Tensor", {a, b});
}

Norm norm_at(const Call& call, std::size_t first) {
  return {call.maybe_tensor(first), call.maybe_tensor(first + 1), call.maybe_number(first + 2)};
}

Tensor add_residual(Allocator& memory, const Tensor& x, const std::optional<Tensor>& residual) {
  return residual ? add(memory, x, *residual) : x;
}

/// A product with weights of the type of x, or with weights of 8 bits: rows are then quantized as
/// quantized::linear_dynamic does.
Tensor layer_product(Allocator& memory, const Tensor& x, const Tensor& weight,
                     const std::optional<Tensor>& bias, std::optional<bool> reduce_range) {
  if (!reduce_range) return linear(memory, x, weight, bias);
  auto packed = std::make_shared<PackedLinear>();
  packed->weight = weight;
  packed->bias = bias.value_or(Tensor());
  return run(memory, "quantized::linear_dynamic", "",
             {x, std::shared_ptr<const PackedLinear>(std::move(packed)), *reduce_range});
}

std::optional<bool> maybe_flag(const Call& call, std::size_t i) {
  if (call.arg(i).is_none()) return std::nullopt;
  return call.flag(i);
}

void run_linear(Call& call) {
  const Tensor product = layer_product(call.memory(), call.tensor(0), call.tensor(1),
                                       call.maybe_tensor(2), maybe_flag(call, 8));
  const Tensor sum = add_residual(call.memory(), activate(call.memory(), product, call.string(3)),
                                  call.maybe_tensor(4));
  call.give(normalize(call.memory(), sum, norm_at(call, 5)));
}

void run_projections(Call& call) {
  const std::vector<Tensor> weights = call.tensors(1);
  const std::vector<std::optional<Tensor>> biases = call.maybe_tensors(2);
  if (weights.size() != biases.size()) {
    throw Error(ErrorCode::kBadInput, "each weight has a bias or None");
  }
  std::vector<Value> results;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    results.emplace_back(
        layer_product(call.memory(), call.tensor(0), weights[i], biases[i], maybe_flag(call, 3)));
  }
  call.give(Value::list(std::move(results)));
}

void run_feed_forward(Call& call) {
  const Tensor up = linear(call.memory(), call.tensor(0), call.tensor(1), call.maybe_tensor(2));
  const Tensor wide = activate(call.memory(), up, call.string(3));
  const Tensor down = linear(call.memory(), wide, call.tensor(4), call.maybe_tensor(5));
  call.give(normalize(call.memory(), add_residual(call.memory(), down, call.maybe_tensor(6)),
                      norm_at(call, 7)));
}

void run_embeddings(Call& call) {
  const std::vector<Tensor> tables = call.tensors(0);
  const std::vector<Tensor> indices = call.tensors(1);
  if (tables.size() != indices.size()) {
    throw Error(ErrorCode::kBadInput, "each table has its indices");
  }
  std::vector<Tensor> addends;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    addends.push_back(run(call.memory(), "aten::embedding", "", {tables[i], indices[i]}));
  }
  for (const Tensor& addend : call.tensors(2)) addends.push_back(addend);
  if (addends.empty()) throw Error(ErrorCode::kBadInput, "nothing to sum");
  Tensor sum = addends[0];
  for (std::size_t i = 1; i < addends.size(); ++i) sum = add(call.memory(), sum, addends[i]);
  call.give(normalize(call.memory(), sum, norm_at(call, 3)));
}

/// [B, L, heads * D] as [B, heads, L, D].
Tensor split_heads(Allocator& memory, const Tensor& tensor, std::int64_t heads) {
  if (tensor.dim() == 4) return tensor;
  if (tensor.dim() != 3 || heads <= 0 || tensor.size(2) % heads != 0) {
    throw Error(ErrorCode::kBadInput, to_string(tensor.sizes()) + " can not be split into " +
                                          std::to_string(heads) + " heads");
  }
  const Dims sizes = {tensor.size(0), tensor.size(1), heads, tensor.size(2) / heads};
  return transpose(reshape(memory, tensor, sizes), 1, 2);
}

Tensor merge_heads(Allocator& memory, const Tensor& tensor) {
  const Dims sizes = {tensor.size(0), tensor.size(2), tensor.size(1) * tensor.size(3)};
  return reshape(memory, transpose(tensor, 1, 2), sizes);
}

Tensor masked_scores(Allocator& memory, Tensor scores, const FusedAttention& options) {
  scores = run(memory, "aten::mul", "Scalar", {scores, options.scale});
  if (options.bias) scores = add(memory, scores, *options.bias);
  if (!options.fill) return scores;
  return run(memory, "aten::masked_fill", "Scalar", {scores, *options.fill, options.fill_value});
}

Tensor softmax_of(Allocator& memory, const Tensor& scores, bool safe) {
  const Tensor weights = run(memory, "aten::softmax", "int", {scores, std::int64_t{-1}});
  if (!safe) return weights;
  const Tensor none =
      run(memory, "aten::eq", "Scalar", {scores, -std::numeric_limits<double>::infinity()});
  const Tensor nowhere = run(memory, "aten::all", "dim", {none, std::int64_t{-1}, true});
  return run(memory, "aten::masked_fill", "Scalar", {weights, nowhere, 0.0});
}

/// A mask of which the archive does not tell whether it is boolean (true takes part), or added.
Tensor additive_mask(Allocator& memory, const Tensor& mask) {
  if (is_floating(mask.dtype())) return mask;
  if (mask.dtype() != DType::kBool) {
    throw Error(ErrorCode::kBadInput,
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                "attn_mask.dtype: " +
                    std::string(name_of(mask.dtype())));
  }
  Tensor bias = Tensor::empty(memory, DType::kFloat32, mask.sizes());
  bias = run(memory, "aten::zeros_like", "", {bias});
  const Tensor masked = run(memory, "aten::logical_not", "", {mask});
  return run(memory, "aten::masked_fill", "Scalar",
             {bias, masked, -std::numeric_limits<double>::infinity()});
}

FusedAttentionResult attention_of(const Call& call) {
  FusedAttention options;
  options.heads = call.integer(3);
  options.scale = call.number(4);
  options.bias = call.maybe_tensor(5);
  options.fill = call.maybe_tensor(6);
  options.fill_value = call.number(7);
  options.safe = call.flag(8);
  options.merged = call.flag(9);
  options.as_query = call.flag(10);
  return fused_attention(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2), options);
}

// What is known of the results. An attention's operands are [B, heads, L, D] here.

/// Of a linear layer's product, and of what is added to it.
Fact with_residual(const Inference& call, Fact type, std::size_t residual) {
  type.kind = TypeKind::kTensor;
  return dtypes::promote_facts(std::array{type, call.arg(residual)});
}

std::optional<Dimensions> with_residual(Inference& call, const Dimensions& sizes,
                                        std::size_t residual) {
  if (call.is_none(residual)) return sizes;
  const std::optional<Dimensions> added = call.dims(residual);
  return added ? std::optional(call.broadcast(sizes, *added)) : std::nullopt;
}

std::size_t rank_at_least(const Fact& fact) {
  return fact.dims ? fact.dims->size() : fact.least_rank;
}

/// Weights of 8 bits make float32 of float32.
bool has_int8_weights(const Inference& call, std::size_t reduce_range) {
  const Value* const constant = call.arg(reduce_range).constant;
  return constant != nullptr && !constant->is_none();
}

void linear_type(Inference& call) {
  Fact type = has_int8_weights(call, 8) ? dtypes::shared_fact(call, {0, 2})
                                        : dtypes::shared_fact(call, {0, 1, 2});
  const Value* const constant = call.arg(3).constant;
  const auto* name = constant == nullptr ? nullptr : std::get_if<std::string>(constant);
  const bool keeps = name != nullptr && (*name == "none" || *name == "relu");
  if (!keeps) type = type.floating == false ? dtypes::as_floating(type) : type;
  type.least_rank = rank_at_least(call.arg(1)) > 1 ? 1 : 0;
  dtypes::give(call, with_residual(call, type, 4));
}

void projection_types(Inference& call) {
  dtypes::give(call, has_int8_weights(call, 3) ? dtypes::shared_fact(call, {0, 2})
                                               : dtypes::shared_fact(call, {0, 1, 2}));
}

void linear_sizes(Inference& call) {
  const std::optional<Dimensions> x = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  if (!x || !weight) return;
  call.result().dims = with_residual(call, shapes::linear_sizes(call, *x, *weight), 4);
}

void projection_sizes(Inference& call) {
  const std::optional<Dimensions> x = call.dims(0);
  const std::optional<std::vector<Fact>>& weights = call.arg(1).items;
  if (!weights) return;
  call.result().items.emplace();
  for (const Fact& weight : *weights) {
    Fact projection;
    projection.kind = TypeKind::kTensor;
    const std::optional<Dimensions> sizes = call.resolved(weight.dims);
    if (x && sizes) projection.dims = shapes::linear_sizes(call, *x, *sizes);
    call.result().items->push_back(std::move(projection));
  }
}

void feed_forward_type(Inference& call) {
  Fact type = dtypes::shared_fact(call, {0, 1, 2, 4, 5});
  type.least_rank = rank_at_least(call.arg(4)) > 1 ? 1 : 0;
  dtypes::give(call, with_residual(call, type, 6));
}

void feed_forward_sizes(Inference& call) {
  const std::optional<Dimensions> x = call.dims(0);
  const std::optional<Dimensions> up = call.dims(1);
  const std::optional<Dimensions> down = call.dims(4);
  if (!x || !up || !down) return;
  const Dimensions wide = shapes::linear_sizes(call, *x, *up);
  call.result().dims = with_residual(call, shapes::linear_sizes(call, wide, *down), 6);
}

/// Summed one after the other.
void embeddings_type(Inference& call) {
  const std::optional<std::vector<Fact>>& tables = call.arg(0).items;
  const std::optional<std::vector<Fact>>& addends = call.arg(2).items;
  if (!tables || !addends) return;
  std::vector<Fact> all = *tables;
  for (Fact& table : all) {
    Fact rows;
    rows.kind = TypeKind::kTensor;
    rows.dtype = table.dtype;
    rows.floating = table.floating;
    rows.least_rank = 1;
    table = std::move(rows);
  }
  all.insert(all.end(), addends->begin(), addends->end());
  if (all.empty()) throw Mismatch{};
  Fact sum;  // of no operand: takes no part
  sum.kind = TypeKind::kNone;
  for (Fact& next : all) {
    next.kind = TypeKind::kTensor;
    const std::size_t rank = std::max(sum.least_rank, rank_at_least(next));
    sum = dtypes::promote_facts(std::array{sum, next});
    sum.kind = TypeKind::kTensor;
    sum.least_rank = rank;
  }
  dtypes::give(call, sum);
}

void embeddings_sizes(Inference& call) {
  const std::optional<std::vector<Fact>>& tables = call.arg(0).items;
  const std::optional<std::vector<Fact>>& indices = call.arg(1).items;
  const std::optional<std::vector<Fact>>& addends = call.arg(2).items;
  if (!tables || !indices || !addends) return;
  if (tables->size() != indices->size()) throw Mismatch{};
  Dimensions sizes;
  for (std::size_t i = 0; i < tables->size(); ++i) {
    const std::optional<Dimensions> table = call.resolved((*tables)[i].dims);
    std::optional<Dimensions> rows = call.resolved((*indices)[i].dims);
    if (!table || !rows) return;
    if (table->size() != 2) throw Mismatch{};
    rows->push_back(table->back());
    sizes = call.broadcast(sizes, *rows);
  }
  for (const Fact& addend : *addends) {
    const std::optional<Dimensions> own = call.resolved(addend.dims);
    if (!own) return;
    sizes = call.broadcast(sizes, *own);
  }
  call.give(sizes);
}

/// A mask that is not floating is boolean, and becomes float32.
void mask_type(Inference& call) { dtypes::give(call, dtypes::as_floating(call.arg(0))); }

std::optional<Dimensions> head_sizes(Inference& call, std::size_t i) {
  const std::optional<Dimensions> sizes = call.dims(i);
  if (!sizes || sizes->size() == 4) return sizes;
  if (sizes->size() != 3) throw Mismatch{};
  const std::optional<std::int64_t> heads = call.integer(3);
  if (!heads) return std::nullopt;
  if (*heads <= 0) throw Mismatch{};
  const auto width = (*sizes)[2].divided_by(Dimension::of(*heads));
  if (!width) return std::nullopt;
  return Dimensions{(*sizes)[0], Dimension::of(*heads), (*sizes)[1], *width};
}

/// The first two dimensions of both taken together, then two others.
Dimensions batched(Inference& call, const Dimensions& a, const Dimensions& b, const Dimension& rows,
                   const Dimension& columns) {
  Dimensions sizes = call.broadcast({a[0], a[1]}, {b[0], b[1]});
  sizes.push_back(rows);
  sizes.push_back(columns);
  return sizes;
}

/// The scores, bias and mask broadcast in; nothing where they are not known.
std::optional<Dimensions> score_sizes(Inference& call, const Dimensions& query,
                                      const Dimensions& key) {
  call.domain().require_equal(query[3], key[3]);
  std::optional<Dimensions> scores = batched(call, query, key, query[2], key[2]);
  for (const std::size_t mask : {std::size_t{5}, std::size_t{6}}) {
    if (scores) scores = with_residual(call, *scores, mask);
  }
  if (!scores || scores->size() != 4) return std::nullopt;
  if (call.flag("as_query") == true) {
    (*scores)[0] = query[0];
    (*scores)[2] = query[2];
  }
  return scores;
}

void attention_sizes(Inference& call) {
  const std::optional<Dimensions> query = head_sizes(call, 0);
  const std::optional<Dimensions> key = head_sizes(call, 1);
  const std::optional<Dimensions> value = head_sizes(call, 2);
  const std::optional<bool> merged = call.flag("merged");
  if (!query || !key || !value || !merged) return;
  const std::optional<Dimensions> scores = score_sizes(call, *query, *key);
  if (!scores) return;
  call.domain().require_equal((*scores)[3], (*value)[2]);
  Dimensions output = batched(call, *scores, *value, (*scores)[2], (*value)[3]);
  if (call.flag("as_query") == true) output[0] = (*query)[0];
  if (*merged) output = {output[0], output[2], output[1] * output[3]};
  call.result().dims = output;
  if (call.result_count() > 1) call.result(1).dims = scores;
}

}  // namespace

Tensor activate(Allocator& memory, const Tensor& x, const std::string& activation) {
  if (activation == "none") return x;
  if (activation == "gelu") return run(memory, "aten::gelu", "", {x, std::string("none")});
  if (activation == "gelu_tanh") return run(memory, "aten::gelu", "", {x, std::string("tanh")});
  if (activation == "gelu_quick") {
    const Tensor gate =
        run(memory, "aten::sigmoid", "", {run(memory, "aten::mul", "Scalar", {x, 1.702})});
    return run(memory, "aten::mul", "Tensor", {x, gate});
  }
  for (const char* name : {"relu", "tanh", "sigmoid", "silu"}) {
    if (activation == name) return run(memory, "aten::" + activation, "", {x});
  }
  throw Error(ErrorCode::kInternal, "no activation " + activation);
}

Tensor normalize(Allocator& memory, const Tensor& x, const Norm& norm) {
  if (!norm.eps) return x;
  return layer_norm(memory, x, {x.size(-1)}, norm.weight, norm.bias, *norm.eps).output;
}

/// What was fused saw the result as the query's sequences and rows.
void require_as_query(const Tensor& output, const Tensor& query) {
  if (output.size(0) == query.size(0) && output.size(2) == query.size(2)) return;
  throw Error(ErrorCode::kBadInput, "the mask is for " + std::to_string(output.size(0)) +
                                        " sequences of " + std::to_string(output.size(2)) +
                                        " tokens, the query has " + std::to_string(query.size(0)) +
                                        " of " + std::to_string(query.size(2)));
}

// Eager attention rounds each step to the operands' type, which is what makes a float16 row that is
// masked throughout uniform; scaled_dot_product_attention ("safe") rounds once.
FusedAttentionResult fused_attention(Allocator& memory, const Tensor& query, const Tensor& key,
                                     const Tensor& value, const FusedAttention& options) {
  const DType dtype = value.dtype();
  const auto operand = [&](const Tensor& tensor) {
    const Tensor split = split_heads(memory, tensor, options.heads);
    return options.safe ? split.to(memory, product_dtype(split.dtype())) : split;
  };
  const Tensor queries = operand(query);
  const Tensor scores = matmul(memory, queries, transpose(operand(key), 2, 3));
  const Tensor weights = softmax_of(memory, masked_scores(memory, scores, options), options.safe);
  const Tensor values = operand(value);
  const Tensor output =
      matmul(memory, weights.to(memory, values.dtype()), values).to(memory, dtype);
  if (options.as_query) require_as_query(output, queries);
  return {options.merged ? merge_heads(memory, output) : output, weights.to(memory, dtype)};
}

void register_fused(OperatorTable& table) {
  const std::string norm = "Tensor? norm_weight, Tensor? norm_bias, float? norm_eps) -> Tensor";
  table.add(
      "henson::linear(Tensor input, Tensor weight, Tensor? bias, str activation, "
      "Tensor? residual, Tensor? norm_weight, Tensor? norm_bias, float? norm_eps, "
      "bool? reduce_range=None) -> Tensor",
      run_linear, {linear_type, linear_sizes, Trait::kMultiplies});
  table.add(
      "henson::projections(Tensor input, Tensor[] weights, Tensor?[] biases, "
      "bool? reduce_range=None) -> Tensor[]",
      run_projections, {projection_types, projection_sizes, Trait::kMultiplies});
  table.add(
      "henson::feed_forward(Tensor input, Tensor up_weight, Tensor? up_bias, "
      "str activation, Tensor down_weight, Tensor? down_bias, Tensor? residual, " +
          norm,
      run_feed_forward, {feed_forward_type, feed_forward_sizes, Trait::kMultiplies});
  table.add("henson::embeddings(Tensor[] tables, Tensor[] indices, Tensor[] addends, " + norm,
            run_embeddings, {embeddings_type, embeddings_sizes, Trait::kLooksUp});
  table.add("henson::additive_mask(Tensor mask) -> Tensor",
            [](Call& call) { call.give(additive_mask(call.memory(), call.tensor(0))); },
            {mask_type, shapes::same});
  const std::string attention =
      "(Tensor query, Tensor key, Tensor value, int heads, float scale, Tensor? bias, "
      "Tensor? fill, float fill_value, bool safe, bool merged, bool as_query) -> ";
  table.add("henson::attention" + attention + "Tensor",
            [](Call& call) { call.give(attention_of(call).output); },
            {dtypes::same<2>, attention_sizes, Trait::kMixes});
  table.add("henson::attention_with_weights" + attention + "(Tensor, Tensor)",
            [](Call& call) {
              FusedAttentionResult result = attention_of(call);
              call.give(std::move(result.output));
              call.give(std::move(result.weights));
            },
            {dtypes::same<2>, attention_sizes, Trait::kMixes});
}

}  // namespace henson::runtime
