// How a normalized text is cut into words.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/normalized_text.h"
#include "runtime/tokenizer/settings.h"

namespace henson::tokenizer {

/// A word: bytes of a normalized text, at least one.
struct Word {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  const AddedToken* added = nullptr;  // that it is; no pre-tokenizer touches it
};

/// A text and its words, in order. What lies between words belongs to none.
struct Words {
  NormalizedText text;
  std::vector<Word> list;
};

/// Immutable; may be used by many threads at once.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  PreTokenizer(const PreTokenizer&) = delete;
  PreTokenizer& operator=(const PreTokenizer&) = delete;
  virtual ~PreTokenizer() = default;

  /// Cuts words further; may change the text.
  virtual void cut(Words& words) const = 0;
};

/// The "pre_tokenizer" of a tokenizer.json; without one a text is one word. Throws kUnsupported for
/// one that is not known.
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const std::optional<JsonValue>& description);

}  // namespace henson::tokenizer
