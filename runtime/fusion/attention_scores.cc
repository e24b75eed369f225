#include "runtime/fusion/attention_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace henson::runtime {
namespace {

bool is_cast(const std::string& name) {
  return name == "aten::to" || name == "aten::type_as" || name == "aten::float" ||
         name == "aten::_autocast_to_reduced_precision" ||
         name == "aten::_autocast_to_full_precision";
}

}  // namespace

std::optional<Contraction> contraction_of(const GraphEditor& editor, const Node& einsum) {
  std::optional<std::string> text = editor.text(einsum.inputs[0]);
  if (!text) return std::nullopt;
  std::erase(*text, ' ');
  const std::size_t comma = text->find(',');
  const std::size_t arrow = text->find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow ||
      text->find('.') != std::string::npos || text->find(',', comma + 1) != std::string::npos) {
    return std::nullopt;
  }
  return Contraction{text->substr(0, comma), text->substr(comma + 1, arrow - comma - 1),
                     text->substr(arrow + 2)};
}

std::optional<AxisDims> reordered(const AxisDims& dims, const std::string& from,
                                  const std::string& to) {
  if (from.size() != dims.size() || to.size() != dims.size()) return std::nullopt;
  AxisDims result;
  for (const char label : to) {
    const std::size_t at = from.find(label);
    if (at == std::string::npos || from.rfind(label) != at) return std::nullopt;
    result.push_back(dims[at]);
  }
  return result;
}

std::optional<Scores> ScoreMatcher::match(ValueId softmax_input, NodeId softmax) const {
  Scores scores;
  if (!descend(softmax_input, softmax, scores)) return std::nullopt;
  return scores;
}

/// Besides `reader` only an expansion to the same size, for `reader`, may look at it.
bool ScoreMatcher::read_only_by(ValueId value, NodeId reader) const {
  if (editor_.is_output(value)) return false;
  const auto harmless = [&](NodeId other) {
    if (other == reader) return true;
    const Node& node = editor_.node(other);
    if (node.kind != NodeKind::kOperator || node.op->schema.name != "aten::expand_as") return false;
    const ValueId made = node.outputs[0];
    return node.inputs[0] != value && !editor_.is_output(made) &&
           std::all_of(editor_.readers(made).begin(), editor_.readers(made).end(),
                       [&](NodeId third) { return third == reader; });
  };
  const std::vector<NodeId>& readers = editor_.readers(value);
  return std::count(readers.begin(), readers.end(), reader) == 1 &&
         std::all_of(readers.begin(), readers.end(), harmless);
}

bool ScoreMatcher::descend(ValueId value, NodeId reader, Scores& scores) const {
  const std::optional<NodeId> maker = editor_.producer(value);
  if (!maker || !editor_.pure(*maker) || editor_.node(*maker).kind != NodeKind::kOperator ||
      editor_.node(*maker).outputs.size() != 1 || !read_only_by(value, reader)) {
    return false;
  }
  Scores tried = scores;
  tried.path.push_back(value);
  if (!follow(editor_.node(*maker), *maker, tried)) return false;
  scores = std::move(tried);
  return true;
}

bool ScoreMatcher::follow(const Node& node, NodeId id, Scores& scores) const {
  const std::string& name = node.op->schema.name;
  if (name == "aten::add" || name == "aten::sub") return added(node, id, scores);
  if (name == "aten::mul" || name == "aten::div") return scaled(node, id, scores);
  if (is_cast(name)) return cast(node, id, scores);
  if (name == "aten::masked_fill") {
    return filled(node, id, scores, 0, node.inputs[1], node.inputs[2], false);
  }
  if (name == "aten::where" && node.inputs.size() == 3) {
    return filled(node, id, scores, 1, node.inputs[0], node.inputs[2], true) ||
           filled(node, id, scores, 2, node.inputs[0], node.inputs[1], false);
  }
  if (name == "aten::view" || name == "aten::reshape" || name == "aten::contiguous" ||
      name == "aten::clone" || name == "aten::detach" || name == "aten::unflatten") {
    return descend(node.inputs[0], id, scores);
  }
  return product(node, scores);
}

/// To another floating type; where a fill follows, only one that changes nothing: what fills a wide
/// type may be infinite in a narrow one.
bool ScoreMatcher::cast(const Node& node, NodeId id, Scores& scores) const {
  const std::optional<DType> from = editor_.value(node.inputs[0]).dtype;
  const std::optional<DType> to = editor_.value(node.outputs[0]).dtype;
  if (!to || !is_floating(*to) || (scores.fill && from != to)) return false;
  return descend(node.inputs[0], id, scores);
}

