#include "runtime/unlock/evidence.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "runtime/analysis/baked_values.h"

namespace henson::runtime {
namespace {

std::optional<double> number_in(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  const auto* tensor = std::get_if<Tensor>(&value);
  if (tensor == nullptr || !tensor->defined() || tensor->numel() != 1 ||
      tensor->dtype() == DType::kBool || is_quantized(tensor->dtype())) {
    return std::nullopt;
  }
  return *tensor->to(system_memory(), DType::kFloat64).data<double>();
}

bool is_whole(const Value& value) {
  const auto* tensor = std::get_if<Tensor>(&value);
  return value.is<std::int64_t>() || (tensor != nullptr && is_integral(tensor->dtype()));
}

bool equal_tensors(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.dtype() != b.dtype() || a.sizes() != b.sizes()) return false;
  const Tensor x = a.contiguous(system_memory());
  const Tensor y = b.contiguous(system_memory());
  const std::size_t bytes = static_cast<std::size_t>(x.numel()) * size_of(x.dtype());
  const auto first = [&](const Tensor& tensor) {
    const std::size_t at = static_cast<std::size_t>(tensor.offset()) * size_of(tensor.dtype());
    return tensor.buffer()->part(at, at + bytes) + at;
  };
  return bytes == 0 || std::memcmp(first(x), first(y), bytes) == 0;
}

bool equal(const Value& a, const Value& b);

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

bool equal(const Value& a, const Value& b) {
  if (a.index() != b.index()) return false;
  if (a.is<Tensor>()) return equal_tensors(a.as<Tensor>(), b.as<Tensor>());
  if (a.is<double>()) {
    return a.as<double>() == b.as<double>() ||
           (std::isnan(a.as<double>()) && std::isnan(b.as<double>()));
  }
  if (a.is<std::int64_t>()) return a.as<std::int64_t>() == b.as<std::int64_t>();
  if (a.is<bool>()) return a.as<bool>() == b.as<bool>();
  if (a.is<std::string>()) return a.as<std::string>() == b.as<std::string>();
  if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&a)) {
    return equal_items((*list)->items, b.as<std::shared_ptr<ListValue>>()->items);
  }
  if (const auto* tuple = std::get_if<std::shared_ptr<TupleValue>>(&a)) {
    return equal_items((*tuple)->items, b.as<std::shared_ptr<TupleValue>>()->items);
  }
  if (const auto* packed = std::get_if<std::shared_ptr<const PackedLinear>>(&a)) {
    const auto& other = b.as<std::shared_ptr<const PackedLinear>>();
    return equal_tensors((*packed)->weight, other->weight) &&
           equal_tensors((*packed)->bias, other->bias);
  }
  return a.is_none() || a.is<Device>();
}

/// A place as errors print it, who shorten long names.
std::string printed(const script::SourceLine& where) {
  try {
    throw_at(where, ErrorCode::kBadInput, "");
  } catch (const Error& error) {
    const std::string text = error.what();
    return text.substr(0, text.rfind(": "));
  }
}

class Comparison {
 public:
  Comparison(const Graph& graph, const Graph& witness) : graph_(graph), witness_(witness) {}

  Witness run(TracedShapes shapes) {
    found_.shapes = std::move(shapes);
    compare_inputs();
    for (node_ = 0; node_ < std::min(graph_.nodes.size(), witness_.nodes.size()); ++node_) {
      compare_nodes(graph_.nodes[node_], witness_.nodes[node_]);
    }
    if (graph_.nodes.size() != witness_.nodes.size()) {
      fail("it has " + std::to_string(witness_.nodes.size()) + " operators, not " +
           std::to_string(graph_.nodes.size()));
    }
    found_.same_outputs = same_outputs(graph_.output, witness_.output);
    return std::move(found_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const std::string message = "the witness is not the same model at another shape: " + what;
    if (graph_.nodes.empty()) throw Error(ErrorCode::kBadInput, message);
    throw_at(graph_.nodes[std::min(node_, graph_.nodes.size() - 1)].where, ErrorCode::kBadInput,
             message);
  }

  void compare_inputs() {
    const auto same = [](const GraphInput& a, const GraphInput& b) { return a.path == b.path; };
    if (!std::equal(graph_.inputs.begin(), graph_.inputs.end(), witness_.inputs.begin(),
                    witness_.inputs.end(), same)) {
      fail("it has other inputs");
    }
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      same_[graph_.inputs[i].value] = witness_.inputs[i].value;
    }
  }

  static std::string name_of(const Node& node) {
    if (node.op != nullptr) return node.op->schema.name;
    return node.kind == NodeKind::kUnpack ? "an unpacking" : "a list or tuple";
  }

  void compare_nodes(const Node& a, const Node& b) {
    if (a.kind != b.kind || a.op != b.op || a.inputs.size() != b.inputs.size() ||
        a.outputs.size() != b.outputs.size()) {
      fail(name_of(a) + " stands here, and " + name_of(b) + " at " + to_string(b.where) +
           " of the witness");
    }
    found_.same.push_back(true);
    for (std::size_t i = 0; i < a.inputs.size(); ++i) {
      if (!compare_values(a.inputs[i], b.inputs[i], i)) found_.same.back() = false;
    }
    for (std::size_t i = 0; i < a.outputs.size(); ++i) same_[a.outputs[i]] = b.outputs[i];
    // A list of numbers is its reader's argument.
    if (a.kind == NodeKind::kList && !found_.same.back()) differing_lists_.insert(a.outputs[0]);
  }

