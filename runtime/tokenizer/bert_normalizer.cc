#include "runtime/tokenizer/bert_normalizer.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

using CodePoints = std::vector<SourcedCodePoint>;

constexpr std::uint16_t kNeedsDecomposing =
    bit(CodePointSet::kDecomposes) | bit(CodePointSet::kReorders);

/// A code point of a decomposition.
struct Part {
  char32_t code = 0;
  int combining_class = 0;
  bool is_first = true;  // of what one code point became
};

void append_parts(char32_t code, std::uint16_t flags, std::vector<Part>& parts) {
  if ((flags & kNeedsDecomposing) == 0) {
    parts.push_back({code, 0, true});
    return;
  }
  if ((flags & bit(CodePointSet::kReorders)) != 0) {
    parts.push_back({code, combining_class(code), true});
    return;
  }
  std::array<char32_t, kMaxDecomposition> found{};
  const int count = decompose(code, false, found);
  for (int i = 0; i < count; ++i) {
    const char32_t part = found[static_cast<std::size_t>(i)];
    parts.push_back({part, combining_class(part), i == 0});
  }
}

/// The canonical decomposition. As in the Rust tokenizers the first parts are from the code points
/// in their old order, though marks changed theirs, and the others from where the part before is.
void decompose(CodePoints& text) {
  const Unicode& unicode = Unicode::table();
  const auto needs = [&](const SourcedCodePoint& c) {
    return (unicode.flags(c.code) & kNeedsDecomposing) != 0;
  };
  if (std::none_of(text.begin(), text.end(), needs)) return;
  std::vector<Part> parts;
  parts.reserve(text.size() * 2);
  for (const SourcedCodePoint& c : text) append_parts(c.code, unicode.flags(c.code), parts);
  reorder_marks(parts);
  CodePoints decomposed;
  decomposed.reserve(parts.size());
  std::size_t next = 0;
  for (const Part& part : parts) {
    if (part.is_first) ++next;
    const SourcedCodePoint& source = text[next == 0 ? 0 : next - 1];
    decomposed.push_back({part.code, source.begin, source.end});
  }
  text = std::move(decomposed);
}

void remove_marks(CodePoints& text) {
  const Unicode& unicode = Unicode::table();
  std::erase_if(text, [&](const SourcedCodePoint& c) {
    return c.code >= 0x80 && unicode.is(CodePointSet::kMark, c.code);
  });
}

void to_lower(CodePoints& text) {
  const Unicode& unicode = Unicode::table();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t code = text[i].code;
    text[i].code = unicode.lower(code);
    if (code != kCapitalIWithDot) continue;
    const SourcedCodePoint dot{kDotAbove, text[i].begin, text[i].end};
    text.insert(text.begin() + static_cast<std::ptrdiff_t>(i) + 1, dot);
  }
}

}  // namespace

BertNormalizer::BertNormalizer(const nlohmann::json& description) {
  const auto flag = [&](const char* key, bool otherwise) {
    const auto found = description.find(key);
    return found == description.end() || found->is_null() ? otherwise : found->get<bool>();
  };
  const bool is_there = !description.is_null();
  clean_text_ = is_there && flag("clean_text", true);
  tokenize_cjk_ = is_there && flag("handle_chinese_chars", true);
  lower_case_ = is_there && flag("lowercase", true);
  strip_accents_ = is_there && flag("strip_accents", lower_case_);
}

void BertNormalizer::normalize(std::string_view text, std::uint32_t origin,
                               std::vector<SourcedCodePoint>& normalized) const {
  const Unicode& unicode = Unicode::table();
  normalized.clear();
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, length] = decode_utf8(text, at);
    const auto begin = static_cast<std::uint32_t>(origin + at);
    const std::uint32_t end = begin + length;
    at += length;
    const std::uint16_t flags = unicode.flags(code);
    if (clean_text_ && (flags & bit(CodePointSet::kRemoved)) != 0) continue;
    const bool is_word = tokenize_cjk_ && is_cjk(code);
    if (is_word) normalized.push_back({U' ', begin, end});
    const bool is_space = clean_text_ && (flags & bit(CodePointSet::kWhite)) != 0;
    normalized.push_back({is_space ? U' ' : code, begin, end});
    if (is_word) normalized.push_back({U' ', begin, end});
  }
  if (strip_accents_) {
    decompose(normalized);
    remove_marks(normalized);
  }
  if (lower_case_) to_lower(normalized);
}

std::string BertNormalizer::normalize(std::string_view text) const {
  std::vector<SourcedCodePoint> normalized;
  normalize(text, 0, normalized);
  std::string out;
  for (const SourcedCodePoint& c : normalized) append_utf8(c.code, out);
  return out;
}

}  // namespace henson::tokenizer
