// Arrays of Python's libraries as tensors, and tensors as such arrays.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "henson/henson.h"

namespace henson::python {

/// Whose arrays a call was given, and gets.
enum class Library {
  kNone,  // no array yet
  kNumpy,
  kTorch,
  kStandard,  // another with the array API's namespace (JAX, CuPy, …)
  kBuffer,    // the buffer protocol: array.array, memoryview, …; gets memoryviews
};

/// The arrays of one call: keeps them alive, and remembers the library.
class Arrays {
 public:
  /// Whether an object is an array, and not a structure of some.
  static bool is_array(nanobind::handle object);

  /// The elements of an array: its own where they lie in a row, else a copy. Throws kBadInput, with
  /// `what` in front.
  Tensor take(nanobind::handle object, const char* what);

  /// An array of the library of those that were taken; of NumPy when there were none. It shares the
  /// tensor's elements, but for types that the library lacks, which become float32.
  nanobind::object give(const Tensor& tensor) const;

 private:
  void note(Library library, nanobind::handle object);

  Library library_ = Library::kNone;
  nanobind::object namespace_;  // of kStandard
  std::vector<nanobind::ndarray<nanobind::ro>> held_;
};

}  // namespace henson::python
