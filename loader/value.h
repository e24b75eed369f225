// Values as a pickle describes them: inert data. Nothing is constructed or called.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "loader/tensor.h"

namespace henson::loader {

struct Value;
/// Not trivial to copy, though there is nothing to it: where libstdc++ 12 takes all alternatives of
/// a variant for such that cannot fail, it destroys what was never made when copying one does fail
/// (a string, without memory).
struct None {
  None() = default;
  None(const None&) noexcept {}
  None& operator=(const None&) noexcept { return *this; }
};
struct List {
  std::vector<Value> items;
};
struct Tuple {
  std::vector<Value> items;
};
struct Dict {
  std::vector<std::pair<Value, Value>> items;  // in the order of the file
};
/// An instance of a class of the archive's code, or of an allowlisted torch class
/// ("torch.classes.quantized.LinearPackedParamsBase" and the like).
struct Object {
  std::string class_name;  // qualified, as the pickle or the old layout's loader names it
  /// Attributes by name, in the order of the file: parameters, buffers, submodules and the rest
  /// alike.
  std::vector<std::pair<std::string, Value>> attributes;
  /// What __setstate__ would get, for classes that pickle a state which is no dict of attributes.
  std::shared_ptr<const Value> state;

  const Value* find(const std::string& name) const;
};

/// Shared, not copied: a pickle may name one value many times, and sharing keeps aliases visible.
struct Value : std::variant<None, bool, std::int64_t, double, std::string, std::shared_ptr<List>,
                            std::shared_ptr<Tuple>, std::shared_ptr<Dict>, std::shared_ptr<Object>,
                            std::shared_ptr<StoredTensor>> {
  using variant::variant;
};

}  // namespace henson::loader
