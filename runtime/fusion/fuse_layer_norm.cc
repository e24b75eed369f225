// Layer norm as aten::layer_norm. Written out it is (x - mean) / sqrt(variance + eps) * weight +
// bias.
#include <cstdint>
#include <vector>

#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"

namespace henson::runtime {
namespace {

class LayerNormFuser {
 public:
  explicit LayerNormFuser(GraphEditor& edit) : edit_(edit) {}

  void run() {
    for (const NodeId id : edit_.nodes()) {
      if (!edit_.alive(id) || edit_.node(id).outputs.empty()) continue;
      drop_statistics(id);
      fuse(edit_.node(id).outputs[0]);
    }
  }

 private:
  /// x, normalized, before weight and bias.
  struct Standardized {
    ValueId x = 0;
    double eps = 0;
  };

  /// native_layer_norm also gives statistics, for the backward pass.
  void drop_statistics(NodeId id) {
    const std::vector<ValueId> outputs = edit_.node(id).outputs;
    const Node* norm = edit_.call_of(outputs[0], "aten::native_layer_norm");
    if (norm == nullptr || norm->op->schema.overload == "rows") return;
    for (std::size_t i = 1; i < outputs.size(); ++i) {
      if (edit_.is_output(outputs[i]) || !edit_.readers(outputs[i]).empty()) return;
    }
    edit_.replace(id, edit_.call("aten::layer_norm", "", norm->inputs, norm->where), {outputs[0]});
  }

  void fuse(ValueId result) {
    if (fuse_addcmul(result)) return;
    const Node* add = edit_.plain_add(result);
    if (add == nullptr) return;
    for (const std::size_t b : {std::size_t{0}, std::size_t{1}}) {
      const ValueId bias = add->inputs[b];
      const Node* mul = edit_.call_of(add->inputs[1 - b], "aten::mul");
      if (mul == nullptr || !is_vector(bias)) continue;
      for (const std::size_t w : {std::size_t{0}, std::size_t{1}}) {
        const ValueId weight = mul->inputs[w];
        const auto standardized = match_standardized(mul->inputs[1 - w]);
        if (!standardized || !fits(standardized->x, weight, bias)) continue;
        return write(result, *standardized, weight, bias, add->where);
      }
    }
  }

  /// bias + normalized * weight, as one operator.
  bool fuse_addcmul(ValueId result) {
    const Node* sum = edit_.call_of(result, "aten::addcmul");
    if (sum == nullptr || edit_.argument_number(*sum, "value") != 1) return false;
    const ValueId bias = sum->inputs[0];
    for (const std::size_t w : {std::size_t{1}, std::size_t{2}}) {
      const ValueId weight = sum->inputs[w];
      const auto standardized = match_standardized(sum->inputs[3 - w]);
      if (!is_vector(bias) || !standardized || !fits(standardized->x, weight, bias)) continue;
      write(result, *standardized, weight, bias, sum->where);
      return true;
    }
    return false;
  }

  bool is_vector(ValueId id) const {
    const Tensor* tensor = edit_.weight(id);
    return tensor != nullptr && tensor->dim() == 1;
  }

  bool fits(ValueId x, ValueId weight, ValueId bias) const {
    if (!is_vector(weight)) return false;
    const Tensor& gamma = *edit_.weight(weight);
    const Tensor& beta = *edit_.weight(bias);
    return gamma.sizes() == beta.sizes() && gamma.dtype() == beta.dtype() &&
           edit_.value(x).dtype == gamma.dtype();
  }

  void write(ValueId result, const Standardized& standardized, ValueId weight, ValueId bias,
             const script::SourceLine& where) {
    const ValueId shape = edit_.add_constant(Value::list_of(edit_.weight(weight)->sizes()));
    const ValueId eps = edit_.add_constant(standardized.eps);
    edit_.replace(result, edit_.call("aten::layer_norm", "",
                                     {standardized.x, shape, weight, bias, eps}, where));
  }

  /// centered / sqrt(variance + eps), or centered * rsqrt(variance + eps).
  std::optional<Standardized> match_standardized(ValueId id) const {
    if (const Node* div = edit_.call_of(id, {"aten::div", "aten::true_divide"})) {
      const std::optional<ValueId> variance = match_root(div->inputs[1], "aten::sqrt", 0.5);
      if (!variance || !no_rounding(*div)) return std::nullopt;
      return match_variance(div->inputs[0], *variance);
    }
    const Node* mul = edit_.call_of(id, "aten::mul");
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (mul == nullptr) break;
      const std::optional<ValueId> variance = match_root(mul->inputs[i], "aten::rsqrt", -0.5);
      if (variance) return match_variance(mul->inputs[1 - i], *variance);
    }
    return std::nullopt;
  }

