#include "runtime/tokenizer/metaspace.h"

#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

std::uint32_t position(const NormalizedText& text) {
  return static_cast<std::uint32_t>(text.text().size());
}

}  // namespace

Metaspace::Metaspace(const JsonValue& description) {
  static const std::map<std::string, Prepend, std::less<>> schemes = {
      {"always", Prepend::kAlways}, {"first", Prepend::kFirst}, {"never", Prepend::kNever}};
  description.only(
      {"type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"});
  character = description.at("replacement").character();
  splits = description.boolean("split").value_or(true);
  const auto scheme = description.find("prepend_scheme");
  if (scheme) {
    const auto found = schemes.find(scheme->text());
    if (found == schemes.end()) scheme->unsupported("is " + scheme->text());
    prepend = found->second;
  }
  if (description.boolean("add_prefix_space").value_or(true)) return;
  if (scheme && prepend != Prepend::kNever) {
    description.damaged("has an add_prefix_space that its prepend_scheme contradicts");
  }
  prepend = Prepend::kNever;
}

MetaspacePreTokenizer::MetaspacePreTokenizer(const JsonValue& description)
    : metaspace_(description) {
  append_utf8(metaspace_.character, character_);
}

void MetaspacePreTokenizer::append(const NormalizedText& text, const Word& word, Words& out) const {
  const std::string_view bytes =
      std::string_view(text.text()).substr(word.begin, word.end - word.begin);
  const bool has_it = bytes.starts_with(character_) || bytes.starts_with(' ');
  const ByteRange first = text.source(word.begin, word.begin + decode_utf8(bytes, 0).length);
  const bool prepends = metaspace_.prepend == Metaspace::Prepend::kAlways ||
                        (metaspace_.prepend == Metaspace::Prepend::kFirst && first.begin == 0);
  out.list.push_back({position(out.text), position(out.text)});
  if (!has_it && prepends) out.text.append(character_, first);
  const auto begin_word = [&] {
    if (metaspace_.splits && out.list.back().begin != position(out.text)) {
      out.list.back().end = position(out.text);
      out.list.push_back({position(out.text), position(out.text)});
    }
  };
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t end = at;  // of what has no space in it
    while (end < bytes.size() && bytes[end] != ' ' &&
           (bytes[end] != character_[0] || !bytes.substr(end).starts_with(character_))) {
      ++end;
    }
    if (end > at) out.text.append(text, word.begin + at, word.begin + end);
    at = end;
    if (at == bytes.size()) break;
    begin_word();
    const std::size_t length = bytes[at] == ' ' ? 1 : character_.size();
    out.text.append(character_, text.source(word.begin + at, word.begin + at + length));
    at += length;
  }
  out.list.back().end = position(out.text);
}

void MetaspacePreTokenizer::cut(Words& words) const {
  Words out{NormalizedText::for_appending(0), {}};
  out.text.reserve(words.text.text().size() * 3 / 2 + character_.size());
  out.list.reserve(words.text.text().size() / 4 + 1);
  for (const Word& word : words.list) {
    if (word.added == nullptr) {
      append(words.text, word, out);
      continue;
    }
    const std::uint32_t start = position(out.text);
    out.text.append(words.text, word.begin, word.end);
    out.list.push_back({start, position(out.text), word.added});
  }
  words = std::move(out);
}

}  // namespace henson::tokenizer
