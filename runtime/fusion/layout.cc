#include "runtime/fusion/layout.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "runtime/graph/node_traits.h"

namespace henson::runtime {
namespace {

constexpr std::size_t kMostDims = 4;  // of a base: batch, head, row, width

}  // namespace

Dimension Layout::size_of(const AxisList& axes) const {
  Dimension size = Dimension::of(1);
  for (const Axis axis : axes) size = size * sizes[axis];
  return size;
}

/// The axis becomes two: it keeps its number as the outer one.
void Layout::split(Axis axis, const Dimension& outer, const Dimension& inner) {
  sizes[axis] = outer;
  const Axis added = sizes.size();
  sizes.push_back(inner);
  for (AxisDims* const all : {&base_dims, &dims}) {
    for (AxisList& axes : *all) {
      const auto found = std::find(axes.begin(), axes.end(), axis);
      if (found != axes.end()) axes.insert(found + 1, added);
    }
  }
}

bool Layout::regroup(const ProvenShapes::Dimensions& to) {
  Layout result = *this;
  std::deque<Axis> left;
  for (const AxisList& axes : dims) left.insert(left.end(), axes.begin(), axes.end());
  AxisDims grouped(to.size());
  for (std::size_t d = 0; d < to.size(); ++d) {
    Dimension wanted = to[d];
    while (!wanted.is_one()) {
      if (left.empty()) return false;
      const Axis axis = left.front();
      left.pop_front();
      const Dimension size = result.sizes[axis];
      grouped[d].push_back(axis);
      if (const auto rest = whole_quotient(wanted, size)) {
        wanted = *rest;
        continue;
      }
      const auto inner = whole_quotient(size, wanted);
      if (!inner) return false;
      result.split(axis, wanted, *inner);
      left.push_front(result.sizes.size() - 1);
      wanted = Dimension::of(1);
    }
  }
  for (const Axis axis : left) {
    if (!result.sizes[axis].is_one() || grouped.empty()) return false;
    grouped.back().push_back(axis);
  }
  result.dims = std::move(grouped);
  *this = std::move(result);
  return true;
}

std::optional<Layout> LayoutTracer::itself(ValueId value) const {
  const auto dims = sizes_.dims(value);
  if (!dims) return std::nullopt;
  Layout layout;
  layout.base = value;
  for (const Dimension& size : *dims) {
    layout.dims.push_back({layout.sizes.size()});
    layout.sizes.push_back(size);
  }
  layout.base_dims = layout.dims;
  return layout;
}

std::optional<Layout> LayoutTracer::trace(ValueId value) const {
  const std::optional<NodeId> maker = editor_.producer(value);
  if (maker && editor_.pure(*maker) && editor_.node(*maker).kind == NodeKind::kOperator) {
    const Node& node = editor_.node(*maker);
    const std::string& name = node.op->schema.name;
    if (name == "aten::mul" || name == "aten::div") {
      const auto factor = editor_.number(node.inputs[1]);
      const bool scales =
          factor && *factor != 0 && editor_.is_tensor(node.inputs[0]) && node.inputs.size() == 2;
      if (auto layout = scales ? trace(node.inputs[0]) : std::nullopt) {
        layout->scale *= name == "aten::mul" ? *factor : 1 / *factor;
        return layout;
      }
    } else if (has_any(node, Trait::kMoves)) {
      auto layout = trace(node.inputs[0]);
      const bool simple = layout && layout->base_dims.size() <= kMostDims;
      if (simple && apply(node, *layout)) return layout;
    }
  }
  return itself(value);
}

bool LayoutTracer::apply(const Node& node, Layout& layout) const {
  if (repeats_first(node)) return true;
  if (regroups(node)) {
    const auto to = sizes_.dims(node.outputs[0]);
    return to && layout.regroup(*to);
  }
  if (expands(node)) {
    const auto from = sizes_.dims(node.inputs[0]);
    return from && from == sizes_.dims(node.outputs[0]);
  }
  if (has_sizes_of(node, shapes::permuted)) return permute(node, layout);
  return has_sizes_of(node, shapes::transposed) && transpose(node, layout);
}

bool LayoutTracer::permute(const Node& node, Layout& layout) const {
  const auto order = editor_.integers(node.inputs[1]);
  const std::size_t rank = layout.dims.size();
  if (!order || order->size() != rank) return false;
  AxisDims permuted;
  for (const std::int64_t dim : *order) {
    const auto at = Inference::dim_at(dim, rank);
    if (!at) return false;
    permuted.push_back(layout.dims[*at]);
  }
  layout.dims = std::move(permuted);
  return true;
}

/// Of two dimensions: the last two where the operator names none.
bool LayoutTracer::transpose(const Node& node, Layout& layout) const {
  const std::size_t rank = layout.dims.size();
  const bool named = node.inputs.size() >= 3;
  const auto a = Inference::dim_at(named ? editor_.integer(node.inputs[1]) : -2, rank);
  const auto b = Inference::dim_at(named ? editor_.integer(node.inputs[2]) : -1, rank);
  if (!a || !b) return false;
  std::swap(layout.dims[*a], layout.dims[*b]);
  return true;
}

}  // namespace henson::runtime