bool ScoreMatcher::scaled(const Node& node, NodeId id, Scores& scores) const {
  if (node.inputs.size() != 2) return false;
  const bool divides = node.op->schema.name == "aten::div";
  for (const std::size_t scored : {std::size_t{0}, std::size_t{1}}) {
    if (scored == 1 && divides) break;
    const std::optional<double> factor = number(node.inputs[1 - scored]);
    if (!factor || *factor == 0 || !std::isfinite(*factor)) continue;
    Scores tried = scores;
    tried.scale *= divides ? 1 / *factor : *factor;
    if (!editor_.is_tensor(node.inputs[scored])) continue;
    if (!descend(node.inputs[scored], id, tried)) continue;
    scores = std::move(tried);
    return true;
  }
  return false;
}

bool ScoreMatcher::added(const Node& node, NodeId id, Scores& scores) const {
  const double alpha = editor_.argument_number(node, "alpha").value_or(1);
  const double sign = node.op->schema.name == "aten::sub" ? -alpha : alpha;
  if (!editor_.is_tensor(node.inputs[0]) || !editor_.is_tensor(node.inputs[1])) return false;
  for (const std::size_t scored : {std::size_t{0}, std::size_t{1}}) {
    if (scored == 1 && sign != 1) break;
    Scores tried = scores;
    const double factor = scores.scale * (scored == 0 ? sign : 1);
    tried.terms.push_back({node.inputs[1 - scored], factor, scores.path.size() - 1});
    if (!descend(node.inputs[scored], id, tried)) continue;
    scores = std::move(tried);
    return true;
  }
  return false;
}

/// One fill, and nothing added to it afterwards.
bool ScoreMatcher::filled(const Node& node, NodeId id, Scores& scores, std::size_t scored,
                          ValueId mask, ValueId fill, bool keeps) const {
  const std::optional<double> value = number(fill);
  if (!value || scores.fill || !scores.terms.empty() || !editor_.is_tensor(node.inputs[scored])) {
    return false;
  }
  Scores tried = scores;
  tried.fill = ScoreFill{unexpanded(mask, node.inputs[scored]), keeps, *value * scores.scale,
                         scores.path.size() - 1};
  if (!descend(node.inputs[scored], id, tried)) return false;
  scores = std::move(tried);
  return true;
}

/// What a mask was before it was repeated up to the size of the scores.
ValueId ScoreMatcher::unexpanded(ValueId mask, ValueId scores) const {
  const Node* const made = editor_.call_of(mask, {"aten::expand", "aten::expand_as"});
  if (made == nullptr) return mask;
  const ValueId source = made->inputs[0];
  if (made->op->schema.name == "aten::expand_as" && made->inputs[1] == scores) return source;
  const auto from = sizes_.dims(source);
  const auto to = sizes_.dims(mask);
  const auto whole = sizes_.dims(scores);
  if (!from || !to || !whole || from->size() != to->size() || to->size() != whole->size()) {
    return mask;
  }
  for (std::size_t d = 0; d < to->size(); ++d) {
    if (!((*to)[d] == (*from)[d]) && !((*to)[d] == (*whole)[d])) return mask;
  }
  return source;
}

bool ScoreMatcher::product(const Node& node, Scores& scores) const {
  const std::string& name = node.op->schema.name;
  if (name == "aten::matmul" || name == "aten::bmm") {
    return operands(node.inputs[0], node.inputs[1], scores);
  }
  if (name == "aten::einsum") return einsum(node, scores);
  if (name != "aten::baddbmm") return false;
  const std::optional<double> beta = editor_.argument_number(node, "beta");
  const std::optional<double> alpha = editor_.argument_number(node, "alpha");
  if (!beta || !alpha) return false;
  if (*beta != 0) {
    scores.terms.push_back({node.inputs[0], scores.scale * *beta, scores.path.size() - 1});
  }
  scores.scale *= *alpha;
  return operands(node.inputs[1], node.inputs[2], scores);
}

