// Products with a constant matrix, and what is done to their rows right after.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <utility>

#include "runtime/fusion/activation_forms.h"
#include "runtime/fusion/fuse.h"
#include "runtime/fusion/linear_node.h"
#include "runtime/graph/match.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

/// Numbers that a weight can be multiplied by without reaching the ends of float32.
bool is_moderate(double number) {
  constexpr double kMost = 1e6;
  return std::abs(number) >= 1 / kMost && std::abs(number) <= kMost;
}

class LinearFuser {
 public:
  explicit LinearFuser(GraphEditor& edit) : edit_(edit) {}

  /// In the order of the code, so that each step finds what the one before it made.
  void run() {
    for (const NodeId id : edit_.nodes()) {
      if (!edit_.alive(id) || edit_.node(id).outputs.empty()) continue;
      if (edit_.node(id).kind != NodeKind::kOperator || !edit_.pure(id)) continue;
      const ValueId result = edit_.node(id).outputs[0];
      if (make_linear(result) || add_bias(result) || scale(result) || add_activation(result) ||
          add_residual(result)) {
        continue;
      }
      add_norm(result);
    }
  }

 private:
  /// The operands of a product with a constant matrix; `weight` is [out, in].
  struct Product {
    ValueId input = 0;
    ValueId weight = 0;
    std::optional<ValueId> bias;
    const char* activation = "none";
    bool packed = false;       // weights of 8 bits
    ValueId reduce_range = 0;  // of these
  };

  bool make_linear(ValueId result) {
    std::optional<Product> product = match_product(result);
    if (!product) product = match_packed_product(result);
    if (!product) return false;
    const ValueId none = edit_.add_constant(None{});
    const ValueId activation = edit_.add_constant(std::string(product->activation));
    const script::SourceLine where = edit_.node(*edit_.producer(result)).where;
    edit_.replace(result, edit_.call("henson::linear", "",
                                     {product->input, product->weight, product->bias.value_or(none),
                                      activation, none, none, none, none,
                                      product->packed ? product->reduce_range : none},
                                     where));
    return true;
  }

  std::optional<Product> match_product(ValueId result) {
    if (const Node* linear = edit_.call_of(result, "aten::linear")) {
      const bool has_bias = !edit_.is_none(linear->inputs[2]);
      if (!is_matrix(linear->inputs[1])) return std::nullopt;
      if (has_bias && !is_bias(linear->inputs[2], size(linear->inputs[1], 0))) return std::nullopt;
      return Product{linear->inputs[0], linear->inputs[1],
                     has_bias ? std::optional(linear->inputs[2]) : std::nullopt};
    }
    if (const Node* product = edit_.call_of(result, {"aten::matmul", "aten::mm"})) {
      if (!is_matrix(product->inputs[1]) || edit_.weight(product->inputs[0]) != nullptr) {
        return std::nullopt;
      }
      return Product{product->inputs[0], transposed(product->inputs[1]), std::nullopt};
    }
    const Node* sum = edit_.call_of(result, "aten::addmm");
    if (sum == nullptr || !is_matrix(sum->inputs[2]) ||
        !is_bias(sum->inputs[0], size(sum->inputs[2], 1)) ||
        edit_.argument_number(*sum, "beta") != 1 || edit_.argument_number(*sum, "alpha") != 1) {
      return std::nullopt;
    }
    return Product{sum->inputs[1], transposed(sum->inputs[2]), sum->inputs[0]};
  }

  /// A layer of packed 8-bit weights whose zeros are 0. Its rows are quantized while it runs, all
  /// with one scale.
  std::optional<Product> match_packed_product(ValueId result) {
    const Node* call =
        edit_.call_of(result, {"quantized::linear_dynamic", "quantized::linear_relu_dynamic"});
    if (call == nullptr) return std::nullopt;
    const std::optional<Value>& constant = edit_.value(call->inputs[1]).constant;
    const auto* packed =
        constant ? std::get_if<std::shared_ptr<const PackedLinear>>(&*constant) : nullptr;
    if (packed == nullptr || *packed == nullptr || !is_symmetric((*packed)->weight) ||
        !edit_.value(call->inputs[2]).constant) {
      return std::nullopt;
    }
    const auto [weight, bias] = unpacked(*packed, edit_.value(call->inputs[1]).name);
    if (bias && !is_bias(*bias, size(weight, 0))) return std::nullopt;
    const bool relu = call->op->schema.name == "quantized::linear_relu_dynamic";
    return Product{call->inputs[0], weight, bias, relu ? "relu" : "none", true, call->inputs[2]};
  }

