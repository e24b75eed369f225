// What Split, Replace and the like look for.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/normalized_text.h"

namespace henson::tokenizer {

/// Immutable; may be used by many threads at once.
class Pattern {
 public:
  Pattern() = default;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  virtual ~Pattern() = default;

  /// All of `text` in parts, found ones and others. Of an empty text one part that is not found.
  /// Throws kUnsupported where a regular expression takes more work than is sound.
  std::vector<Match> split(std::string_view text) const;

 protected:
  /// The parts of a text that is not empty: at least those that are found.
  virtual void find(std::string_view text, std::vector<Match>& found) const = 0;
};

/// {"String": "a b"} or {"Regex": "\\s+"}, the latter as Oniguruma reads it, which the Rust
/// tokenizers use as well.
std::unique_ptr<const Pattern> read_pattern(const JsonValue& pattern);

}  // namespace henson::tokenizer
