#include "runtime/operators/operator.h"

#include "henson/error.h"
#include "runtime/operators/numbers.h"

namespace henson::runtime {
namespace {

[[noreturn]] void wrong_kind(std::size_t i, const char* wanted, const Value& value) {
  throw Error(ErrorCode::kBadInput, "argument " + std::to_string(i + 1) + " should be " + wanted +
                                        ", and is " + kind_of(value));
}

std::optional<Scalar> scalar_of(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* tensor = std::get_if<Tensor>(&value)) return to_scalar(*tensor);
  return std::nullopt;
}

const std::vector<Value>& items_of(std::size_t i, const Value& value) {
  if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value)) return (*list)->items;
  if (const auto* tuple = std::get_if<std::shared_ptr<TupleValue>>(&value)) return (*tuple)->items;
  wrong_kind(i, "a list", value);
}

}  // namespace

double to_double(const Scalar& scalar) noexcept {
  return std::visit([](auto value) { return static_cast<double>(value); }, scalar);
}

std::int64_t to_int(const Scalar& scalar) noexcept {
  return std::visit([](auto value) { return static_cast<std::int64_t>(value); }, scalar);
}

bool is_floating(const Scalar& scalar) noexcept { return std::holds_alternative<double>(scalar); }

Tensor Call::tensor(std::size_t i) const {
  const auto* tensor = std::get_if<Tensor>(&arguments_[i]);
  if (tensor == nullptr || !tensor->defined()) wrong_kind(i, "a tensor", arguments_[i]);
  return *tensor;
}

std::optional<Tensor> Call::maybe_tensor(std::size_t i) const {
  if (is_none(i)) return std::nullopt;
  return tensor(i);
}

std::vector<Tensor> Call::tensors(std::size_t i) const {
  std::vector<Tensor> tensors;
  for (const Value& item : items_of(i, arguments_[i])) {
    if (!item.is<Tensor>()) wrong_kind(i, "a list of tensors", item);
    tensors.push_back(item.as<Tensor>());
  }
  return tensors;
}

std::vector<std::optional<Tensor>> Call::maybe_tensors(std::size_t i) const {
  std::vector<std::optional<Tensor>> tensors;
  for (const Value& item : items_of(i, arguments_[i])) {
    if (item.is_none()) {
      tensors.emplace_back();
    } else if (item.is<Tensor>()) {
      tensors.emplace_back(item.as<Tensor>());
    } else {
      wrong_kind(i, "a list of tensors", item);
    }
  }
  return tensors;
}

Scalar Call::scalar(std::size_t i) const {
  const std::optional<Scalar> scalar = scalar_of(arguments_[i]);
  if (!scalar) wrong_kind(i, "a number", arguments_[i]);
  return *scalar;
}

std::optional<Scalar> Call::maybe_scalar(std::size_t i) const {
  if (is_none(i)) return std::nullopt;
  return scalar(i);
}

std::int64_t Call::integer(std::size_t i) const {
  const Scalar value = scalar(i);
  if (is_floating(value)) wrong_kind(i, "an int", arguments_[i]);
  return to_int(value);
}

std::optional<std::int64_t> Call::maybe_integer(std::size_t i) const {
  if (is_none(i)) return std::nullopt;
  return integer(i);
}

double Call::number(std::size_t i) const { return to_double(scalar(i)); }

std::optional<double> Call::maybe_number(std::size_t i) const {
  if (is_none(i)) return std::nullopt;
  return number(i);
}

bool Call::flag(std::size_t i) const { return to_int(scalar(i)) != 0; }

std::string Call::string(std::size_t i) const {
  const auto* text = std::get_if<std::string>(&arguments_[i]);
  if (text == nullptr) wrong_kind(i, "a string", arguments_[i]);
  return *text;
}

Dims Call::ints(std::size_t i) const {
  if (const std::optional<Scalar> single = scalar_of(arguments_[i])) return {integer(i)};
  Dims ints;
  for (const Value& item : items_of(i, arguments_[i])) {
    const std::optional<Scalar> scalar = scalar_of(item);
    if (!scalar || is_floating(*scalar)) wrong_kind(i, "a list of ints", item);
    ints.push_back(to_int(*scalar));
  }
  return ints;
}

std::optional<Dims> Call::maybe_ints(std::size_t i) const {
  if (is_none(i)) return std::nullopt;
  return ints(i);
}

DType Call::dtype(std::size_t i) const {
  const std::int64_t number = integer(i);
  const std::optional<DType> dtype = dtype_from_number(number);
  if (!dtype) {
    throw Error(ErrorCode::kUnsupported,
                "the dtype numbered " + std::to_string(number) + " is not supported");
  }
  return *dtype;
}

std::optional<DType> Call::maybe_dtype(std::size_t i) const {
  if (is_none(i)) return std::nullopt;
  return dtype(i);
}

std::span<const Operator* const> OperatorTable::overloads(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return {};
  return found->second;
}

void OperatorTable::add(std::string_view schema, Kernel kernel, Rule rule, Versions versions) {
  operators_.push_back(
      std::make_unique<const Operator>(Operator{parse_schema(schema), kernel, versions, rule}));
  const Operator* const added = operators_.back().get();
  by_name_[added->schema.name].push_back(added);
}

std::vector<const Operator*> OperatorTable::all() const {
  std::vector<const Operator*> found;
  for (const auto& op : operators_) found.push_back(op.get());
  return found;
}

}  // namespace henson::runtime
