#include "runtime/tokenizer/charsmap.h"

#include <algorithm>
#include <array>

#include "henson/error.h"
#include "runtime/tokenizer/grapheme.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kMaxGrapheme = 5;  // bytes; of longer ones each code point is replaced

constexpr std::size_t kLongList = 1 << 14;  // is not kept for the next text

std::uint32_t load_little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

constexpr bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1U) != 0; }
constexpr std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
constexpr std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FFU; }
constexpr std::size_t offset_of(std::uint32_t unit) {
  return static_cast<std::size_t>(unit >> 10) << ((unit & 0x200U) >> 6);
}

/// All changes of one text.
class Changes {
 public:
  explicit Changes(std::string_view text) : text_(text) {}

  bool empty() const noexcept { return done_ == 0; }

  /// Puts another text in the place of bytes [begin, end).
  void replace(std::size_t begin, std::size_t end, std::string_view replacement) {
    keep_until(begin);
    begin_ = begin;
    const std::ptrdiff_t difference = count(replacement) - count(text_.substr(begin, end - begin));
    append(replacement);
    if (difference > 0) {
      std::for_each(list_.end() - difference, list_.end(), [](Change& c) { c.change = 1; });
    } else if (difference < 0) {
      remove(static_cast<std::int32_t>(difference));
    }
    done_ = end;
  }

  const std::vector<Change>& finish() {
    keep_until(text_.size());
    return list_;
  }

 private:
  static std::ptrdiff_t count(std::string_view text) {
    return std::count_if(text.begin(), text.end(), starts_code_point);
  }

  void append(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const Decoded c = decode_utf8(text, at);
      list_.push_back({c.code, 0});
      at += c.length;
    }
  }

  void keep_until(std::size_t end) {
    const std::string_view kept = text_.substr(done_, end - done_);
    if (!is_aligned_) {
      append(kept);
    } else if (!kept.empty()) {
      list_.push_back(Change::kept(kept.size()));
    }
  }

  /// What comes last takes the place of so many more code points. Where nothing comes before, the
  /// Rust tokenizers forget them, and sources are those of other characters from there on.
  void remove(std::int32_t difference) {
    if (list_.empty()) {
      is_aligned_ = false;
      return;
    }
    if (list_.back().change == Change::kKept) split_last(list_.back().code);
    list_.back().change += difference;
  }

  /// Of kept bytes, which end at the piece at hand, the last code point on its own.
  void split_last(std::size_t size) {
    std::size_t last = begin_ - 1;
    while (!starts_code_point(text_[last])) --last;
    const std::size_t before = size - (begin_ - last);
    list_.pop_back();
    if (before > 0) list_.push_back(Change::kept(before));
    list_.push_back({decode_utf8(text_, last).code, 0});
  }

  static std::vector<Change>& list_of_thread() {
    thread_local std::vector<Change> list;
    if (list.capacity() > kLongList) list = {};
    list.clear();
    return list;
  }

  std::string_view text_;
  std::vector<Change>& list_ = list_of_thread();
  std::size_t done_ = 0;   // of what comes before, the changes are known
  std::size_t begin_ = 0;  // of the piece at hand
  bool is_aligned_ = true;
};

}  // namespace

Charsmap::Charsmap(std::string_view bytes, const std::string& place) : place_(place) {
  const std::uint32_t size = bytes.size() < 4 ? 0 : load_little_endian(bytes, 0);
  if (bytes.size() < 4 || size / 4 == 0 || size / 4 > (bytes.size() - 4) / 4) {
    fail("breaks off");
  }
  units_.resize(size / 4);
  for (std::size_t i = 0; i < units_.size(); ++i) {
    units_[i] = load_little_endian(bytes, 4 + 4 * i);
  }
  replacements_ = bytes.substr(4 + 4 * units_.size());
  if (!is_utf8(replacements_)) fail("has replacements that are not UTF-8");
  for (std::size_t c = 1; c < std::size(keeps_ascii_); ++c) {
    const std::size_t at = offset_of(units_[0]) ^ c;
    keeps_ascii_[c] =
        c != '\r' && (at >= units_.size() || label_of(units_[at]) != c || !has_leaf(units_[at]));
  }
  find_starts();
}

