#include "runtime/execution/arguments.h"

#include <algorithm>

#include "runtime/execution/narrow_step.h"

namespace henson::runtime {

bool NodeArguments::is_none(std::size_t i) const {
  const std::optional<Value>& value = constant(i);
  return value && value->is_none();
}

std::optional<Tensor> NodeArguments::tensor(std::size_t i) const {
  const std::optional<Value>& value = constant(i);
  if (!value || !value->is<Tensor>()) return std::nullopt;
  return value->as<Tensor>();
}

std::optional<std::vector<ValueId>> NodeArguments::list(std::size_t i) const {
  for (const Node& node : graph_.nodes) {
    if (node.kind == NodeKind::kList && node.outputs[0] == node_.inputs[i]) return node.inputs;
  }
  return std::nullopt;
}

std::optional<std::vector<Tensor>> NodeArguments::tensors(std::size_t i) const {
  std::vector<Value> items;
  if (const std::optional<Value>& value = constant(i)) {
    const auto* held = std::get_if<std::shared_ptr<ListValue>>(&*value);
    if (held == nullptr) return std::nullopt;
    items = (*held)->items;
  } else {
    const auto ids = list(i);
    if (!ids) return std::nullopt;
    for (const ValueId item : *ids) {
      if (!graph_.values[item].constant) return std::nullopt;
      items.push_back(*graph_.values[item].constant);
    }
  }
  std::vector<Tensor> tensors;
  for (const Value& item : items) {
    if (!item.is<Tensor>() && !item.is_none()) return std::nullopt;
    tensors.push_back(item.is_none() ? Tensor() : item.as<Tensor>());
  }
  return tensors;
}

std::optional<double> NodeArguments::number(std::size_t i) const {
  const std::optional<Value>& value = constant(i);
  if (!value) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&*value)) {
    return static_cast<double>(*integer);
  }
  const auto* number = std::get_if<double>(&*value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<std::vector<std::int64_t>> NodeArguments::numbers(std::size_t i) const {
  const std::optional<Value>& value = constant(i);
  if (!value) return std::nullopt;
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&*value);
  if (list == nullptr) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const Value& item : (*list)->items) {
    if (!item.is<std::int64_t>()) return std::nullopt;
    numbers.push_back(item.as<std::int64_t>());
  }
  return numbers;
}

std::optional<bool> NodeArguments::flag(std::size_t i) const {
  const std::optional<Value>& value = constant(i);
  if (!value || !value->is<bool>()) return std::nullopt;
  return value->as<bool>();
}

std::optional<std::string> NodeArguments::string(std::size_t i) const {
  const std::optional<Value>& value = constant(i);
  if (!value || !value->is<std::string>()) return std::nullopt;
  return value->as<std::string>();
}

std::optional<Tensor> NodeArguments::matrix(std::size_t i) const {
  const std::optional<Tensor> found = tensor(i);
  return found && is_matrix(*found) ? found : std::nullopt;
}

std::optional<std::vector<float>> NodeArguments::vector(std::size_t i, std::size_t size) const {
  if (is_none(i)) return std::vector<float>();
  const std::optional<Tensor> found = tensor(i);
  return found ? numbers_of(*found, size) : std::nullopt;
}

std::optional<kernels::Activation> NodeArguments::activation(std::size_t i) const {
  const std::optional<std::string> name = string(i);
  return name ? kernels::activation_named(*name) : std::nullopt;
}

namespace {

bool is_wide_or_narrow(const Tensor& tensor) {
  return tensor.dtype() == DType::kFloat32 || narrow_type(tensor.dtype());
}

}  // namespace

bool is_matrix(const Tensor& tensor) {
  return tensor.defined() && (is_wide_or_narrow(tensor) || tensor.dtype() == DType::kQInt8) &&
         tensor.dim() == 2 && tensor.numel() > 0;
}

std::optional<std::vector<float>> numbers_of(const Tensor& tensor, std::size_t size) {
  if (!tensor.defined()) return std::vector<float>();
  if (!is_wide_or_narrow(tensor) || tensor.dim() != 1 ||
      tensor.sizes()[0] != static_cast<std::int64_t>(size)) {
    return std::nullopt;
  }
  const Tensor dense = tensor.dtype() == DType::kFloat32 ? tensor.contiguous(system_memory())
                                                         : widened(system_memory(), tensor);
  return std::vector<float>(dense.data<float>(), dense.data<float>() + size);
}

}  // namespace henson::runtime