  static bool is_symmetric(const Tensor& weight) {
    const auto& quantization = weight.quantization();
    if (weight.dtype() != DType::kQInt8 || weight.dim() != 2 || !quantization) return false;
    if (quantization->per_channel && quantization->axis != 0) return false;
    const std::size_t scales =
        quantization->per_channel ? static_cast<std::size_t>(weight.sizes()[0]) : 1;
    const std::vector<std::int64_t>& zeros = quantization->zero_points;
    return quantization->scales.size() == scales &&
           std::all_of(zeros.begin(), zeros.end(), [](std::int64_t zero) { return zero == 0; });
  }

  /// Weight and bias of a packed layer as constants, the same for each use of the layer.
  std::pair<ValueId, std::optional<ValueId>> unpacked(
      const std::shared_ptr<const PackedLinear>& packed, const std::string& name) {
    const auto [known, fresh] = unpacked_.try_emplace(packed.get());
    if (fresh) {
      known->second.first = edit_.add_constant(packed->weight);
      edit_.graph().values[known->second.first].name = name;
      if (packed->bias.defined()) known->second.second = edit_.add_constant(packed->bias);
    }
    return known->second;
  }

  bool is_matrix(ValueId id) const {
    const Tensor* tensor = edit_.weight(id);
    return tensor != nullptr && tensor->dim() == 2 && is_floating(tensor->dtype());
  }
  bool is_bias(ValueId id, std::int64_t size) const {
    const Tensor* tensor = edit_.weight(id);
    return tensor != nullptr && tensor->sizes() == Dims{size};
  }
  std::int64_t size(ValueId weight, std::int64_t dim) const {
    return edit_.weight(weight)->size(dim);
  }

  ValueId transposed(ValueId weight) {
    const ValueId made = edit_.add_constant(transpose(*edit_.weight(weight), 0, 1));
    edit_.graph().values[made].name = edit_.value(weight).name;
    return made;
  }

  /// The henson::linear that makes `id`, when `reader` alone reads it and it has no norm yet.
  const Node* open_linear(ValueId id) const {
    const Node* linear = linear_of(edit_, id);
    if (linear == nullptr || !edit_.single_reader(id)) return nullptr;
    return parts_of(edit_, *linear).norm ? nullptr : linear;
  }

  struct Changed {
    LinearArgument argument;
    ValueId value;
  };
  /// A linear with some arguments changed takes the place of what read it.
  void extend(ValueId result, const Node& linear, std::initializer_list<Changed> all) {
    Node longer = linear;
    longer.outputs.clear();
    for (const Changed& changed : all) longer.inputs[changed.argument] = changed.value;
    edit_.replace(result, std::move(longer));
  }