void Charsmap::find_starts() {
  constexpr char32_t kPlane = 0x10000;
  starts_.assign(kPlane, true);
  for (char32_t code = 0; code < kPlane; ++code) {
    std::string bytes;
    append_utf8(code, bytes);
    std::size_t at = offset_of(units_[0]);
    for (const char byte : bytes) {
      at ^= static_cast<unsigned char>(byte);
      if (at >= units_.size()) break;  // told when a text leads there
      if (label_of(units_[at]) != static_cast<unsigned char>(byte)) {
        starts_[code] = false;
        break;
      }
      if (has_leaf(units_[at])) break;
      at ^= offset_of(units_[at]);
    }
  }
}

void Charsmap::fail(const char* what) const {
  throw Error(ErrorCode::kBadArchive, place_ + " " + what);
}

std::uint32_t Charsmap::unit(std::size_t index) const {
  if (index >= units_.size()) fail("leads out of its own table");
  return units_[index];
}

std::optional<std::string_view> Charsmap::find(std::string_view piece) const {
  std::size_t at = offset_of(units_[0]);
  for (const char byte : piece) {
    const auto label = static_cast<unsigned char>(byte);
    if (label == 0) break;
    at ^= label;
    const std::uint32_t here = unit(at);
    if (label_of(here) != label) return std::nullopt;
    at ^= offset_of(here);
    if (!has_leaf(here)) continue;
    const std::size_t begin = value_of(unit(at));
    if (begin > replacements_.size()) fail("leads out of its own replacements");
    const std::size_t end = std::min(replacements_.find('\0', begin), replacements_.size());
    if (begin < end && !starts_code_point(replacements_[begin])) {
      fail("leads into the middle of a character");
    }
    return std::string_view(replacements_).substr(begin, end - begin);
  }
  return std::nullopt;
}

void Charsmap::normalize(NormalizedText& normalized) const {
  const std::string& text = normalized.text();
  const Unicode& unicode = Unicode::table();
  Changes changes(text);
  const auto replace = [&](std::size_t begin, std::size_t end) {
    const auto replacement = find(std::string_view(text).substr(begin, end - begin));
    if (replacement) changes.replace(begin, end, *replacement);
    return replacement.has_value();
  };
  const auto keeps = [&](std::size_t at) {
    return is_ascii(text[at]) && keeps_ascii_[static_cast<std::size_t>(text[at])];
  };
  for (std::size_t at = 0; at < text.size();) {
    if (keeps(at) && (at + 1 == text.size() || is_ascii(text[at + 1]))) {
      ++at;
      continue;
    }
    Decoded c = decode_utf8(text, at);
    GraphemeKind kind = unicode.grapheme_kind(c.code);
    while (at + c.length < text.size()) {  // as long as graphemes are of one code point
      const std::size_t next = at + c.length;
      const Decoded after = decode_utf8(text, next);
      const GraphemeKind kind_after = unicode.grapheme_kind(after.code);
      if (!surely_breaks(kind, after.code, kind_after)) break;
      if (may_start(c.code)) replace(at, next);
      at = next;
      c = after;
      kind = kind_after;
    }
    const std::size_t end = grapheme_end(text, at);
    if (end - at <= kMaxGrapheme && may_start(c.code) && replace(at, end)) {
      at = end;
      continue;
    }
    while (at < end) {
      const Decoded part = decode_utf8(text, at);
      if (may_start(part.code)) replace(at, at + part.length);
      at += part.length;
    }
  }
  if (!changes.empty()) normalized.transform(changes.finish());
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = at; i < at + 3; ++i) {
      bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (const int shift : {18, 12, 6, 0}) text.push_back(kDigits[bits >> shift & 63U]);
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  return text.replace(text.size() - padding, padding, padding, '=');
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::array<std::uint8_t, 256> values{};
  values.fill(64);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  }
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::size_t count = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    if (value > 63) return std::nullopt;
    bits = bits << 6 | value;
    if (++count % 4 != 0) continue;
    for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(bits >> shift & 0xFFU));
  }
  if (padding == 1) {
    bytes.push_back(static_cast<char>(bits >> 10 & 0xFFU));
    bytes.push_back(static_cast<char>(bits >> 2 & 0xFFU));
  } else if (padding == 2) {
    bytes.push_back(static_cast<char>(bits >> 4 & 0xFFU));
  }
  return bytes;
}

}  // namespace henson::tokenizer
