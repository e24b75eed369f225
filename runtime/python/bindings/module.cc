#include "runtime/python/bindings/module.h"

#include "runtime/python/bindings/fork.h"

namespace nb = nanobind;

NB_MODULE(_henson, module) {
  module.doc() = "The extension module of henson; use the package.";
  nb::set_leak_warnings(false);  // models that live until the process ends are no defect
  henson::python::add_errors(module);
  henson::python::add_model(module);
  henson::python::add_tokenizer(module);
  henson::python::add_text_model(module);
  // For os.register_at_fork.
  module.def("before_fork", &henson::python::before_fork, nb::call_guard<nb::gil_scoped_release>());
  module.def("after_fork_in_parent", &henson::python::after_fork_in_parent);
  module.def("after_fork_in_child", &henson::python::after_fork_in_child);
}
