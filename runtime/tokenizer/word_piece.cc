#include "runtime/tokenizer/word_piece.h"

#include <algorithm>

#include "henson/error.h"
#include "henson/tokenizer.h"
#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

/// Longer words in ASCII go the way of other scripts.
constexpr std::size_t kMaxAsciiWord = 128;

std::vector<AddedToken> normalized_tokens(const Settings& settings,
                                          const BertNormalizer& normalizer) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : settings.added) {
    if (!token.normalized) continue;
    tokens.push_back(token);
    tokens.back().text = normalizer.normalize(token.text);
  }
  return tokens;
}

std::uint32_t narrow(std::size_t position) noexcept { return static_cast<std::uint32_t>(position); }

}  // namespace

bool WordPiece::fits(const Settings& settings) {
  return settings.kind == Settings::Kind::kWordPiece &&
         (settings.normalizer.is_null() || part_of_type(settings.normalizer, "BertNormalizer")) &&
         part_of_type(settings.pre_tokenizer, "BertPreTokenizer") != nullptr;
}

WordPiece::WordPiece(const Settings& settings)
    : normalizer_(settings.normalizer),
      added_(normalized_tokens(settings, normalizer_)),
      vocabulary_(settings) {
  classify_bytes();
}

void WordPiece::classify_bytes() {
  const Unicode& unicode = Unicode::table();
  for (char32_t code = 0; code < 256; ++code) {
    ByteClass& byte_class = byte_class_[code];
    if (code >= 0x80 || (normalizer_.clean_text() && unicode.is(CodePointSet::kRemoved, code))) {
      byte_class = ByteClass::kOther;
    } else if (unicode.is(CodePointSet::kWhite, code)) {
      byte_class = ByteClass::kSpace;
    } else if (unicode.is(CodePointSet::kPunctuation, code)) {
      byte_class = ByteClass::kPunctuation;
    } else {
      byte_class = ByteClass::kLetter;
    }
    const bool lowers = normalizer_.lower_case() && code < 0x80;
    lower_[code] = static_cast<char>(lowers ? unicode.lower(code) : code);
  }
}

void WordPiece::tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const {
  if (added_.empty()) {
    tokenize_plain(text, origin, pieces);
  } else {
    tokenize_with_added(text, origin, pieces);
  }
}

void WordPiece::tokenize_plain(std::string_view text, std::uint32_t origin, Pieces& pieces) const {
  const auto class_at = [&](std::size_t i) {
    return i == text.size() ? ByteClass::kSpace : byte_class_[static_cast<unsigned char>(text[i])];
  };
  std::vector<SourcedCodePoint> normalized;
  for (std::size_t at = 0; at < text.size();) {
    if (class_at(at) == ByteClass::kSpace) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (class_at(at) == ByteClass::kLetter) ++at;
    if (at == begin && class_at(at) == ByteClass::kPunctuation) ++at;
    if (class_at(at) != ByteClass::kOther && at - begin <= kMaxAsciiWord) {
      add_ascii_word(text.substr(begin, at - begin), origin + narrow(begin), pieces);
      continue;
    }
    while (class_at(at) != ByteClass::kSpace) ++at;
    normalizer_.normalize(text.substr(begin, at - begin), origin + narrow(begin), normalized);
    add_words(normalized, pieces);
  }
}

void WordPiece::tokenize_with_added(std::string_view text, std::uint32_t origin,
                                    Pieces& pieces) const {
  std::vector<SourcedCodePoint> normalized;
  normalizer_.normalize(text, origin, normalized);
  std::string bytes;
  std::vector<std::size_t> code_points;  // of each byte, and one past the end
  for (std::size_t i = 0; i < normalized.size(); ++i) {
    append_utf8(normalized[i].code, bytes);
    code_points.resize(bytes.size(), i);
  }
  code_points.push_back(normalized.size());
  added_.for_each_part(bytes, [&](std::size_t begin, std::size_t end, const AddedToken* token) {
    const auto part =
        std::span(normalized).subspan(code_points[begin], code_points[end] - code_points[begin]);
    if (token == nullptr) {
      add_words(part, pieces);
    } else {
      pieces.list.push_back({static_cast<std::int32_t>(token->id), part.front().begin,
                             part.back().end, pieces.words++});
    }
  });
}

void WordPiece::add_words(std::span<const SourcedCodePoint> text, Pieces& pieces) const {
  const Unicode& unicode = Unicode::table();
  std::size_t begin = 0;
  const auto end_word = [&](std::size_t end) {
    if (begin < end) add_word(text.subspan(begin, end - begin), pieces);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint16_t flags = unicode.flags(text[i].code);
    const bool is_punctuation = (flags & bit(CodePointSet::kPunctuation)) != 0;
    if (!is_punctuation && (flags & bit(CodePointSet::kWhite)) == 0) continue;
    end_word(i);
    if (is_punctuation) add_word(text.subspan(i, 1), pieces);
    begin = i + 1;
  }
  end_word(text.size());
}

void WordPiece::add_word(std::span<const SourcedCodePoint> word, Pieces& pieces) const {
  if (word.size() > vocabulary_.max_word_length()) {
    pieces.list.push_back(
        {vocabulary_.unknown(), word.front().begin, word.back().end, pieces.words++});
    return;
  }
  std::string bytes;
  std::vector<std::uint32_t> code_points;  // of each byte
  for (std::size_t i = 0; i < word.size(); ++i) {
    append_utf8(word[i].code, bytes);
    code_points.resize(bytes.size(), narrow(i));
  }
  const auto source = [&](std::size_t begin, std::size_t end) {
    return ByteRange{word[code_points[begin]].begin, word[code_points[end - 1]].end};
  };
  cut(bytes, source, pieces);
}

void WordPiece::add_ascii_word(std::string_view word, std::uint32_t begin, Pieces& pieces) const {
  if (word.size() > vocabulary_.max_word_length()) {
    pieces.list.push_back(
        {vocabulary_.unknown(), begin, begin + narrow(word.size()), pieces.words++});
    return;
  }
  std::array<char, kMaxAsciiWord> lower;
  for (std::size_t i = 0; i < word.size(); ++i) {
    lower[i] = lower_[static_cast<unsigned char>(word[i])];
  }
  const auto source = [&](std::size_t from, std::size_t to) {
    return ByteRange{begin + narrow(from), begin + narrow(to)};
  };
  cut({lower.data(), word.size()}, source, pieces);
}

template <typename Source>
void WordPiece::cut(std::string_view word, const Source& source, Pieces& pieces) const {
  const std::size_t first = pieces.list.size();
  const std::uint32_t number = pieces.words++;
  const auto add = [&](std::int32_t id, std::size_t begin, std::size_t end) {
    const ByteRange range = source(begin, end);
    pieces.list.push_back({id, range.begin, range.end, number});
  };
  if (vocabulary_.cut(word, add)) return;
  pieces.list.resize(first);
  add(vocabulary_.unknown(), 0, word.size());
}

}  // namespace henson::tokenizer
