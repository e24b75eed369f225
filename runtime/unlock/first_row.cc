// The first row of a length that was one in the dummy input: the model's own choice, or all that a
// loop over the length found.
#include <algorithm>
#include <set>

#include "runtime/analysis/baked_values.h"
#include "runtime/graph/node_traits.h"
#include "runtime/operators/shape_rules.h"
#include "runtime/unlock/assumed_shapes.h"

namespace henson::runtime {
namespace {

bool is_zero(const GraphValue& value) {
  if (!value.constant) return false;
  if (const auto* integer = std::get_if<std::int64_t>(&*value.constant)) return *integer == 0;
  const auto* real = std::get_if<double>(&*value.constant);
  return real != nullptr && *real == 0;
}

}  // namespace

bool AssumedShapes::is_own_first_row(const Dimension& size, std::size_t node) const {
  return !is_batch(size) && solver_.told(size) == 1 && reads_all_sizes() && !is_one_of_many(node);
}

/// No number of the code was found to be a size of the dummy input: this PyTorch traced them all.
bool AssumedShapes::reads_all_sizes() const {
  const auto of_input = [&](const Dimension& symbol) {
    const Dimension resolved = solver_.resolve(symbol);
    return !(resolved == symbol) && !solver_.inputs_of(resolved).empty();
  };
  return std::none_of(sites_.begin(), sites_.end(),
                      [&](const SizeSite& site) { return of_input(site.symbol); }) &&
         std::none_of(stretches_.begin(), stretches_.end(),
                      [&](const StretchSite& site) { return of_input(site.symbol); });
}

/// A tensor that a node makes, and not of a constant's elements alone, in other places.
bool AssumedShapes::is_computed_tensor(ValueId id) const {
  if (graph_.values[id].type.kind != TypeKind::kTensor) return false;
  const Node* maker = producers_.of(id);
  while (maker != nullptr && keeps_elements(*maker)) maker = producers_.of(maker->inputs[0]);
  return maker != nullptr;
}

/// Whether what is made of a row is put into a list or a dimension of one, or meets what the code
/// starts from: so do the rows that a loop takes one by one.
bool AssumedShapes::is_one_of_many(std::size_t row) const {
  std::set<ValueId> made(graph_.nodes[row].outputs.begin(), graph_.nodes[row].outputs.end());
  for (std::size_t n = row + 1; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    const auto is_made = [&](ValueId id) { return made.contains(id); };
    if (std::none_of(node.inputs.begin(), node.inputs.end(), is_made)) continue;
    if (node.kind == NodeKind::kList && node.inputs.size() == 1) return true;
    if (has_sizes_of(node, shapes::unsqueezed)) return true;
    const bool sums = is_operator(node) && node.op->rule.numbers == NumberUse::kAdds;
    const auto starts = [&](ValueId id) {
      return !reads_[id] && (is_computed_tensor(id) || (sums && is_zero(graph_.values[id])));
    };
    if (std::any_of(node.inputs.begin(), node.inputs.end(), starts)) return true;
    made.insert(node.outputs.begin(), node.outputs.end());
  }
  return false;
}

}  // namespace henson::runtime
