#include "runtime/tokenizer/pattern_encoding.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "runtime/tokenizer/pattern_tables.h"

namespace henson::tokenizer {
namespace {

/// As Oniguruma has ranges: how many, then the first and the last of each.
using Ranges = std::vector<OnigCodePoint>;

const OnigEncodingType& installed() { return *ONIG_ENCODING_UTF8; }

std::vector<CodePointRange> installed_ranges(OnigCtype ctype) {
  OnigCodePoint single_byte_end = 0;
  const OnigCodePoint* ranges = nullptr;
  if (installed().get_ctype_code_range(ctype, &single_byte_end, &ranges) != 0) return {};
  std::vector<CodePointRange> list;
  for (OnigCodePoint i = 0; i < ranges[0]; ++i) {
    list.push_back({ranges[1 + 2 * i], ranges[2 + 2 * i]});
  }
  return list;
}

/// What of `ranges` is not in the zone.
std::vector<CodePointRange> outside_zone(const std::vector<CodePointRange>& ranges) {
  std::vector<CodePointRange> outside;
  for (auto [first, last] : ranges) {
    for (const CodePointRange& inside : pattern_zone()) {
      if (inside.last < first || inside.first > last) continue;
      if (inside.first > first) outside.push_back({first, inside.first - 1});
      first = inside.last + 1;
    }
    if (first <= last) outside.push_back({first, last});
  }
  return outside;
}

Ranges merged(std::vector<CodePointRange> list) {
  std::sort(list.begin(), list.end(),
            [](const CodePointRange& a, const CodePointRange& b) { return a.first < b.first; });
  Ranges ranges{0};
  for (const CodePointRange& range : list) {
    if (ranges[0] > 0 && ranges.back() + 1 >= range.first) {
      ranges.back() = range.last;
      continue;
    }
    ++ranges[0];
    ranges.insert(ranges.end(), {OnigCodePoint{range.first}, OnigCodePoint{range.last}});
  }
  return ranges;
}

/// The right ranges of properties that the tables tell of.
class Properties {
 public:
  static const Properties& table() {
    static const Properties table;
    return table;
  }

  const Ranges* find(OnigCtype ctype) const noexcept {
    const auto found = ranges_.find(ctype);
    return found == ranges_.end() ? nullptr : &found->second;
  }

 private:
  Properties() {
    for (const PropertyRanges& property : pattern_properties()) {
      std::string name = property.name;
      auto* const begin = reinterpret_cast<OnigUChar*>(name.data());
      OnigEncodingType encoding = installed();
      const int ctype = encoding.property_name_to_ctype(&encoding, begin, begin + name.size());
      if (ctype < 0) continue;  // an Oniguruma that has no such property
      const auto number = static_cast<OnigCtype>(ctype);
      std::vector<CodePointRange> list = outside_zone(installed_ranges(number));
      list.insert(list.end(), property.ranges.begin(), property.ranges.end());
      ranges_[number] = merged(std::move(list));
    }
  }

  std::map<OnigCtype, Ranges> ranges_;
};

/// Whether a code point is in one of the ranges, which are in increasing order.
bool contains(const Ranges& ranges, OnigCodePoint code) noexcept {
  std::size_t low = 0;
  std::size_t high = ranges[0];
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (code > ranges[2 + 2 * middle]) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < ranges[0] && code >= ranges[1 + 2 * low];
}

int is_code_ctype(OnigCodePoint code, OnigCtype ctype) {
  if (code >= 0x80) {
    if (const Ranges* const ranges = Properties::table().find(ctype)) {
      return contains(*ranges, code) ? 1 : 0;
    }
  }
  return installed().is_code_ctype(code, ctype);
}

int get_ctype_code_range(OnigCtype ctype, OnigCodePoint* single_byte_end,
                         const OnigCodePoint* ranges[]) {
  const int result = installed().get_ctype_code_range(ctype, single_byte_end, ranges);
  if (const Ranges* const right = Properties::table().find(ctype)) *ranges = right->data();
  return result;
}

bool is_ascii_only(OnigCaseFoldType flag) { return (flag & ONIGENC_CASE_FOLD_ASCII_ONLY) != 0; }

int mbc_case_fold(OnigCaseFoldType flag, const OnigUChar** at, const OnigUChar* end,
                  OnigUChar* to) {
  const OnigCodePoint code = installed().mbc_to_code(*at, end);
  for (const FoldPair& pair : pattern_folds()) {
    if (code != pair.upper || is_ascii_only(flag)) continue;
    *at += installed().mbc_enc_len(*at);
    return installed().code_to_mbc(pair.lower, to);
  }
  return installed().mbc_case_fold(flag, at, end, to);
}

int apply_all_case_fold(OnigCaseFoldType flag, OnigApplyAllCaseFoldFunc apply, void* argument) {
  int result = installed().apply_all_case_fold(flag, apply, argument);
  if (is_ascii_only(flag)) return result;
  for (const FoldPair& pair : pattern_folds()) {
    OnigCodePoint upper = pair.upper;
    OnigCodePoint lower = pair.lower;
    if (result == 0) result = apply(upper, &lower, 1, argument);
    if (result == 0) result = apply(lower, &upper, 1, argument);
  }
  return result;
}

int get_case_fold_codes_by_str(OnigCaseFoldType flag, const OnigUChar* at, const OnigUChar* end,
                               OnigCaseFoldCodeItem items[]) {
  int count = installed().get_case_fold_codes_by_str(flag, at, end, items);
  if (is_ascii_only(flag) || count != 0) return count;
  const OnigCodePoint code = installed().mbc_to_code(at, end);
  for (const FoldPair& pair : pattern_folds()) {
    if (code != pair.upper && code != pair.lower) continue;
    OnigCaseFoldCodeItem& item = items[count++];
    item.byte_len = installed().mbc_enc_len(at);
    item.code_len = 1;
    item.code[0] = code == pair.upper ? pair.lower : pair.upper;
  }
  return count;
}

OnigEncodingType make_encoding() {
  Properties::table();  // not for the first time between functions of C
  OnigEncodingType encoding = installed();
  encoding.is_code_ctype = is_code_ctype;
  encoding.get_ctype_code_range = get_ctype_code_range;
  encoding.mbc_case_fold = mbc_case_fold;
  encoding.apply_all_case_fold = apply_all_case_fold;
  encoding.get_case_fold_codes_by_str = get_case_fold_codes_by_str;
  return encoding;
}

}  // namespace

OnigEncoding pattern_encoding() {
  static OnigEncodingType encoding = make_encoding();
  return &encoding;
}

}  // namespace henson::tokenizer
