// Signatures of operators, written as PyTorch writes them:
//   "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"
//   "aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)"
//   "aten::split.Tensor(Tensor(a) self, int split_size, int dim=0) -> Tensor(a)[]"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tensor/value.h"

namespace henson::runtime {

enum class TypeKind {
  kAny,
  kTensor,
  kInt,  // also ScalarType, Layout, MemoryFormat
  kFloat,
  kBool,
  kNumber,  // Scalar: an int, a float or a bool
  kString,
  kDevice,
  kNone,
  kPackedLinear,
  kList,      // elements[0]
  kOptional,  // elements[0]
  kTuple,     // elements
  kDict,      // elements[0], of str keys
};

struct Type {
  TypeKind kind = TypeKind::kAny;
  std::vector<Type> elements;

  static Type list(Type element) { return {TypeKind::kList, {std::move(element)}}; }
  static Type optional(Type element) { return {TypeKind::kOptional, {std::move(element)}}; }
  static Type tuple(std::vector<Type> items) { return {TypeKind::kTuple, std::move(items)}; }
  bool operator==(const Type&) const = default;
};

/// "Tensor", "int[]", "Tensor?", …: as a signature writes it.
std::string to_string(const Type& type);

/// How an argument or a result shares memory: Tensor(a) is a view of a, Tensor(a!) is written.
struct Alias {
  char set = 0;  // 'a', or 0 for none
  bool write = false;
};

struct Argument {
  std::string name;
  Type type;
  Alias alias;
  bool keyword_only = false;
  bool int_as_list = false;  // int[2]: a single int stands for the list
  std::optional<Value> default_value;
};

struct Schema {
  std::string name;      // "aten::add"
  std::string overload;  // "Tensor", or empty
  std::vector<Argument> arguments;
  std::vector<Type> results;
  std::vector<Alias> result_aliases;

  /// Where the argument of that name stands.
  std::optional<std::size_t> place_of(std::string_view argument) const;
};

/// Parses a signature. Types: Tensor, int, float, bool, Scalar, str, Device, ScalarType, Layout,
/// MemoryFormat, Generator, Any, PackedLinear, each with `?`, `[]`, `[N]` and `(a)` or `(a!)`;
/// results in parentheses when several. Throws henson::Error (kInternal) for a malformed one: they
/// are ours.
Schema parse_schema(std::string_view text);

}  // namespace henson::runtime
