#include "runtime/c/error.h"

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>

namespace henson::c {
namespace {

thread_local henson_error last_error;

const std::string& version() {
  static const std::string text = std::to_string(HENSON_VERSION_MAJOR) + '.' +
                                  std::to_string(HENSON_VERSION_MINOR) + '.' +
                                  std::to_string(HENSON_VERSION_PATCH);
  return text;
}

henson_error to_c(const Error& error) {
  const ErrorPlace& place = error.place();
  return {.status = static_cast<henson_status>(error.code()) + HENSON_NOT_FOUND,
          .text = error.what(),
          .entry = place.entry,
          .offset = place.offset ? static_cast<std::int64_t>(*place.offset) : -1,
          .line = place.line ? static_cast<std::int64_t>(*place.line) : -1};
}

}  // namespace

void refuse(const std::string& what) { throw Error(ErrorCode::kBadInput, what); }

henson_status keep_error() noexcept {
  try {
    try {
      throw;
    } catch (const Error& error) {
      last_error = to_c(error);
    } catch (const std::bad_alloc&) {
      last_error = to_c(Error(ErrorCode::kOutOfMemory, "out of memory"));
    } catch (const std::exception& error) {
      last_error = to_c(Error(ErrorCode::kInternal, error.what()));
    } catch (...) {
      last_error = to_c(Error(ErrorCode::kInternal, "an exception that is none of Henson's"));
    }
  } catch (...) {  // no memory to say what it was; these words need none
    last_error.status = HENSON_OUT_OF_MEMORY;
    last_error.text.clear();
    last_error.entry.clear();
    last_error.offset = last_error.line = -1;
  }
  return last_error.status;
}

}  // namespace henson::c

extern "C" {

const char* henson_version(void) { return henson::c::version().c_str(); }
int32_t henson_abi_version(void) { return HENSON_ABI_VERSION; }

const henson_error* henson_last_error(void) { return &henson::c::last_error; }

henson_error* henson_error_copy(const henson_error* error) {
  henson_error* copy = nullptr;
  const henson_error none;
  const henson_status status = henson::c::guarded(
      [&] { copy = std::make_unique<henson_error>(error ? *error : none).release(); });
  return status == HENSON_OK ? copy : nullptr;
}

void henson_error_free(henson_error* error) { delete error; }

henson_status henson_error_status(const henson_error* error) {
  return error ? error->status : HENSON_OK;
}
const char* henson_error_text(const henson_error* error) {
  if (!error) return "";
  const bool untold = error->status == HENSON_OUT_OF_MEMORY && error->text.empty();
  return untold ? "out of memory" : error->text.c_str();
}
const char* henson_error_entry(const henson_error* error) {
  return error ? error->entry.c_str() : "";
}
int64_t henson_error_offset(const henson_error* error) { return error ? error->offset : -1; }
int64_t henson_error_line(const henson_error* error) { return error ? error->line : -1; }

void henson_free(void* memory) { std::free(memory); }

}  // extern "C"
