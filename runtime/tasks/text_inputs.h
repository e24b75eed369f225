// A tokenizer's sequences as the inputs of a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "henson/tokenizer.h"

namespace henson::tasks {

/// What an input has by its role for a sequence of tokens: [1, length]. Positions count from
/// `first_position`; a mask is all ones, in the dtype that it was traced with. Not for kOther.
Tensor input_by_role(const InputInfo& info, const Encoding& encoding, std::int64_t first_position);

/// What inputs are for, by path or name.
using InputRoles = std::vector<std::pair<std::string, InputRole>>;

class TextInputs {
 public:
  /// Throws kUnsupported when the model reads an input that a text does not give or cannot take ids
  /// of one sequence, and kBadInput when the tokenizer has more tokens than its table of words or
  /// `roles` names no input. `roles` go before what is found.
  TextInputs(const Model& model, const Tokenizer& tokenizer, const InputRoles& roles);

  /// Tokens of the longest sequence that the model has positions for; 0 when it has no table.
  std::size_t max_length() const noexcept { return max_length_; }
  /// Rows of the table of words.
  std::int64_t vocabulary() const noexcept { return vocabulary_; }

  /// Those that the computation reads.
  std::span<const InputInfo> infos() const noexcept { return infos_; }
  /// The inputs for a batch of one.
  std::vector<NamedInput> of(const Encoding& encoding) const;

 private:
  std::vector<InputInfo> infos_;
  std::int64_t vocabulary_ = 0;
  std::int64_t first_position_ = 0;
  std::size_t max_length_ = 0;
};

}  // namespace henson::tasks
