#include "runtime/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>
#include <string>

namespace henson::tokenizer {
namespace {

using Flags = std::basic_string<char16_t>;

Flags all_flags(char32_t count) {
  Flags flags(count, u'\0');
  for (int i = 0; i < kCodePointSets; ++i) {
    const CodePointSet set{static_cast<std::uint8_t>(i)};
    for (const CodePointRange& range : ranges_of(set)) {
      for (char32_t code = range.first; code <= range.last; ++code) {
        flags[code] = static_cast<char16_t>(flags[code] | bit(set));
      }
    }
  }
  for (const GraphemeRange& range : grapheme_ranges()) {
    const auto kind = static_cast<unsigned>(range.kind) << kCodePointSets;
    for (char32_t code = range.first; code <= range.last; ++code) {
      flags[code] = static_cast<char16_t>(flags[code] | kind);
    }
  }
  return flags;
}

}  // namespace

Unicode::Unicode() {
  const Flags flags = all_flags(kCodePoints);
  std::map<Flags, std::uint16_t> known;  // most pages are alike
  for (std::size_t i = 0; i < page_of_.size(); ++i) {
    const auto [found, is_new] =
        known.emplace(flags.substr(i * kPage, kPage), static_cast<std::uint16_t>(known.size()));
    if (is_new) pages_.insert(pages_.end(), found->first.begin(), found->first.end());
    page_of_[i] = found->second;
  }
}

const Unicode& Unicode::table() {
  static const Unicode table;
  return table;
}

char32_t Unicode::lower(char32_t code) const noexcept {
  if (code < 0x80) return code >= U'A' && code <= U'Z' ? code + 32 : code;
  if (code == kCapitalIWithDot) return U'i';
  const std::span<const LowerRun> runs = lower_runs();
  const auto run = std::lower_bound(runs.begin(), runs.end(), code,
                                    [](const LowerRun& r, char32_t c) { return r.last < c; });
  if (run == runs.end() || code < run->first || (code - run->first) % run->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + run->difference);
}

int decompose(char32_t code, bool further,
              std::array<char32_t, kMaxDecomposition>& parts) noexcept {
  std::array<utf8proc_int32_t, kMaxDecomposition> found{};
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(further ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT
                                                              : UTF8PROC_DECOMPOSE);
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(code), found.data(), found.size(), options, &boundary);
  if (count < 1 || count > kMaxDecomposition) {  // cannot be of any version of Unicode so far
    parts[0] = code;
    return 1;
  }
  std::copy_n(found.begin(), count, parts.begin());
  return static_cast<int>(count);
}

std::optional<std::pair<char32_t, char32_t>> canonical_pair(char32_t code) noexcept {
  std::array<char32_t, kMaxDecomposition> parts{};
  const int count = decompose(code, false, parts);
  if (count < 2) return std::nullopt;
  std::array<utf8proc_int32_t, kMaxDecomposition + 1> composed{};
  const auto compose = [&](utf8proc_ssize_t length) {
    return utf8proc_normalize_utf32(
        composed.data(), length,
        static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  };
  std::copy_n(parts.begin(), count - 1, composed.begin());
  if (count > 2 && compose(count - 1) != 1) return std::nullopt;
  const auto first = static_cast<char32_t>(composed[0]);
  const char32_t second = parts[static_cast<std::size_t>(count) - 1];
  composed[1] = static_cast<utf8proc_int32_t>(second);
  if (compose(2) != 1 || composed[0] != static_cast<utf8proc_int32_t>(code)) return std::nullopt;
  return std::pair(first, second);
}

int combining_class(char32_t code) noexcept {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class;
}

std::uint8_t script_of(char32_t code) noexcept {
  const std::span<const ScriptRange> ranges = script_ranges();
  const auto range = std::lower_bound(ranges.begin(), ranges.end(), code,
                                      [](const ScriptRange& r, char32_t c) { return r.last < c; });
  return range == ranges.end() || code < range->first ? std::uint8_t{0} : range->script;
}

}  // namespace henson::tokenizer
