#include "runtime/tensor/value.h"

namespace henson::runtime {

Value Value::list(std::vector<Value> items, Charge charge) {
  return std::make_shared<ListValue>(ListValue{std::move(items), std::move(charge)});
}

Value Value::tuple(std::vector<Value> items) {
  return std::make_shared<TupleValue>(TupleValue{std::move(items)});
}

Value Value::list_of(const Dims& ints) { return list({ints.begin(), ints.end()}); }

std::string kind_of(const Value& value) {
  struct Name {
    std::string operator()(None) const { return "None"; }
    std::string operator()(const Tensor&) const { return "Tensor"; }
    std::string operator()(std::int64_t) const { return "int"; }
    std::string operator()(double) const { return "float"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(const std::string&) const { return "str"; }
    std::string operator()(const Device&) const { return "Device"; }
    std::string operator()(const std::shared_ptr<ListValue>&) const { return "list"; }
    std::string operator()(const std::shared_ptr<TupleValue>&) const { return "tuple"; }
    std::string operator()(const std::shared_ptr<DictValue>&) const { return "dict"; }
    std::string operator()(const std::shared_ptr<const PackedLinear>&) const {
      return "packed linear parameters";
    }
  };
  return std::visit(Name{}, static_cast<const Value::variant&>(value));
}

}  // namespace henson::runtime
