// The one error type of Henson: what went wrong, and where in the archive or its code.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "henson/visibility.h"

namespace henson {

enum class ErrorCode {
  kNotFound,     // the file cannot be opened
  kBadArchive,   // the file is not a TorchScript archive, or is damaged
  kUnsupported,  // a sound archive that needs what Henson does not have
  kBadInput,     // the caller's tensors do not fit the model
  kOutOfMemory,  // more memory than the machine has, or than the session may take
  kCancelled,    // the caller's std::stop_token ended the run
  kInternal,     // a defect of Henson
};

/// Where an error is. Fields that are not known stay empty.
struct ErrorPlace {
  std::string entry;  // the archive's entry, without the root folder: "code/model.py"
  std::optional<std::uint64_t> offset;  // byte offset within the entry
  std::optional<std::uint32_t> line;    // line of the code in the entry, from 1
};

/// Thrown by the loader and the runtime. what() is one line: the place, then the message.
class HENSON_API Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, ErrorPlace place = {});

  ErrorCode code() const noexcept { return code_; }
  /// What is wrong and what would help, without the place.
  const std::string& message() const noexcept { return message_; }
  const ErrorPlace& place() const noexcept { return place_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
  ErrorPlace place_;
  std::string what_;
};

}  // namespace henson
