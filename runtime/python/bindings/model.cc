#include <fcntl.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "henson/henson.h"
#include "runtime/python/bindings/arrays.h"
#include "runtime/python/bindings/call.h"
#include "runtime/python/bindings/module.h"
#include "runtime/python/bindings/options.h"
#include "runtime/python/bindings/pool.h"

namespace nb = nanobind;

namespace henson::python {
namespace {

/// A file of the memory, which lives as long as somebody has it open.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : file_(memfd_create("archive", MFD_CLOEXEC)) {
    while (file_ >= 0 && !bytes.empty()) {
      const ssize_t written = write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (file_ < 0) fail();
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  [[noreturn]] static void fail() {
    throw Error(ErrorCode::kOutOfMemory,
                "the archive's bytes find no room: " + std::generic_category().message(errno));
  }
  int file_;
};

Model open_bytes(std::string_view bytes, const OpenOptions& options) {
  const MemoryFile file(bytes);
  return Model::open(file.path(), options);
}

SessionOptions session_options(const std::string& precision, int threads,
                               const std::string& executor, std::size_t memory_limit) {
  SessionOptions options;
  options.precision = precision_of(precision);
  options.executor = executor_of(executor);
  options.threads = threads;
  options.memory_limit = memory_limit;
  return options;
}

/// The archive at a path, or in bytes.
Model open_model(const nb::object& source, const OpenOptions& options) {
  if (nb::isinstance<nb::bytes>(source)) {
    const auto bytes = nb::borrow<nb::bytes>(source);
    const std::string_view view(bytes.c_str(), bytes.size());
    const nb::gil_scoped_release released;
    const NoFork no_fork;
    return open_bytes(view, options);
  }
  const auto path = nb::cast<std::filesystem::path>(source);
  const nb::gil_scoped_release released;
  const NoFork no_fork;
  try {
    return Model::open(path, options);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.message(), error.place());
  }
}

/// A model as Python has it, with as many sessions as there are calls at once.
class PythonModel {
 public:
  PythonModel(const nb::object& source, const std::string& precision, int threads,
              const std::string& executor, const std::string& method, bool map,
              std::size_t memory_limit)
      : PythonModel(open_model(source, OpenOptions{map, method}),
                    session_options(precision, threads, executor, memory_limit)) {}

  nb::object call(const nb::args& arguments, const nb::kwargs& by_name) {
    Arrays arrays;
    const Inputs inputs = read_arguments(signature_, arguments, by_name, arrays);
    const Output output = sessions_.use([&](Session& session) {
      return inputs.has_names ? session.run(std::span<const NamedInput>(inputs.named))
                              : session.run(std::span<const Tensor>(inputs.by_position));
    });
    return to_python(output, arrays);
  }

  nb::list ragged(const nb::iterable& sequences) {
    Arrays arrays;
    std::vector<std::vector<NamedInput>> calls;
    for (const nb::handle sequence : sequences) {
      calls.push_back(read_sequence(signature_, sequence, arrays).all_named());
    }
    const std::vector<Output> outputs = sessions_.use([&](Session& session) {
      return session.run_ragged(std::span<const std::vector<NamedInput>>(calls));
    });
    nb::list list;
    for (const Output& output : outputs) list.append(to_python(output, arrays));
    return list;
  }

  const Model& model() const noexcept { return model_; }

 private:
  PythonModel(Model model, const SessionOptions& options)
      : model_(std::move(model)),
        signature_(model_.inputs()),
        sessions_([model = model_, options] { return Session(model, options); }) {}

  static nb::object to_python(const Output& output, const Arrays& arrays) {
    switch (output.kind) {
      case Output::Kind::kNone:
        return nb::none();
      case Output::Kind::kTensor:
        return arrays.give(output.tensor);
      case Output::Kind::kBool:
        return nb::bool_(output.integer != 0);
      case Output::Kind::kInt:
        return nb::int_(output.integer);
      case Output::Kind::kFloat:
        return nb::float_(output.number);
      case Output::Kind::kString:
        return nb::str(output.text.data(), output.text.size());
      case Output::Kind::kTuple:
        return nb::tuple(list_of(output, arrays));
      case Output::Kind::kList:
        return list_of(output, arrays);
      case Output::Kind::kDict:
        return dict_of(output, arrays);
    }
    return nb::none();
  }
  static nb::list list_of(const Output& output, const Arrays& arrays) {
    nb::list list;
    for (const Output& item : output.items) list.append(to_python(item, arrays));
    return list;
  }
  static nb::dict dict_of(const Output& output, const Arrays& arrays) {
    nb::dict dict;
    for (std::size_t i = 0; i < output.items.size(); ++i) {
      dict[output.keys[i].c_str()] = to_python(output.items[i], arrays);
    }
    return dict;
  }

