// The parts of the extension module.
#pragma once

#include <nanobind/nanobind.h>

namespace henson::python {

void add_errors(nanobind::module_& module);
void add_model(nanobind::module_& module);
void add_tokenizer(nanobind::module_& module);
void add_text_model(nanobind::module_& module);

}  // namespace henson::python
