// What one file may make Henson do and hold while it is opened, counted in one place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace henson::loader {

struct StoredTensor;

/// How many bytes more than its storage has the elements of a tensor would take, each written out.
std::uint64_t repeated_bytes(const StoredTensor& tensor) noexcept;

/// Counts work and memory that a file asks for by its numbers and its sharing, so that neither is
/// out of proportion to the file: the caps are in loader/limits.h. What is read and what is made of
/// it share one count; a copy goes on from where the first was.
class Budget {
 public:
  enum class Kind : std::uint8_t {
    kInflatedBytes,  // that entries become
    kRepeatedBytes,  // of tensors that show the elements of their storage more than once
    kPickleValues,
    kExpressions,  // and statements, of the code as it is written
    kSteps,        // the same of the code as it is run: a method's at each call of it
    kGraphNodes,
    kGraphValues,
    kItems,  // of tuples, lists and dicts, each time that they are looked through
    kStringBytes,
    kInputs,
    kOutputs,
    kCount
  };

  explicit Budget(std::uint64_t file_bytes = 0) noexcept : file_bytes_(file_bytes) {}

  /// False when this is more than the cap.
  bool spend(Kind kind, std::uint64_t amount) noexcept;
  /// "more than 65536 statements are run": what is said when it is.
  std::string refusal(Kind kind) const;

 private:
  std::uint64_t cap(Kind kind) const noexcept;

  std::uint64_t file_bytes_;
  std::array<std::uint64_t, static_cast<std::size_t>(Kind::kCount)> spent_{};
};

}  // namespace henson::loader