  /// Whether both are the same; numbers that differ are noted.
  bool compare_values(ValueId a, ValueId b, std::size_t argument) {
    const std::optional<Value>& here = graph_.values[a].constant;
    const std::optional<Value>& there = witness_.values[b].constant;
    if (!here && !there) {
      const auto known = same_.find(a);
      if (known == same_.end() || known->second != b) fail("it computes with another value here");
      return !differing_lists_.contains(a);
    }
    if (!here || !there) fail("one of them has a number here that the other computes");
    if (is_weight(graph_.values[a]) || is_weight(witness_.values[b])) {
      compare_weights(graph_.values[a], witness_.values[b]);
      return true;
    }
    if (equal(*here, *there)) return true;
    note(*here, *there, argument);
    return false;
  }

  void compare_weights(const GraphValue& a, const GraphValue& b) {
    if (a.name != b.name) fail(a.name + " is read here, and " + b.name + " in the witness");
    if (!compared_.insert(a.name).second) return;
    if (!equal(*a.constant, *b.constant)) fail("its weight " + a.name + " has other numbers");
  }

  void note(const Value& here, const Value& there, std::size_t argument) {
    const auto* const a = std::get_if<std::shared_ptr<ListValue>>(&here);
    const auto* const b = std::get_if<std::shared_ptr<ListValue>>(&there);
    if (a != nullptr && b != nullptr && (*a)->items.size() == (*b)->items.size()) {
      for (std::size_t i = 0; i < (*a)->items.size(); ++i) {
        if (!equal((*a)->items[i], (*b)->items[i]))
          note_number((*a)->items[i], (*b)->items[i], argument, i);
      }
      return;
    }
    note_number(here, there, argument, std::nullopt);
  }

  void note_number(const Value& here, const Value& there, std::size_t argument,
                   std::optional<std::size_t> item) {
    const std::optional<double> a = number_in(here);
    const std::optional<double> b = number_in(there);
    if (a && b && here.index() == there.index()) {
      found_.differing.push_back(
          {node_, argument, item, *a, *b, is_whole(here) && is_whole(there)});
      return;
    }
    const bool tensors = here.is<Tensor>() && there.is<Tensor>();  // longer ones: as stretched
    if (!tensors) fail("it holds " + kind_of(there) + " here that is not this " + kind_of(here));
  }

  bool same_outputs(const OutputShape& a, const OutputShape& b) {
    if (a.kind != b.kind || a.items.size() != b.items.size() || a.keys != b.keys) {
      fail("it returns something else");
    }
    if (a.kind == OutputShape::Kind::kLeaf) {
      const std::optional<Value>& here = graph_.values[a.value].constant;
      const std::optional<Value>& there = witness_.values[b.value].constant;
      if (here && there) return equal(*here, *there);
      const auto known = same_.find(a.value);
      if (known == same_.end() || known->second != b.value) fail("it returns another value");
      return true;
    }
    bool same = true;
    for (std::size_t i = 0; i < a.items.size(); ++i)
      same = same_outputs(a.items[i], b.items[i]) && same;
    return same;
  }

  const Graph& graph_;
  const Graph& witness_;
  std::size_t node_ = 0;
  Witness found_;
  std::map<ValueId, ValueId> same_;  // of the witness, for values that nodes and callers make
  std::set<ValueId> differing_lists_;
  std::set<std::string> compared_;
};

}  // namespace

const DifferingNumber* Witness::at(std::size_t node, std::size_t argument,
                                   std::optional<std::size_t> item) const {
  const auto found =
      std::find_if(differing.begin(), differing.end(), [&](const DifferingNumber& d) {
        return d.node == node && d.argument == argument && d.item == item;
      });
  return found == differing.end() ? nullptr : &*found;
}

Witness compare_with_witness(const Graph& graph, const Graph& witness, TracedShapes shapes) {
  return Comparison(graph, witness).run(std::move(shapes));
}

std::vector<bool> nodes_at(const Graph& graph, const std::string& place) {
  std::vector<bool> found(graph.nodes.size(), false);
  std::set<std::string> meant;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const script::SourceLine& where = graph.nodes[n].where;
    if (to_string(where) != place && printed(where) != place) continue;
    found[n] = true;
    meant.insert(to_string(where));
  }
  if (meant.empty()) {
    throw Error(ErrorCode::kBadInput,
                "no computation stands at " + place +
                    "; a place is as errors and `inspect` print it: code/__torch__/model.py:34");
  }
  if (meant.size() > 1) {
    throw Error(ErrorCode::kBadInput, place + " may be " + *meant.begin() + " or " +
                                          *meant.rbegin() + "; give it in full");
  }
  return found;
}

}  // namespace henson::runtime