  bool add_bias(ValueId result) {
    const Node* add = edit_.plain_add(result);
    if (add == nullptr) return false;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const Node* linear = open_linear(add->inputs[i]);
      const ValueId bias = add->inputs[1 - i];
      if (linear == nullptr || !is_bias(bias, size(linear->inputs[kLinearWeight], 0))) continue;
      const LinearParts parts = parts_of(edit_, *linear);
      if (!parts.product_only() || parts.bias || !same_dtype(bias, *linear)) continue;
      extend(result, *linear, {{kLinearBias, bias}});
      return true;
    }
    return false;
  }

  bool same_dtype(ValueId id, const Node& linear) const {
    return edit_.value(id).dtype == edit_.weight(linear.inputs[kLinearWeight])->dtype();
  }

  /// A product times a number, as adapters have it (LoRA), is a product with the weight times it.
  /// Of float32 alone: narrower types would be rounded in another place.
  bool scale(ValueId result) {
    const Node* mul = edit_.call_of(result, "aten::mul");
    const auto operands = mul == nullptr ? std::nullopt : edit_.number_operand(*mul);
    if (!operands || !is_moderate(operands->number)) return false;
    const Node* linear = open_linear(operands->other);
    if (linear == nullptr || !parts_of(edit_, *linear).product_only()) return false;
    if (edit_.weight(linear->inputs[kLinearWeight])->dtype() != DType::kFloat32) return false;
    const auto changed = [&](LinearArgument argument) {
      return Changed{argument, scaled(linear->inputs[argument], operands->number)};
    };
    extend(result, *linear, {changed(kLinearWeight), changed(kLinearBias)});
    return true;
  }

  /// The constant times a number, one for all that ask for it. None stays None.
  ValueId scaled(ValueId constant, double factor) {
    if (edit_.is_none(constant)) return constant;
    const auto [known, fresh] = scaled_.try_emplace({constant, factor});
    if (fresh) {
      known->second =
          edit_.add_constant(multiply(system_memory(), *edit_.weight(constant), Scalar(factor)));
      edit_.graph().values[known->second].name = edit_.value(constant).name;
    }
    return known->second;
  }

  bool add_activation(ValueId result) {
    const auto form = match_activation(edit_, result);
    if (!form) return false;
    const Node* linear = linear_of(edit_, form->x);
    if (linear == nullptr || !parts_of(edit_, *linear).product_only()) return false;
    const ValueId activation = edit_.add_constant(form->activation);
    if (!only_within(form->x, result)) return false;
    extend(result, *linear, {{kLinearActivation, activation}});
    return true;
  }

  /// Whether all that reads x is read, in the end, by the producer of `result` alone.
  bool only_within(ValueId x, ValueId result) const {
    if (edit_.is_output(x)) return false;
    for (const NodeId reader : edit_.readers(x)) {
      const std::vector<ValueId>& outputs = edit_.node(reader).outputs;
      if (outputs.size() != 1) return false;
      if (outputs[0] != result && !only_within(outputs[0], result)) return false;
    }
    return !edit_.readers(x).empty();
  }

  /// Of two linears the later one takes the other as its residual.
  bool add_residual(ValueId result) {
    const Node* add = edit_.plain_add(result);
    if (add == nullptr) return false;
    std::optional<std::size_t> chosen;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const Node* linear = open_linear(add->inputs[i]);
      if (linear == nullptr || parts_of(edit_, *linear).residual) continue;
      if (edit_.weight(add->inputs[1 - i]) != nullptr) continue;
      const bool later = !chosen || edit_.before(*edit_.producer(add->inputs[*chosen]),
                                                 *edit_.producer(add->inputs[i]));
      if (later) chosen = i;
    }
    if (!chosen) return false;
    const ValueId residual = add->inputs[1 - *chosen];
    extend(result, *linear_of(edit_, add->inputs[*chosen]), {{kLinearResidual, residual}});
    return true;
  }

  bool add_norm(ValueId result) {
    const Node* norm = edit_.call_of(result, "aten::layer_norm");
    if (norm == nullptr) return false;
    const Node* linear = open_linear(norm->inputs[0]);
    const std::optional<double> eps = edit_.argument_number(*norm, "eps");
    if (linear == nullptr || !eps) return false;
    const auto shape = edit_.integers(norm->inputs[1]);
    if (!shape || *shape != Dims{size(linear->inputs[kLinearWeight], 0)}) return false;
    for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
      if (!edit_.is_none(norm->inputs[i]) && edit_.weight(norm->inputs[i]) == nullptr) return false;
    }
    extend(result, *linear,
           {{kLinearNormWeight, norm->inputs[2]},
            {kLinearNormBias, norm->inputs[3]},
            {kLinearNormEps, edit_.add_constant(*eps)}});
    return true;
  }

  GraphEditor& edit_;
  std::map<std::pair<ValueId, double>, ValueId> scaled_;
  std::map<const PackedLinear*, std::pair<ValueId, std::optional<ValueId>>> unpacked_;
};

}  // namespace

void fuse_linear(Graph& graph) {
  GraphEditor edit(graph);
  LinearFuser(edit).run();
  edit.finish();
}

}  // namespace henson::runtime
