// What a node of the graph computes or takes: a tensor, a number, a list, …
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/tensor/tensor.h"

namespace henson::runtime {

class Value;

struct ListValue {
  std::vector<Value> items;
  Charge charge;  // of what the items take, where there may be many
};
struct TupleValue {
  std::vector<Value> items;
};
struct DictValue {
  std::vector<std::pair<std::string, Value>> items;  // in order of insertion
};
/// The packed parameters of a dynamically quantized linear layer: y = x · weightᵀ + bias.
struct PackedLinear {
  Tensor weight;  // qint8 with its quantization, or float16 (linear_dynamic_fp16); [out, in]
  Tensor bias;    // float32 [out], or undefined
};
/// Every device means this machine.
struct Device {
  std::string name;
};
struct None {};

/// Copies share lists, tuples and dicts, as Python's names do.
class Value : public std::variant<None, Tensor, std::int64_t, double, bool, std::string, Device,
                                  std::shared_ptr<ListValue>, std::shared_ptr<TupleValue>,
                                  std::shared_ptr<DictValue>, std::shared_ptr<const PackedLinear>> {
 public:
  using variant::variant;
  static Value list(std::vector<Value> items, Charge charge = {});
  static Value tuple(std::vector<Value> items);
  static Value list_of(const Dims& ints);

  template <typename T>
  bool is() const noexcept {
    return std::holds_alternative<T>(*this);
  }
  template <typename T>
  const T& as() const {
    return std::get<T>(*this);
  }
  bool is_none() const noexcept { return is<None>(); }
};

/// "Tensor", "int", "list", …: for errors.
std::string kind_of(const Value& value);

}  // namespace henson::runtime
