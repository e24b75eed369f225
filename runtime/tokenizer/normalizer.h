// What happens to a text before it is cut into words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/normalized_text.h"

namespace henson::tokenizer {

/// Immutable; may be used by many threads at once.
class Normalizer {
 public:
  Normalizer() = default;
  Normalizer(const Normalizer&) = delete;
  Normalizer& operator=(const Normalizer&) = delete;
  virtual ~Normalizer() = default;

  virtual void normalize(NormalizedText& text) const = 0;
};

/// The "normalizer" of a tokenizer.json; without one nothing happens to texts. Throws kUnsupported
/// for one that is not known.
std::unique_ptr<const Normalizer> make_normalizer(const std::optional<JsonValue>& description);

}  // namespace henson::tokenizer