bool ScoreMatcher::operands(ValueId query, ValueId key, Scores& scores) const {
  std::optional<Layout> a = tracer_.trace(query);
  std::optional<Layout> b = tracer_.trace(key);
  if (!a || !b || a->dims.size() != b->dims.size() || b->dims.size() < 3) return false;
  std::swap(b->dims[b->dims.size() - 1], b->dims[b->dims.size() - 2]);
  scores.query = std::move(*a);
  scores.key = std::move(*b);
  return true;
}

bool ScoreMatcher::einsum(const Node& node, Scores& scores) const {
  const std::optional<Contraction> call = contraction_of(editor_, node);
  const auto items = editor_.items(node.inputs[1]);
  if (!call || !items || items->size() != 2 || call->out.size() < 3) return false;
  std::optional<Layout> a = tracer_.trace((*items)[0]);
  std::optional<Layout> b = tracer_.trace((*items)[1]);
  if (!a || !b) return false;
  const std::string batch = call->out.substr(0, call->out.size() - 2);
  char row = call->out[call->out.size() - 2];
  const char column = call->out.back();
  std::string labels_a = call->a;
  std::string labels_b = call->b;
  if (labels_a.find(row) == std::string::npos) {
    std::swap(labels_a, labels_b);
    std::swap(a, b);
  }
  std::string summed;
  for (const char label : labels_a) {
    if (call->out.find(label) == std::string::npos) summed += label;
  }
  if (summed.size() != 1) return false;
  const auto query = reordered(a->dims, labels_a, batch + row + summed);
  const auto key = reordered(b->dims, labels_b, batch + column + summed);
  if (!query || !key) return false;
  a->dims = *query;
  b->dims = *key;
  scores.query = std::move(*a);
  scores.key = std::move(*b);
  return true;
}

std::optional<double> ScoreMatcher::number(ValueId value) const {
  if (const std::optional<double> constant = editor_.number(value)) return constant;
  if (const std::optional<Dimension> size = sizes_.number(value)) {
    if (const auto literal = size->literal()) return static_cast<double>(*literal);
  }
  const std::optional<NodeId> maker = editor_.producer(value);
  if (!maker || !editor_.pure(*maker)) return std::nullopt;
  const Node& node = editor_.node(*maker);
  return node.kind == NodeKind::kOperator ? computed(node) : std::nullopt;
}

std::optional<double> ScoreMatcher::computed(const Node& node) const {
  const std::string& name = node.op->schema.name;
  if (name == "aten::full") {
    const auto sizes = sizes_.dims(node.outputs[0]);
    const bool single = sizes && std::all_of(sizes->begin(), sizes->end(),
                                             [](const Dimension& size) { return size.is_one(); });
    return single ? number(node.inputs[1]) : std::nullopt;
  }
  static const std::vector<std::string> kSame = {
      "aten::to",    "aten::type_as",      "aten::detach",
      "aten::clone", "aten::Float",        "aten::float",
      "aten::item",  "prim::NumToTensor",  "aten::ScalarImplicit",
      "aten::alias", "aten::FloatImplicit"};
  const bool same = std::find(kSame.begin(), kSame.end(), name) != kSame.end();
  if (same) {
    // To a whole number: what is lost is not looked at.
    const std::optional<DType> dtype = editor_.value(node.outputs[0]).dtype;
    return dtype && !is_floating(*dtype) ? std::nullopt : number(node.inputs[0]);
  }
  const bool unary = name == "aten::sqrt" || name == "aten::rsqrt" || name == "aten::reciprocal" ||
                     name == "aten::neg";
  const bool binary = name == "aten::mul" || name == "aten::div" || name == "aten::pow";
  if (!unary && (!binary || node.inputs.size() != 2)) return std::nullopt;
  const std::optional<double> a = number(node.inputs[0]);
  if (!a) return std::nullopt;
  if (name == "aten::sqrt") return std::sqrt(*a);
  if (name == "aten::rsqrt") return 1 / std::sqrt(*a);
  if (name == "aten::reciprocal") return 1 / *a;
  if (name == "aten::neg") return -*a;
  const std::optional<double> b = number(node.inputs[1]);
  if (!b) return std::nullopt;
  if (name == "aten::mul") return *a * *b;
  if (name == "aten::pow") return std::pow(*a, *b);
  const GraphValue& result = editor_.value(node.outputs[0]);
  const bool exact =
      result.type.kind == TypeKind::kFloat || (result.dtype && is_floating(*result.dtype));
  return !exact || *b == 0 ? std::nullopt : std::optional(*a / *b);
}

}  // namespace henson::runtime
