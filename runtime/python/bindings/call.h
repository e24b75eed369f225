// The arguments of a model's call in Python as the inputs of a session.
#pragma once

#include <nanobind/nanobind.h>

#include <span>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "runtime/python/bindings/arrays.h"

namespace henson::python {

/// How a model's forward takes its tensors.
class Signature {
 public:
  explicit Signature(std::span<const InputInfo> inputs);

  /// Whether the parameters are tensors, one each, from the first to the last.
  bool is_flat() const noexcept { return flat_; }
  /// Whether the first parameter is a dict, list or tuple.
  bool first_is_structure() const noexcept { return first_is_structure_; }

 private:
  bool flat_ = true;
  bool first_is_structure_ = false;
};

/// The inputs of one call. Those by position alone in `by_position`, others in `named`.
struct Inputs {
  std::vector<Tensor> by_position;
  std::vector<NamedInput> named;
  bool has_names = false;

  /// All of them by path or name.
  std::vector<NamedInput> all_named() &&;
};

/// Reads arguments as the trace's forward takes them. A single list or tuple stands for the
/// arguments themselves, and a single dict for them by name, where the first parameter is a tensor.
Inputs read_arguments(const Signature& signature, nanobind::handle arguments,
                      nanobind::handle by_name, Arrays& arrays);

/// One sequence of a ragged run: an array, a list or tuple of the arguments, or a dict of them.
Inputs read_sequence(const Signature& signature, nanobind::handle sequence, Arrays& arrays);

}  // namespace henson::python
