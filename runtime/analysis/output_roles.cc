#include "runtime/analysis/output_roles.h"

#include <algorithm>

#include "runtime/operators/shape_rules.h"

namespace henson::runtime {

OutputRole OutputRoles::of(ValueId output) const {
  OutputRole role;
  for (;;) {
    const std::optional<std::size_t> place = producers_.place_of(output);
    if (!place) return role;
    const Node& node = producers_.graph().nodes[*place];
    role.order = std::max(role.order, *place + 1);
    if (node.inputs.empty()) return role;
    if (node.kind == NodeKind::kOperator && !keeps_elements(node)) {
      role.maker = maker_of(node);
      return role;
    }
    output = node.inputs[0];
  }
}

OutputMaker OutputRoles::maker_of(const Node& node) const {
  if (is_linear(node) || adds_bias(node)) return OutputMaker::kLinear;
  if (has_any(node, Trait::kSoftmax)) return OutputMaker::kSoftmax;
  if (has_any(node, Trait::kLogSoftmax)) return OutputMaker::kLogSoftmax;
  if (has_any(node, Trait::kSigmoid)) return OutputMaker::kSigmoid;
  if (has_any(node, Trait::kTanh)) return OutputMaker::kTanh;
  return OutputMaker::kOther;
}

/// A product by something that is the same in every run.
bool OutputRoles::is_linear(const Node& node) const {
  const std::vector<ValueId> factors = factors_of(producers_, node);
  return std::any_of(factors.begin(), factors.end(), [&](ValueId id) { return !computed_[id]; });
}

/// x W + b of two operators. An addition of two computed values is a residual's.
bool OutputRoles::adds_bias(const Node& node) const {
  if (node.kind != NodeKind::kOperator || node.op->rule.shape != shapes::sum) return false;
  for (const std::size_t i : {0, 1}) {
    const Node* const made = producers_.of(node.inputs[i]);
    if (made != nullptr && !computed_[node.inputs[1 - i]] && is_linear(*made)) return true;
  }
  return false;
}

}  // namespace henson::runtime