  Model model_;
  Signature signature_;
  Pool<Session> sessions_;
};

nb::object dtype_name(const std::optional<DType>& dtype) {
  if (!dtype) return nb::none();
  const std::string_view name = name_of(*dtype);
  return nb::str(name.data(), name.size());
}

void add_inputs(nb::module_& module) {
  nb::class_<InputInfo>(module, "InputInfo", "One input tensor of a model.")
      .def_ro("path", &InputInfo::path, "By position: \"0\", \"0.attention_mask\" (of a dict).")
      .def_ro("name", &InputInfo::name, "By the parameter's name in the code.")
      .def_ro("used", &InputInfo::used, "Whether the computation reads it.")
      .def_ro("traced_shape", &InputInfo::traced_shape, "Of the dummy input, where it is known.")
      .def_prop_ro(
          "dtype", [](const InputInfo& info) { return dtype_name(info.dtype); },
          nb::sig("def dtype(self) -> str | None"), "\"int64\", …")
      .def_prop_ro(
          "role", [](const InputInfo& info) { return std::string(name_of(info.role)); },
          "\"ids\", \"mask\", \"token types\", \"positions\", or empty: by what the code does with "
          "it.")
      .def("__repr__", [](const InputInfo& info) {
        return "<input " + info.path + " " + info.name +
               (info.role == InputRole::kOther ? "" : ": " + std::string(name_of(info.role))) + ">";
      });
  nb::class_<OutputInfo>(module, "OutputInfo", "One tensor of a model's output.")
      .def_ro("path", &OutputInfo::path, "Positions and keys on the way to it.")
      .def_ro("key", &OutputInfo::key, "Of the dict whose item it is; else empty.")
      .def_prop_ro(
          "dtype", [](const OutputInfo& info) { return dtype_name(info.dtype); },
          nb::sig("def dtype(self) -> str | None"), "Where it is the same in every run.")
      .def_prop_ro(
          "shape", [](const OutputInfo& info) { return to_string(info.shape); },
          "\"[batch, length, 384]\"; \"?\" stands for what only a run tells.")
      .def("__repr__", [](const OutputInfo& info) {
        return "<output " + info.path + " " + to_string(info.shape) + ">";
      });
}

template <typename T>
std::vector<T> copies(std::span<const T> items) {
  return {items.begin(), items.end()};
}

}  // namespace

void add_model(nb::module_& module) {
  add_inputs(module);
  nb::class_<PythonModel>(module, "Model", "An opened archive. Any thread may call it.")
      .def(nb::init<const nb::object&, const std::string&, int, const std::string&,
                    const std::string&, bool, std::size_t>(),
           nb::arg("source"), nb::kw_only(), nb::arg("precision") = "fp32", nb::arg("threads") = 0,
           nb::arg("executor") = "plan", nb::arg("method") = "forward", nb::arg("map") = false,
           nb::arg("memory_limit") = 0)
      .def(
          "__call__", &PythonModel::call,
          "Runs the model on its inputs as the trace takes them: arrays of NumPy, torch or others, "
          "by position or by name, in dicts, lists and tuples where the trace has these.")
      .def("ragged", &PythonModel::ragged, nb::arg("sequences"),
           "Runs sequences of different lengths together, without padding. Each is what a call "
           "takes "
           "for a batch of one: an array, a tuple of arrays, or a dict of them. Returns a list of "
           "what the calls would return, to the bit.")
      .def_prop_ro("inputs", [](const PythonModel& self) { return copies(self.model().inputs()); })
      .def_prop_ro("outputs",
                   [](const PythonModel& self) { return copies(self.model().outputs()); })
      .def_prop_ro(
          "notes", [](const PythonModel& self) { return copies(self.model().notes()); },
          "What a user should know of the archive.")
      .def_prop_ro(
          "methods", [](const PythonModel& self) { return self.model().info().methods; },
          "Of the archive's module, that load(method=…) takes.")
      .def(
          "describe",
          [](const PythonModel& self, const std::string& executor, const std::string& precision) {
            return self.model().describe(executor_of(executor), precision_of(precision));
          },
          nb::arg("executor") = "plan", nb::arg("precision") = "fp32",
          "The steps of the computation, a line each.");
}

}  // namespace henson::python
