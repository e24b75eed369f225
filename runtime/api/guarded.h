// What every public function keeps: whatever the caller or the machine does, a henson::Error.
#pragma once

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "henson/error.h"
#include "runtime/tensor/allocator.h"

namespace henson::runtime {

/// Runs `f`. Where the system refuses memory or a thread, that is an error like others. The message
/// is short enough to need no memory itself.
template <typename F>
decltype(auto) guarded(F&& f) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const std::length_error&) {  // a container beyond what any memory holds
    throw Error(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::kOutOfMemory, error.what());
  }
}

/// What `pointer` holds. Throws henson::Error (kBadInput) when it was moved from.
template <typename Pointer>
auto& held(const Pointer& pointer, const char* what) {
  if (pointer == nullptr) {
    throw Error(ErrorCode::kBadInput, "this " + std::string(what) + " was moved from");
  }
  return *pointer;
}

/// Throws henson::Error (kBadInput), with those that there are, when HENSON_ISA names an
/// instruction set that is unknown or that the machine lacks.
void check_instruction_set();

/// `wanted` threads, or as many as can run at once for 0. Throws henson::Error (kBadInput) for
/// less, and for more than kMostThreads.
int checked_threads(int wanted);

/// What a memory_limit of RuntimeOptions or SessionOptions means: 0 is none.
inline std::size_t limit_of(std::size_t memory_limit) {
  return memory_limit > 0 ? memory_limit : MemoryCount::kNoLimit;
}

}  // namespace henson::runtime
