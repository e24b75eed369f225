// How tokens become text again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tokenizer/json_file.h"

namespace henson::tokenizer {

/// Immutable; may be used by many threads at once.
class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;

  /// Changes tokens until their concatenation is the text.
  virtual void decode(std::vector<std::string>& tokens) const = 0;
};

/// The "decoder" of a tokenizer.json; without one there are spaces between tokens. Throws
/// kUnsupported for one that is not known.
std::unique_ptr<const Decoder> make_decoder(const std::optional<JsonValue>& description);

}  // namespace henson::tokenizer
