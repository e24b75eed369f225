#include "runtime/api/binding.h"

#include <algorithm>
#include <cstdlib>

#include "henson/error.h"
#include "runtime/analysis/uses.h"
#include "runtime/api/public_tensor.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

std::string list_inputs(const BuiltGraph& built) {
  std::string text;
  for (const GraphInput& input : built.graph.inputs) {
    text += (text.empty() ? "" : ", ") + input.path + " (" + input.name + ")";
  }
  return text.empty() ? "none" : text;
}

/// Whether `key` names the input, or something within it ("0" or "features" of "0.ids").
bool names(const std::string& key, const std::string& path, const std::string& name) {
  return key == path || key == name;
}

/// A part of a dict or list input that the code never takes: given, and not needed.
bool is_spare_part(const BuiltGraph& built, const std::string& key) {
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos) return false;
  const std::string head = key.substr(0, dot);
  for (std::size_t i = 0; i < built.parameters.size(); ++i) {
    const ParameterInfo& parameter = built.parameters[i];
    if (parameter.open && (head == parameter.name || head == std::to_string(i))) return true;
  }
  return false;
}

Value to_value(const GraphInput& input, const Type& type, const henson::Tensor& given) {
  if (given.shape().empty() && given.bytes().empty()) {
    refuse(describe(input) + " is a tensor that was moved from");
  }
  const Tensor tensor = from_public(given);
  if (type.kind == TypeKind::kTensor) return tensor;
  if (tensor.numel() != 1) refuse(describe(input) + " is a number: give a tensor of one element");
  const Tensor wide = tensor.to(is_floating(tensor.dtype()) ? DType::kFloat64 : DType::kInt64);
  if (wide.dtype() == DType::kFloat64) {
    if (type.kind == TypeKind::kInt || type.kind == TypeKind::kBool) {
      refuse(describe(input) + " must be an integer");
    }
    return *wide.data<double>();
  }
  const std::int64_t integer = *wide.data<std::int64_t>();
  if (type.kind == TypeKind::kBool) return integer != 0;
  if (type.kind == TypeKind::kFloat) return static_cast<double>(integer);
  return integer;
}

}  // namespace

std::set<std::string> omitted_parameters(const BuiltGraph& built,
                                         std::span<const NamedInput> inputs) {
  std::set<std::string> omitted;
  for (std::size_t i = 0; i < built.parameters.size(); ++i) {
    const ParameterInfo& parameter = built.parameters[i];
    if (!parameter.has_default) continue;
    const std::string position = std::to_string(i);
    const bool given = std::any_of(inputs.begin(), inputs.end(), [&](const NamedInput& input) {
      const std::string head = input.key.substr(0, input.key.find('.'));
      return head == position || head == parameter.name;
    });
    if (!given) omitted.insert(parameter.name);
  }
  return omitted;
}

InputUses::InputUses(const Graph& graph)
    : read(read_values(graph)), ids(embedding_indices(graph)) {}

std::vector<Value> bind_inputs(const BuiltGraph& built, const InputUses& uses,
                               std::span<const NamedInput> inputs) {
  const Graph& graph = built.graph;
  std::vector<const NamedInput*> given(graph.inputs.size(), nullptr);
  for (const NamedInput& input : inputs) {
    const auto found = std::find_if(
        graph.inputs.begin(), graph.inputs.end(),
        [&](const GraphInput& wanted) { return names(input.key, wanted.path, wanted.name); });
    if (found == graph.inputs.end()) {
      if (is_spare_part(built, input.key)) continue;
      refuse("the model has no input `" + input.key + "`; it takes " + list_inputs(built));
    }
    const auto position = static_cast<std::size_t>(found - graph.inputs.begin());
    if (given[position] != nullptr) refuse(describe(*found) + " is given twice");
    given[position] = &input;
  }
  std::vector<Value> values(graph.inputs.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const GraphInput& wanted = graph.inputs[i];
    if (given[i] == nullptr) {
      if (!uses.read[wanted.value]) continue;
      refuse(describe(wanted) + " is missing; the model takes " + list_inputs(built));
    }
    const henson::Tensor& tensor = given[i]->tensor;
    if (uses.ids[wanted.value] && (is_floating(tensor.dtype()) || tensor.dtype() == DType::kBool)) {
      refuse(describe(wanted) + " holds token ids, and must be int64 or int32, not " +
             std::string(name_of(tensor.dtype())));
    }
    values[i] = to_value(wanted, graph.values[wanted.value].type, tensor);
  }
  return values;
}

BoundShapes shapes_of(std::span<const Value> values) {
  BoundShapes shapes;
  for (const Value& value : values) {
    const auto* tensor = std::get_if<Tensor>(&value);
    shapes.push_back(tensor == nullptr ? std::nullopt : std::optional(tensor->sizes()));
  }
  return shapes;
}

InputRanks ranks_of(const BoundShapes& shapes) {
  InputRanks ranks;
  for (const auto& shape : shapes) {
    ranks.push_back(shape ? std::optional(shape->size()) : std::nullopt);
  }
  return ranks;
}

bool has_ranks(const UnlockResult& unlocked, const BoundShapes& shapes) {
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (shapes[i] && shapes[i]->size() != unlocked.ranks[i]) return false;
  }
  return true;
}

std::vector<NamedInput> name_inputs(const BuiltGraph& built,
                                    std::span<const henson::Tensor> inputs) {
  if (inputs.size() > built.graph.inputs.size()) {
    refuse(std::to_string(inputs.size()) + " inputs are given, and the model takes " +
           std::to_string(built.graph.inputs.size()) + ": " + list_inputs(built));
  }
  std::vector<NamedInput> named;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    named.push_back({built.graph.inputs[i].path, inputs[i]});
  }
  return named;
}

}  // namespace henson::runtime
