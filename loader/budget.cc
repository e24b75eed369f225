#include "loader/budget.h"

#include <algorithm>

#include "loader/limits.h"
#include "loader/refusal.h"
#include "loader/tensor.h"

namespace henson::loader {
namespace {

struct Cap {
  std::uint64_t most;
  const char* what;  // behind the number
  bool by_file;      // the cap grows with the file
};

const Cap& row_of(Budget::Kind kind) noexcept {
  static constexpr Cap kRows[] = {
      {limits::kSpareBytes, "bytes are unpacked from a file of", true},
      {limits::kSpareBytes, "bytes are made by repeating elements, in a file of", true},
      {limits::kMaxPickleValues, "values stand in the pickles", false},
      {limits::kMaxExpressions, "expressions stand in the code", false},
      {limits::kMaxSteps, "expressions and statements are run", false},
      {limits::kMaxGraphNodes, "operators are called", false},
      {limits::kMaxGraphValues, "constants and results are made", false},
      {limits::kMaxItems, "items of tuples, lists and dicts are looked at", false},
      {limits::kMaxStringBytes, "bytes of text are made", false},
      {limits::kMaxInputs, "inputs are taken", false},
      {limits::kMaxOutputs, "outputs are given", false},
  };
  return kRows[static_cast<std::size_t>(kind)];
}

}  // namespace

std::uint64_t repeated_bytes(const StoredTensor& tensor) noexcept {
  const auto count = static_cast<std::uint64_t>(element_count(tensor.shape).value_or(0));
  const std::uint64_t held = tensor.storage ? tensor.storage->size() : 0;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(count, size_of(tensor.dtype), &bytes)) return UINT64_MAX;
  return bytes - std::min(bytes, held);
}

std::uint64_t Budget::cap(Kind kind) const noexcept {
  const Cap& row = row_of(kind);
  constexpr std::uint64_t kMostFile = UINT64_MAX / 2 / limits::kBytesOfEach;
  const std::uint64_t grown = limits::kBytesOfEach * std::min(file_bytes_, kMostFile);
  return row.by_file ? row.most + grown : row.most;
}

bool Budget::spend(Kind kind, std::uint64_t amount) noexcept {
  std::uint64_t& spent = spent_[static_cast<std::size_t>(kind)];
  const std::uint64_t most = cap(kind);
  if (amount > most - std::min(spent, most)) {
    spent = most;
    return false;
  }
  spent += amount;
  return true;
}

std::string Budget::refusal(Kind kind) const {
  const Cap& row = row_of(kind);
  std::string text = "more than " + std::to_string(cap(kind)) + ' ' + row.what;
  if (row.by_file) text += ' ' + std::to_string(file_bytes_) + " bytes";
  return text.append(kBeyondBudget);
}

}  // namespace henson::loader
