#include "runtime/python/bindings/arrays.h"

#include <nanobind/stl/string.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace nb = nanobind;

namespace henson::python {
namespace {

using Array = nb::ndarray<nb::ro>;

/// The first part of the module of an object's type: "torch".
std::string package_of(nb::handle object) {
  const nb::object module = nb::getattr(object.type(), "__module__", nb::none());
  if (!nb::isinstance<nb::str>(module)) return {};
  const std::string name = nb::cast<std::string>(nb::str(module));
  return name.substr(0, name.find('.'));
}

Library library_of(nb::handle object) {
  // Types are few: the last one of each library is remembered.
  static PyTypeObject* torch_type = nullptr;
  static PyTypeObject* numpy_type = nullptr;
  PyTypeObject* const type = Py_TYPE(object.ptr());
  if (type == torch_type) return Library::kTorch;
  if (type == numpy_type) return Library::kNumpy;
  const std::string package = package_of(object);
  const auto remember = [&](PyTypeObject*& place, Library library) {
    if (place == nullptr) {
      place = type;
      nb::handle(reinterpret_cast<PyObject*>(type)).inc_ref();  // else another may take its address
    }
    return library;
  };
  if (package == "torch") return remember(torch_type, Library::kTorch);
  if (package == "numpy") return remember(numpy_type, Library::kNumpy);
  if (nb::hasattr(object, "__array_namespace__")) return Library::kStandard;
  return nb::hasattr(object, "__dlpack__") ? Library::kNumpy : Library::kBuffer;
}

[[noreturn]] void refuse(const char* what, const std::string& why) {
  throw Error(ErrorCode::kBadInput, std::string(what) + ": " + why);
}

std::string name_of_type(nb::handle object) {
  return nb::cast<std::string>(nb::str(object.type().attr("__name__")));
}

/// torch's own function: its __dlpack__ refuses tensors that require a gradient, and takes longer.
nb::object torch_capsule(nb::handle tensor, const char* what) {
  static const nb::handle to_dlpack =
      nb::object(nb::module_::import_("torch.utils.dlpack").attr("to_dlpack")).release();
  try {
    return to_dlpack(tensor);
  } catch (const nb::python_error& error) {
    refuse(what, error.what());
  }
}

Array array_of(nb::handle object, Library library, const char* what) {
  Array array;
  const nb::object source =
      library == Library::kTorch ? torch_capsule(object, what) : nb::borrow(object);
  if (nb::try_cast<Array>(source, array, false)) return array;
  refuse(what, "a " + name_of_type(object) +
                   " is no array that can be read: give one of NumPy or torch, or another with "
                   "DLPack or the buffer protocol, in the machine's own byte order");
}

DType dtype_of_array(const Array& array, const char* what) {
  using Code = nb::dlpack::dtype_code;
  const auto [code, bits, lanes] = array.dtype();
  const auto is = [&, c = code, b = bits](Code wanted, int wanted_bits) {
    return c == static_cast<std::uint8_t>(wanted) && b == wanted_bits;
  };
  if (lanes == 1) {
    if (is(Code::Int, 64)) return DType::kInt64;
    if (is(Code::Int, 32)) return DType::kInt32;
    if (is(Code::Float, 32)) return DType::kFloat32;
    if (is(Code::Bool, 8)) return DType::kBool;
    if (is(Code::Float, 64)) return DType::kFloat64;
    if (is(Code::Float, 16)) return DType::kFloat16;
    if (is(Code::Bfloat, 16)) return DType::kBFloat16;
    if (is(Code::UInt, 8)) return DType::kUInt8;
    if (is(Code::Int, 8)) return DType::kInt8;
    if (is(Code::Int, 16)) return DType::kInt16;
  }
  const bool is_unsigned = code == static_cast<std::uint8_t>(Code::UInt);
  refuse(what, "elements of " + std::to_string(bits) + " bits " +
                   (is_unsigned ? "without a sign" : "of this kind") +
                   " are none that a model takes; ids are int64");
}

bool is_contiguous(const Array& array) {
  std::int64_t expected = 1;
  for (std::size_t i = array.ndim(); i-- > 0;) {
    const auto size = static_cast<std::int64_t>(array.shape(i));
    if (size == 0) return true;
    if (size != 1 && array.stride(i) != expected) return false;
    expected *= size;
  }
  return true;
}

/// Copies dimension `axis` and those after it, element by element.
void gather(const Array& array, std::size_t axis, const std::byte* from, std::size_t size,
            std::byte*& to) {
  if (axis == array.ndim()) {
    std::memcpy(to, from, size);
    to += size;
    return;
  }
  const auto step = array.stride(axis) * static_cast<std::int64_t>(size);
  for (std::size_t i = 0; i < array.shape(axis); ++i) {
    gather(array, axis + 1, from + static_cast<std::int64_t>(i) * step, size, to);
  }
}

/// The structure that holds what an exported array shares.
nb::capsule owner_of(const Tensor& tensor) {
  return {std::make_unique<Tensor>(tensor).release(), [](void* held) noexcept {
            const std::unique_ptr<Tensor> released(static_cast<Tensor*>(held));
          }};
}

nb::dlpack::dtype dlpack_type(DType dtype) {
  using Code = nb::dlpack::dtype_code;
  const auto make = [&](Code code) {
    return nb::dlpack::dtype{static_cast<std::uint8_t>(code),
                             static_cast<std::uint8_t>(8 * size_of(dtype)), 1};
  };
  if (dtype == DType::kBool) return make(Code::Bool);
  if (dtype == DType::kBFloat16) return make(Code::Bfloat);
  if (is_floating(dtype)) return make(Code::Float);
  if (dtype == DType::kUInt8) return make(Code::UInt);
  if (!is_quantized(dtype)) return make(Code::Int);
  throw Error(ErrorCode::kUnsupported, "an output of type " + std::string(name_of(dtype)) +
                                           " has no array outside of PyTorch");
}

/// An array of `Framework`, as nanobind exports it.
template <typename... Framework>
nb::object exported(const Tensor& tensor) {
  std::vector<std::size_t> shape(tensor.shape().begin(), tensor.shape().end());
  // Whoever gets it is its only owner, or one of several that the run gave it to: it may be
  // written, as what a trace returns.
  auto* const elements = const_cast<std::byte*>(tensor.bytes().data());
  const nb::ndarray<Framework...> array(elements, shape.size(), shape.data(), owner_of(tensor),
                                        nullptr, dlpack_type(tensor.dtype()),
                                        nb::device::cpu::value, 0);
  return nb::cast(array, nb::rv_policy::reference);
}

nb::object torch_tensor(const Tensor& tensor) {
  static const nb::handle from_dlpack =
      nb::object(nb::module_::import_("torch.utils.dlpack").attr("from_dlpack")).release();
  return from_dlpack(exported<>(tensor));
}

}  // namespace

bool Arrays::is_array(nb::handle object) {
  if (PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()) || PyDict_Check(object.ptr())) {
    return false;
  }
  return nb::ndarray_check(object);
}

