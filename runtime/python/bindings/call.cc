#include "runtime/python/bindings/call.h"

#include <nanobind/stl/string.h>

#include <utility>

namespace nb = nanobind;

namespace henson::python {
namespace {

bool is_list(nb::handle object) {
  return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
}

/// A dict, or what is one to its users (transformers' BatchEncoding).
bool is_dict(nb::handle object) {
  return PyDict_Check(object.ptr()) || (!Arrays::is_array(object) && nb::hasattr(object, "keys") &&
                                        nb::hasattr(object, "__getitem__"));
}

class Reader {
 public:
  Reader(Arrays& arrays, Inputs& inputs) : arrays_(arrays), inputs_(inputs) {}

  /// What stands at a path or name: an array, or a structure of some.
  void add(const std::string& path, nb::handle object) {
    if (object.is_none()) return;
    if (is_list(object)) {
      std::size_t i = 0;
      for (const nb::handle item : object) add(path + '.' + std::to_string(i++), item);
    } else if (is_dict(object)) {
      add_items(path + '.', object);
    } else {
      const std::string what = "input " + path;
      inputs_.named.push_back({path, arrays_.take(object, what.c_str())});
      inputs_.has_names = true;
    }
  }

  /// The items of a dict, each by its key behind `prefix`.
  void add_items(const std::string& prefix, nb::handle dict) {
    for (const nb::handle key : dict.attr("keys")()) {
      add(prefix + nb::cast<std::string>(nb::str(key)), nb::object(dict[key]));
    }
  }

  /// Arguments by position, all of them arrays. None at the end is left out.
  bool add_positions(nb::handle arguments) {
    const std::size_t count = count_given(arguments);
    inputs_.by_position.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const nb::object argument = arguments[i];
      if (!Arrays::is_array(argument)) {
        inputs_.by_position.clear();
        return false;
      }
      inputs_.by_position.push_back(arrays_.take(argument, kNames[std::min(i, std::size_t{3})]));
    }
    return true;
  }

 private:
  static constexpr const char* kNames[] = {"input 0", "input 1", "input 2", "a later input"};

  static std::size_t count_given(nb::handle arguments) {
    std::size_t count = nb::len(arguments);
    while (count > 0 && nb::object(arguments[count - 1]).is_none()) --count;
    return count;
  }

  Arrays& arrays_;
  Inputs& inputs_;
};

}  // namespace

Signature::Signature(std::span<const InputInfo> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    flat_ = flat_ && inputs[i].path == std::to_string(i);
    first_is_structure_ = first_is_structure_ || inputs[i].path.starts_with("0.");
  }
}

std::vector<NamedInput> Inputs::all_named() && {
  for (std::size_t i = 0; i < by_position.size(); ++i) {
    named.push_back({std::to_string(i), std::move(by_position[i])});
  }
  by_position.clear();
  return std::move(named);
}

Inputs read_arguments(const Signature& signature, nb::handle arguments, nb::handle by_name,
                      Arrays& arrays) {
  Inputs inputs;
  Reader reader(arrays, inputs);
  nb::object given = nb::borrow(arguments);
  if (nb::len(given) == 1 && !signature.first_is_structure()) {
    const nb::object only = given[0];
    if (is_list(only)) {
      given = only;
    } else if (!Arrays::is_array(only) && is_dict(only)) {
      reader.add_items("", only);
      given = nb::tuple();
    }
  }
  const bool names = inputs.has_names || nb::len(by_name) > 0;
  if (names || !signature.is_flat() || !reader.add_positions(given)) {
    std::size_t i = 0;
    for (const nb::handle argument : given) reader.add(std::to_string(i++), argument);
    reader.add_items("", by_name);
    inputs.has_names = true;
  }
  return inputs;
}

Inputs read_sequence(const Signature& signature, nb::handle sequence, Arrays& arrays) {
  static const nb::handle nothing = nb::object(nb::dict()).release();
  const bool as_arguments = PyTuple_Check(sequence.ptr()) ||
                            (PyList_Check(sequence.ptr()) && !signature.first_is_structure());
  if (as_arguments) return read_arguments(signature, sequence, nothing, arrays);
  return read_arguments(signature, nb::make_tuple(sequence), nothing, arrays);
}

}  // namespace henson::python
