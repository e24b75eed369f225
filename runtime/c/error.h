// How errors leave the C functions: as a status, with the text kept for the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "henson/error.h"
#include "henson/henson_c.h"

struct henson_error {
  henson_status status = HENSON_OK;
  std::string text;
  std::string entry;
  std::int64_t offset = -1;
  std::int64_t line = -1;
};

namespace henson::c {

/// Keeps what is being thrown as the thread's last error. To be called in a handler.
henson_status keep_error() noexcept;

/// f(), with whatever it throws as a status.
template <typename F>
henson_status guarded(F&& f) noexcept {
  try {
    f();
    return HENSON_OK;
  } catch (...) {
    return keep_error();
  }
}

[[noreturn]] void refuse(const std::string& what);

/// What the pointer points to. Throws henson::Error when that is nothing.
template <typename T>
T& required(T* pointer, const char* name) {
  if (pointer == nullptr) refuse(std::string(name) + " is NULL");
  return *pointer;
}

/// Throws henson::Error for bytes that are nowhere.
inline void require_bytes(const void* data, std::size_t bytes, const char* name) {
  if (data == nullptr && bytes > 0) refuse(std::string(name) + " are NULL");
}

}  // namespace henson::c
