#include <exception>

#include "henson/error.h"
#include "runtime/python/bindings/module.h"

namespace nb = nanobind;

namespace henson::python {
namespace {

constexpr const char* kDoc =
    R"(What Henson cannot do, and why, in one line.

code: "not_found", "bad_archive", "unsupported", "bad_input", "out_of_memory", "cancelled" or
"internal" (a defect of Henson). message: the text without the place. entry, line, offset: the place
in the archive, or None.)";

const char* name_of_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kBadArchive:
      return "bad_archive";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kBadInput:
      return "bad_input";
    case ErrorCode::kOutOfMemory:
      return "out_of_memory";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

nb::str text_of(const std::string& bytes) {
  return nb::steal<nb::str>(PyUnicode_DecodeUTF8(
      bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace"));
}

/// An instance of the exception class for an error.
void raise(PyObject* type, const Error& error) {
  const nb::object raised = nb::handle(type)(text_of(error.what()));
  const ErrorPlace& place = error.place();
  raised.attr("code") = name_of_code(error.code());
  raised.attr("message") = text_of(error.message());
  raised.attr("entry") = place.entry.empty() ? nb::object(nb::none()) : text_of(place.entry);
  raised.attr("line") = place.line ? nb::object(nb::int_(*place.line)) : nb::none();
  raised.attr("offset") = place.offset ? nb::object(nb::int_(*place.offset)) : nb::none();
  PyErr_SetObject(type, raised.ptr());
}

}  // namespace

void add_errors(nb::module_& module) {
  nb::object type =
      nb::steal(PyErr_NewExceptionWithDoc("henson.Error", kDoc, PyExc_RuntimeError, nullptr));
  module.attr("Error") = type;
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void* held) {
        try {
          std::rethrow_exception(thrown);
        } catch (const Error& error) {
          raise(static_cast<PyObject*>(held), error);
        }
      },
      type.release().ptr());
}

}  // namespace henson::python
