// The one table of operators: signature, reference kernel, and the archive versions that they hold
// for.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "runtime/operators/dtype_rules.h"
#include "runtime/operators/rule.h"
#include "runtime/operators/schema.h"
#include "runtime/operators/shape_rules.h"
#include "runtime/tensor/tensor.h"
#include "runtime/tensor/value.h"

namespace henson::runtime {

/// A number of the code: PyTorch's Scalar.
using Scalar = std::variant<std::int64_t, double, bool>;
double to_double(const Scalar& scalar) noexcept;
std::int64_t to_int(const Scalar& scalar) noexcept;  // truncates
bool is_floating(const Scalar& scalar) noexcept;

/// One call of a kernel: arguments in the schema's order with defaults filled in, and places for
/// the results. The accessors throw henson::Error (kBadInput) when an argument has another kind.
class Call {
 public:
  /// What the kernel makes is of `memory`, small numbers aside.
  Call(Allocator& memory, std::span<const Value> arguments, std::span<Value> results)
      : memory_(memory), arguments_(arguments), results_(results) {}

  Allocator& memory() const noexcept { return memory_; }

  std::size_t size() const noexcept { return arguments_.size(); }
  const Value& arg(std::size_t i) const { return arguments_[i]; }
  bool is_none(std::size_t i) const { return arguments_[i].is_none(); }
  Tensor tensor(std::size_t i) const;
  std::optional<Tensor> maybe_tensor(std::size_t i) const;                // None is nothing
  std::vector<Tensor> tensors(std::size_t i) const;                       // Tensor[]
  std::vector<std::optional<Tensor>> maybe_tensors(std::size_t i) const;  // Tensor?[]
  std::int64_t integer(std::size_t i) const;  // an int or a bool; a 0-d integer tensor's value
  std::optional<std::int64_t> maybe_integer(std::size_t i) const;
  double number(std::size_t i) const;  // any number as a double; a 0-d tensor's value
  std::optional<double> maybe_number(std::size_t i) const;
  Scalar scalar(std::size_t i) const;
  std::optional<Scalar> maybe_scalar(std::size_t i) const;
  bool flag(std::size_t i) const;
  std::string string(std::size_t i) const;
  Dims ints(std::size_t i) const;  // int[]; an int counts as a list of one
  std::optional<Dims> maybe_ints(std::size_t i) const;
  DType dtype(std::size_t i) const;  // of a ScalarType number
  std::optional<DType> maybe_dtype(std::size_t i) const;

  std::span<const Value> args() const noexcept { return arguments_; }

  /// Sets the next result.
  void give(Value result) { results_[given_++] = std::move(result); }

 private:
  Allocator& memory_;
  std::span<const Value> arguments_;
  std::span<Value> results_;
  std::size_t given_ = 0;
};

/// Throws henson::Error (kBadInput) for a call that PyTorch too would refuse.
using Kernel = void (*)(Call& call);

/// The archive versions that a meaning holds for, both ends included.
struct Versions {
  std::int64_t first = 0;
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
};

struct Operator {
  Schema schema;
  Kernel kernel = nullptr;
  Versions versions;
  Rule rule;
};

class OperatorTable {
 public:
  /// All operators. Built once, at the first call; may be called concurrently.
  static const OperatorTable& get();

  /// Overloads of "aten::add", in the order of registration, which is the order of matching.
  std::span<const Operator* const> overloads(std::string_view name) const;
  /// All of them, in the order of registration.
  std::vector<const Operator*> all() const;
  void add(std::string_view schema, Kernel kernel, Rule rule, Versions versions = {});

 private:
  std::vector<std::unique_ptr<const Operator>> operators_;
  std::unordered_map<std::string, std::vector<const Operator*>> by_name_;
};

/// Archives of PyTorch 1.0 and 1.1 have version 0: these had no bool, and gave uint8.
inline constexpr std::int64_t kFirstVersionWithBool = 1;

template <Kernel kKernel>
void predicate_in_uint8(Call& call) {
  Value answer;
  Call inner(call.memory(), call.args(), {&answer, 1});
  kKernel(inner);
  call.give(answer.as<Tensor>().to(call.memory(), DType::kUInt8));
}

/// An operator that answers yes or no for each element.
template <Kernel kKernel>
void add_predicate(OperatorTable& table, const std::string& schema, ShapeRule shape,
                   NumberUse numbers = NumberUse::kNone) {
  table.add(schema, kKernel, {dtypes::kBool, shape, Trait::kNone, numbers},
            {.first = kFirstVersionWithBool});
  table.add(schema, predicate_in_uint8<kKernel>, {dtypes::kUInt8, shape, Trait::kNone, numbers},
            {.last = kFirstVersionWithBool - 1});
}

/// Each file of this folder adds its own group.
void register_arithmetic(OperatorTable& table);
void register_comparison(OperatorTable& table);
void register_unary(OperatorTable& table);
void register_reduction(OperatorTable& table);
void register_sorting(OperatorTable& table);
void register_creation(OperatorTable& table);
void register_conversion(OperatorTable& table);
void register_view(OperatorTable& table);
void register_indexing(OperatorTable& table);
void register_joining(OperatorTable& table);
void register_linear(OperatorTable& table);
void register_quantized(OperatorTable& table);
void register_attention(OperatorTable& table);
void register_normalization(OperatorTable& table);
void register_scalar(OperatorTable& table);
void register_fused(OperatorTable& table);

}  // namespace henson::runtime
