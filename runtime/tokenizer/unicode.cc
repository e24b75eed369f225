#include "runtime/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>
#include <string>

namespace henson::tokenizer {
namespace {

std::string all_flags(char32_t count) {
  std::string flags(count, '\0');
  for (int i = 0; i < kCodePointSets; ++i) {
    const CodePointSet set{static_cast<std::uint8_t>(i)};
    for (const CodePointRange& range : ranges_of(set)) {
      for (char32_t code = range.first; code <= range.last; ++code) {
        flags[code] = static_cast<char>(flags[code] | bit(set));
      }
    }
  }
  return flags;
}

}  // namespace

Unicode::Unicode() {
  const std::string flags = all_flags(kCodePoints);
  std::map<std::string, std::uint16_t> known;  // most pages are alike
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

int decompose(char32_t code, std::array<char32_t, kMaxDecomposition>& parts) noexcept {
  std::array<utf8proc_int32_t, kMaxDecomposition> found{};
  int boundary = 0;
  const utf8proc_ssize_t count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), found.data(), found.size(),
                              UTF8PROC_DECOMPOSE, &boundary);
  if (count < 1 || count > kMaxDecomposition) {  // cannot be of any version of Unicode so far
    parts[0] = code;
    return 1;
  }
  std::copy_n(found.begin(), count, parts.begin());
  return static_cast<int>(count);
}

int combining_class(char32_t code) noexcept {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class;
}

bool is_word_character(char32_t code) noexcept {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:  // joiners, and letters in circles and squares
      return code == 0x200C || code == 0x200D || (code >= 0x24B6 && code <= 0x24E9) ||
             (code >= 0x1F130 && code <= 0x1F149) || (code >= 0x1F150 && code <= 0x1F169) ||
             (code >= 0x1F170 && code <= 0x1F189);
  }
}

}  // namespace henson::tokenizer
