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
  const Tensor wide =
      tensor.to(system_memory(), is_floating(tensor.dtype()) ? DType::kFloat64 : DType::kInt64);
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

std::set<std::string> omitted_parameters(const BuiltGraph& built,
                                         std::span<const henson::Tensor> inputs) {
  const std::vector<GraphInput>& all = built.graph.inputs;
  if (inputs.size() > all.size()) {
    refuse(std::to_string(inputs.size()) + " inputs are given, and the model takes " +
           std::to_string(all.size()) + ": " + list_inputs(built));
  }
  std::vector<bool> given(built.parameters.size(), false);
  for (std::size_t i = 0; i < inputs.size(); ++i) given[std::stoul(all[i].path)] = true;
  std::set<std::string> omitted;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const ParameterInfo& parameter = built.parameters[i];
    if (parameter.has_default && !given[i]) omitted.insert(parameter.name);
  }
  return omitted;
}

InputUses::InputUses(const Graph& graph)
    : read(read_values(graph)), ids(embedding_indices(graph)) {}

GivenInputs place_inputs(const BuiltGraph& built, std::span<const NamedInput> inputs) {
  const std::vector<GraphInput>& wanted = built.graph.inputs;
  GivenInputs given(wanted.size(), nullptr);
  for (const NamedInput& input : inputs) {
    const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const GraphInput& one) {
      return input.key == one.path || input.key == one.name;
    });
    if (found == wanted.end()) {
      if (is_spare_part(built, input.key)) continue;
      refuse("the model has no input `" + input.key + "`; it takes " + list_inputs(built));
    }
    const henson::Tensor*& place = given[static_cast<std::size_t>(found - wanted.begin())];
    if (place != nullptr) refuse(describe(*found) + " is given twice");
    place = &input.tensor;
  }
  return given;
}

std::vector<std::optional<std::size_t>> places_of(const BuiltGraph& usual,
                                                  const BuiltGraph& built) {
  const std::vector<GraphInput>& inputs = built.graph.inputs;
  std::vector<std::optional<std::size_t>> places;
  for (const GraphInput& wanted : usual.graph.inputs) {
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const GraphInput& input) {
      return input.path == wanted.path;
    });
    places.push_back(found == inputs.end()
                         ? std::nullopt
                         : std::optional(static_cast<std::size_t>(found - inputs.begin())));
  }
  return places;
}

GivenInputs place_inputs(const BuiltGraph& built, std::span<const henson::Tensor> inputs,
                         std::span<const std::optional<std::size_t>> places) {
  GivenInputs given(built.graph.inputs.size(), nullptr);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (places[i]) given[*places[i]] = &inputs[i];
  }
  return given;
}

std::vector<Value> bind_inputs(const BuiltGraph& built, const InputUses& uses,
                               const GivenInputs& given) {
  const Graph& graph = built.graph;
  std::vector<Value> values(graph.inputs.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const GraphInput& wanted = graph.inputs[i];
    if (given[i] == nullptr) {
      if (!uses.read[wanted.value]) continue;
      refuse(describe(wanted) + " is missing; the model takes " + list_inputs(built));
    }
    const henson::Tensor& tensor = *given[i];
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

}  // namespace henson::runtime
