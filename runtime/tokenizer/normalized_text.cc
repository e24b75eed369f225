#include "runtime/tokenizer/normalized_text.h"

#include <algorithm>

#include "henson/error.h"

namespace henson::tokenizer {
namespace {

/// As resize(), which is slow for the few bytes of a character.
void extend(std::vector<ByteRange>& sources, std::size_t size, ByteRange source) {
  while (sources.size() < size) sources.push_back(source);
}

}  // namespace

void NormalizedText::take_sources() {
  if (!is_original_) return;
  is_original_ = false;
  sources_.resize(text_.size());
  for (std::size_t at = 0; at < text_.size();) {
    const std::uint32_t length = decode_utf8(text_, at).length;
    const auto begin = static_cast<std::uint32_t>(origin_ + at);
    for (std::size_t i = 0; i < length; ++i) sources_[at + i] = {begin, begin + length};
    at += length;
  }
}

void NormalizedText::check_size(std::size_t bytes) const {
  if (bytes <= most_) return;
  throw Error(ErrorCode::kUnsupported, "the tokenizer's normalizer makes more than " +
                                           std::to_string(most_) + " bytes of a text");
}

ByteRange NormalizedText::source(std::size_t begin, std::size_t end) const noexcept {
  if (begin >= end || end > text_.size()) return {};
  if (!is_original_) return {sources_[begin].begin, sources_[end - 1].end};
  while (begin > 0 && !starts_code_point(text_[begin])) --begin;
  while (end < text_.size() && !starts_code_point(text_[end])) ++end;
  return {static_cast<std::uint32_t>(origin_ + begin), static_cast<std::uint32_t>(origin_ + end)};
}

void NormalizedText::append_sources(std::size_t begin, std::size_t end,
                                    std::vector<ByteRange>& sources) const {
  if (!is_original_) {
    const auto first = sources_.begin();
    sources.insert(sources.end(), first + static_cast<std::ptrdiff_t>(begin),
                   first + static_cast<std::ptrdiff_t>(end));
    return;
  }
  for (std::size_t at = begin; at < end;) {
    const std::uint32_t length = decode_utf8(text_, at).length;
    const auto from = static_cast<std::uint32_t>(origin_ + at);
    extend(sources, sources.size() + length, {from, from + length});
    at += length;
  }
}

void NormalizedText::transform(std::span<const Change> changes, std::size_t removed) {
  std::string text;
  std::vector<ByteRange> sources;
  text.reserve(text_.size() + text_.size() / 2);
  sources.reserve(text_.size() + text_.size() / 2);
  std::size_t old = 0;  // how far the old text is read
  const auto skip = [&] {
    if (old < text_.size()) old += decode_utf8(text_, old).length;
  };
  for (; removed > 0; --removed) skip();
  for (const auto& [code, change] : changes) {
    if (change == Change::kKept) {
      text.append(text_, old, code);
      append_sources(old, old + code, sources);
      old += code;
      continue;
    }
    ByteRange from{origin_, origin_};
    if (change > 0 || old >= text_.size()) {
      if (old > 0) from = source(old - 1, old);
    } else {
      from = source(old, old + 1);
    }
    for (std::int32_t i = change; i <= 0; ++i) skip();
    append_utf8(code, text);
    extend(sources, text.size(), from);
  }
  check_size(text.size());
  text_ = std::move(text);
  sources_ = std::move(sources);
  is_original_ = false;
}

void NormalizedText::prepend(std::string_view prefix) {
  if (text_.empty() || prefix.empty()) return;
  check_size(text_.size() + prefix.size());
  take_sources();
  sources_.insert(sources_.begin(), prefix.size(), sources_.front());
  text_.insert(0, prefix);
}

void NormalizedText::replace(std::span<const Match> matches, std::string_view content) {
  if (std::none_of(matches.begin(), matches.end(), [](const Match& m) { return m.found; })) return;
  take_sources();
  std::string text;
  std::vector<ByteRange> sources;
  for (const Match& match : matches) {
    if (match.found) {
      text.append(content);
      check_size(text.size());
      const ByteRange start{origin_, origin_};
      sources.resize(text.size(), match.end == 0 ? start : sources_[match.end - 1]);
    } else {
      text.append(text_, match.begin, match.end - match.begin);
      sources.insert(sources.end(), sources_.begin() + static_cast<std::ptrdiff_t>(match.begin),
                     sources_.begin() + static_cast<std::ptrdiff_t>(match.end));
    }
  }
  text_ = std::move(text);
  sources_ = std::move(sources);
}

void NormalizedText::keep(std::size_t begin, std::size_t end) {
  if (begin > 0) take_sources();
  if (!is_original_) {
    sources_.resize(end);
    sources_.erase(sources_.begin(), sources_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  text_.resize(end);
  text_.erase(0, begin);
}

void NormalizedText::append(const NormalizedText& other, std::size_t begin, std::size_t end) {
  text_.append(other.text_, begin, end - begin);
  most_ = std::max(most_, other.most_);
  other.append_sources(begin, end, sources_);
}

void NormalizedText::append(std::string_view bytes, ByteRange source) {
  text_.append(bytes);
  most_ = std::max(most_, kMaxGrowth * text_.size());
  extend(sources_, text_.size(), source);
}

void NormalizedText::reserve(std::size_t bytes) {
  text_.reserve(bytes);
  sources_.reserve(bytes);
}

}  // namespace henson::tokenizer
