#include "runtime/tokenizer/byte_level_pre_tokenizer.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/byte_level_words.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

std::string_view spelling(char byte) {
  static const std::array<std::string, 256> spellings = [] {
    std::array<std::string, 256> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      append_utf8(character_of_byte(static_cast<unsigned char>(i)), made[i]);
    }
    return made;
  }();
  return spellings[static_cast<unsigned char>(byte)];
}

std::uint32_t position(const NormalizedText& text) {
  return static_cast<std::uint32_t>(text.text().size());
}

/// Appends bytes [begin, end) of `text` to `out`, spelled.
void append_spelled(const NormalizedText& text, std::size_t begin, std::size_t end,
                    NormalizedText& out) {
  for (std::size_t at = begin; at < end;) {
    const std::uint32_t length = decode_utf8(text.text(), at).length;
    const ByteRange source = text.source(at, at + length);
    for (std::size_t i = 0; i < length; ++i) out.append(spelling(text.text()[at + i]), source);
    at += length;
  }
}

}  // namespace

ByteLevelPreTokenizer::ByteLevelPreTokenizer(const JsonValue& description)
    : adds_space_(description.at("add_prefix_space").boolean()),
      uses_pattern_(description.boolean("use_regex").value_or(true)) {
  description.only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
  description.at("trim_offsets").boolean();  // of the post-processor alone
}

void ByteLevelPreTokenizer::cut(Words& words) const {
  Words spelled{NormalizedText::for_appending(0), {}};
  spelled.text.reserve(words.text.text().size() * 3 / 2);
  std::string with_space;
  for (const Word& word : words.list) {
    const std::uint32_t start = position(spelled.text);
    if (word.added != nullptr) {
      spelled.text.append(words.text, word.begin, word.end);
      spelled.list.push_back({start, position(spelled.text), word.added});
      continue;
    }
    std::string_view text =
        std::string_view(words.text.text()).substr(word.begin, word.end - word.begin);
    const bool has_space = adds_space_ && !text.starts_with(' ');
    if (has_space) text = with_space.assign(" ").append(text);
    std::size_t done = 0;  // of `text`
    const auto add = [&](std::size_t length) {
      const std::uint32_t from = position(spelled.text);
      std::size_t begin = done;
      if (has_space && begin == 0 && length > 0) {
        // As if it had been part of the first character.
        const std::uint32_t first = decode_utf8(words.text.text(), word.begin).length;
        spelled.text.append(spelling(' '), words.text.source(word.begin, word.begin + first));
        begin = 1;
      }
      const std::size_t shift = has_space ? word.begin - std::size_t{1} : word.begin;
      append_spelled(words.text, shift + begin, shift + done + length, spelled.text);
      spelled.list.push_back({from, position(spelled.text)});
      done += length;
    };
    if (!uses_pattern_) {
      add(text.size());
    } else {
      for (ByteLevelWords parts(text); !parts.at_end();) add(parts.next().size());
    }
  }
  words = std::move(spelled);
}

}  // namespace henson::tokenizer
