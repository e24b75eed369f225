// What BERT does to a text before it looks for words: cleaning, spaces around ideographs, no
// accents, lower case.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace henson::tokenizer {

/// A code point and the bytes of the text that it is from.
struct SourcedCodePoint {
  char32_t code = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

class BertNormalizer {
 public:
  /// As tokenizer.json describes it; null does nothing.
  explicit BertNormalizer(const nlohmann::json& description);

  /// Normalizes `text`, valid UTF-8, whose first byte has the position `origin`. Parts between two
  /// spaces (U+0020, tab, line ends) do not touch each other.
  void normalize(std::string_view text, std::uint32_t origin,
                 std::vector<SourcedCodePoint>& normalized) const;
  std::string normalize(std::string_view text) const;

  bool lower_case() const noexcept { return lower_case_; }
  bool clean_text() const noexcept { return clean_text_; }

 private:
  bool clean_text_;
  bool tokenize_cjk_;
  bool strip_accents_;
  bool lower_case_;
};

}  // namespace henson::tokenizer