  /// What `name`, or a power, is taken of.
  std::optional<ValueId> match_root(ValueId id, std::string_view name, double exponent) const {
    if (const Node* root = edit_.call_of(id, name)) return root->inputs[0];
    const Node* pow = edit_.call_of(id, "aten::pow");
    const bool is_root = pow != nullptr && edit_.number(pow->inputs[1]) == exponent;
    return is_root ? std::optional(pow->inputs[0]) : std::nullopt;
  }

  bool no_rounding(const Node& div) const {
    const std::vector<Argument>& arguments = div.op->schema.arguments;
    return arguments.size() < 3 || edit_.is_none(div.inputs[2]);
  }

  /// `shifted` is variance + eps, of what `centered` is centered from.
  std::optional<Standardized> match_variance(ValueId centered, ValueId shifted) const {
    const std::optional<ValueId> x = match_centered(centered);
    const Node* add = edit_.call_of(shifted, "aten::add");
    if (!x || add == nullptr || edit_.argument_number(*add, "alpha").value_or(1) != 1) {
      return std::nullopt;
    }
    const auto eps = edit_.number_operand(*add);
    if (!eps || !is_variance(eps->other, *x)) return std::nullopt;
    return Standardized{*x, eps->number};
  }

  /// x - mean(x, -1, keepdim).
  std::optional<ValueId> match_centered(ValueId id) const {
    const Node* sub = edit_.call_of(id, "aten::sub");
    if (sub == nullptr || edit_.argument_number(*sub, "alpha").value_or(1) != 1) {
      return std::nullopt;
    }
    const std::optional<ValueId> averaged = match_mean(sub->inputs[1]);
    return averaged == sub->inputs[0] ? averaged : std::nullopt;
  }

  /// What is averaged over the last dimension, which stays as one of size 1.
  std::optional<ValueId> match_mean(ValueId id) const {
    const Node* mean = edit_.call_of(id, "aten::mean");
    if (mean == nullptr || mean->op->schema.overload != "dim" || !over_last(*mean)) {
      return std::nullopt;
    }
    return keeps_dtype(*mean) ? std::optional(mean->inputs[0]) : std::nullopt;
  }

  bool keeps_dtype(const Node& mean) const {
    return edit_.value(mean.inputs[0]).dtype == edit_.value(mean.outputs[0]).dtype;
  }

  bool over_last(const Node& reduction) const {
    const auto dims = edit_.integers(reduction.inputs[1]);
    return dims && *dims == std::vector<std::int64_t>{-1} &&
           edit_.argument_number(reduction, "keepdim").value_or(0) == 1;
  }

  bool is_variance(ValueId id, ValueId x) const {
    if (const std::optional<ValueId> squares = match_mean(id)) return is_square(*squares, x);
    const Node* var = edit_.call_of(id, "aten::var");
    if (var == nullptr || var->inputs[0] != x || var->inputs.size() < 3 || !over_last(*var)) {
      return false;
    }
    return edit_.argument_number(*var, "unbiased").value_or(1) == 0 ||
           edit_.argument_number(*var, "correction").value_or(1) == 0;
  }

  /// (x - mean)², however it is written.
  bool is_square(ValueId id, ValueId x) const {
    if (const Node* mul = edit_.call_of(id, "aten::mul")) {
      return match_centered(mul->inputs[0]) == x && match_centered(mul->inputs[1]) == x;
    }
    if (const Node* square = edit_.call_of(id, "aten::square")) {
      return match_centered(square->inputs[0]) == x;
    }
    const Node* pow = edit_.call_of(id, "aten::pow");
    return pow != nullptr && edit_.number(pow->inputs[1]) == 2 &&
           match_centered(pow->inputs[0]) == x;
  }

  GraphEditor& edit_;
};

}  // namespace

void fuse_layer_norm(Graph& graph) {
  GraphEditor edit(graph);
  LayerNormFuser(edit).run();
  edit.finish();
}

}  // namespace henson::runtime
