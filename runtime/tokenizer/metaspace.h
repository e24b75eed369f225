// Metaspace: spaces become a visible character, at which words begin.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/pre_tokenizer.h"

namespace henson::tokenizer {

/// What pre-tokenizer and decoder say alike.
struct Metaspace {
  /// Whether a text starts as if after a space.
  enum class Prepend : std::uint8_t { kAlways, kFirst, kNever };

  explicit Metaspace(const JsonValue& description);

  char32_t character = 0x2581;
  Prepend prepend = Prepend::kAlways;
  bool splits = true;
};

class MetaspacePreTokenizer final : public PreTokenizer {
 public:
  explicit MetaspacePreTokenizer(const JsonValue& description);
  void cut(Words& words) const override;

 private:
  void append(const NormalizedText& text, const Word& word, Words& out) const;

  Metaspace metaspace_;
  std::string character_;
};

}  // namespace henson::tokenizer