void Arrays::note(Library library, nb::handle object) {
  if (library_ == Library::kTorch) return;
  if (library_ != Library::kNone && library != Library::kTorch) return;
  library_ = library;
  if (library == Library::kStandard) namespace_ = object.attr("__array_namespace__")();
}

Tensor Arrays::take(nb::handle object, const char* what) {
  const Library library = library_of(object);
  const Array array = array_of(object, library, what);
  if (array.device_type() != nb::device::cpu::value) {
    refuse(what, "the array is not in the memory of the CPU");
  }
  note(library, object);
  const DType dtype = dtype_of_array(array, what);
  std::vector<std::int64_t> shape;
  for (std::size_t i = 0; i < array.ndim(); ++i) {
    shape.push_back(static_cast<std::int64_t>(array.shape(i)));
  }
  const std::size_t size = size_of(dtype);
  const auto* const from = static_cast<const std::byte*>(array.data());
  const std::size_t bytes = array.size() * size;
  if (is_contiguous(array)) {
    held_.push_back(array);
    return Tensor::borrow(dtype, std::move(shape), {from, bytes});
  }
  std::vector<std::byte> row(bytes);
  std::byte* to = row.data();
  gather(array, 0, from, size, to);
  return Tensor::copy(dtype, std::move(shape), row);
}

nb::object Arrays::give(const Tensor& tensor) const {
  if (library_ == Library::kTorch) return torch_tensor(tensor);
  if (tensor.dtype() == DType::kBFloat16 && library_ != Library::kStandard) {
    return give(tensor.to(DType::kFloat32));
  }
  if (library_ == Library::kStandard) {
    return namespace_.attr("from_dlpack")(exported<nb::array_api>(tensor));
  }
  if (library_ == Library::kBuffer) return exported<nb::memview>(tensor);
  return exported<nb::numpy>(tensor);
}

}  // namespace henson::python
