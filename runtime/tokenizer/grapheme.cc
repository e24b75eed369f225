#include "runtime/tokenizer/grapheme.h"

#include <cstdint>

#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

using Kind = GraphemeKind;

constexpr char32_t kSyllables = 0xAC00;
constexpr char32_t kTrailingCount = 28;

/// A grapheme on its way: what the next code point must know of it.
class Grapheme {
 public:
  explicit Grapheme(char32_t first) { take(first, Unicode::table().grapheme_kind(first)); }

  /// Takes the next code point, or says that it is of another grapheme.
  bool join(char32_t code) {
    const Kind kind = Unicode::table().grapheme_kind(code);
    if (!joins(code, kind)) return false;
    take(code, kind);
    return true;
  }

 private:
  /// What consonants, or pictures, it has so far that a linker, or a joiner, ties to the next one.
  enum class Chain : std::uint8_t { kNone, kBegun, kTied };

  static bool is_open(char32_t syllable) { return (syllable - kSyllables) % kTrailingCount == 0; }

  bool joins(char32_t code, Kind kind) const {
    if (last_ == U'\r' && code == U'\n') return true;
    if (last_kind_ == Kind::kControl || kind == Kind::kControl) return false;
    switch (kind) {
      case Kind::kJoiner:
      case Kind::kLinker:
      case Kind::kLinkingExtend:
      case Kind::kExtend:
      case Kind::kSpacing:
        return true;
      default:
        break;
    }
    if (last_kind_ == Kind::kPrepend) return true;
    if (kind == Kind::kConsonant) return consonants_ == Chain::kTied;
    if (kind == Kind::kPictographic) return pictures_ == Chain::kTied;
    return joins_hangul(code, kind);
  }

  bool joins_hangul(char32_t code, Kind kind) const {
    if (last_kind_ == Kind::kLeading) {
      return kind == Kind::kLeading || kind == Kind::kVowel || is_syllable(code);
    }
    const bool is_syllable_before = is_syllable(last_);
    if (last_kind_ == Kind::kVowel || (is_syllable_before && is_open(last_))) {
      return kind == Kind::kVowel || kind == Kind::kTrailing;
    }
    return (is_syllable_before || last_kind_ == Kind::kTrailing) && kind == Kind::kTrailing;
  }

  void take(char32_t code, Kind kind) {
    consonants_ = next_consonants(kind);
    pictures_ = next_pictures(kind);
    last_ = code;
    last_kind_ = kind;
  }

  Chain next_consonants(Kind kind) const {
    if (kind == Kind::kConsonant) return Chain::kBegun;
    if (kind == Kind::kLinkingExtend || kind == Kind::kJoiner) return consonants_;
    return kind == Kind::kLinker && consonants_ != Chain::kNone ? Chain::kTied : Chain::kNone;
  }

  Chain next_pictures(Kind kind) const {
    if (kind == Kind::kPictographic) return Chain::kBegun;
    if (pictures_ != Chain::kBegun) return Chain::kNone;
    if (kind == Kind::kJoiner) return Chain::kTied;
    const bool is_extend =
        kind == Kind::kExtend || kind == Kind::kLinkingExtend || kind == Kind::kLinker;
    return is_extend ? Chain::kBegun : Chain::kNone;
  }

  char32_t last_ = 0;
  Kind last_kind_ = Kind::kOther;
  Chain consonants_ = Chain::kNone;
  Chain pictures_ = Chain::kNone;
};

}  // namespace

std::size_t grapheme_end(std::string_view text, std::size_t at) {
  const Decoded first = decode_utf8(text, at);
  Grapheme grapheme(first.code);
  std::size_t end = at + first.length;
  while (end < text.size()) {
    const Decoded next = decode_utf8(text, end);
    if (!grapheme.join(next.code)) break;
    end += next.length;
  }
  return end;
}

}  // namespace henson::tokenizer
