#include "runtime/tokenizer/byte_level_bpe.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "henson/error.h"
#include "henson/tokenizer.h"
#include "runtime/tokenizer/bpe.h"
#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/byte_level_words.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

/// There is no normalizer, but these come after the others all the same.
std::vector<AddedToken> normalized_tokens(const Settings& settings) {
  std::vector<AddedToken> tokens;
  std::copy_if(settings.added.begin(), settings.added.end(), std::back_inserter(tokens),
               [](const AddedToken& token) { return token.normalized; });
  return tokens;
}

}  // namespace

/// What lies between two added tokens, with the space before it that add_prefix_space asks for.
struct ByteLevelBpe::Segment {
  std::string_view text;
  std::uint32_t origin = 0;
  bool has_prefix = false;

  /// Where bytes [begin, end) of `text` are from: all of each character that they are part of. The
  /// space in front is from the first character, as if that had been replaced by both.
  ByteRange source(std::size_t begin, std::size_t end) const noexcept {
    if (has_prefix) {
      begin = std::max<std::size_t>(begin, 1);
      end = std::max<std::size_t>(end, 2);
    }
    while (begin < text.size() && !starts_code_point(text[begin])) --begin;
    while (end < text.size() && !starts_code_point(text[end])) ++end;
    const std::size_t shift = has_prefix ? 1 : 0;
    return {static_cast<std::uint32_t>(origin + begin - shift),
            static_cast<std::uint32_t>(origin + end - shift)};
  }
};

bool ByteLevelBpe::fits(const Settings& settings) {
  const nlohmann::json* const words = part_of_type(settings.pre_tokenizer, "ByteLevel");
  return settings.kind == Settings::Kind::kBpe && settings.normalizer.is_null() &&
         words != nullptr && words->value("use_regex", true) && !settings.byte_fallback &&
         settings.subword_prefix.empty() && settings.word_suffix.empty();
}

ByteLevelBpe::ByteLevelBpe(const Settings& settings)
    : fuse_unknown_(settings.fuse_unknown),
      add_prefix_space_(settings.pre_tokenizer.value("add_prefix_space", true)),
      added_(normalized_tokens(settings)),
      merges_(read_merges(settings)) {
  add_bytes(settings);
  if (settings.words_before_merges) add_long_words(settings.vocabulary);
  add_words(settings.vocabulary);
}

void ByteLevelBpe::add_bytes(const Settings& settings) {
  bool is_complete = true;
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    const char character = static_cast<char>(byte);
    const auto id = settings.vocabulary.id(bytes_to_token({&character, 1}));
    bytes_[byte] = id ? static_cast<std::int32_t>(*id) : kNone;
    is_complete = is_complete && id;
  }
  if (is_complete || !settings.unknown_token) return;
  const auto id = settings.vocabulary.id(*settings.unknown_token);
  if (!id) {
    throw Error(ErrorCode::kBadArchive, settings.source +
                                            ": the vocabulary has neither all bytes"
                                            " nor the unknown token \"" +
                                            *settings.unknown_token + "\"");
  }
  unknown_ = static_cast<std::int32_t>(*id);
}

void ByteLevelBpe::add_words(const Vocabulary& vocabulary) {
  std::vector<Symbol> symbols;
  vocabulary.for_each([&](std::string_view token, std::int64_t id) {
    const auto bytes = token_to_bytes(token);
    if (!bytes || bytes->empty() || bytes->size() > ShortWords::kMaxLength) return;
    split(*bytes, symbols);
    const bool is_whole = symbols.size() == 1 && symbols[0].length == bytes->size();
    if (is_whole && symbols[0].id == id) words_.add(*bytes, symbols[0].id);
  });
}

void ByteLevelBpe::add_long_words(const Vocabulary& vocabulary) {
  vocabulary.for_each([&](std::string_view token, std::int64_t id) {
    if (const auto bytes = token_to_bytes(token)) long_words_.add(*bytes, id);
  });
}

void ByteLevelBpe::split(std::string_view word, std::vector<Symbol>& symbols) const {
  symbols.clear();
  if (const auto id = long_words_.id(word)) {
    symbols.push_back({static_cast<std::int32_t>(*id), static_cast<std::uint32_t>(word.size())});
    return;
  }
  bool after_unknown = false;
  for (const char byte : word) {
    const std::int32_t id = bytes_[static_cast<unsigned char>(byte)];
    if (id != kNone) {
      symbols.push_back({id, 1});
    } else if (unknown_ != kNone) {
      if (after_unknown && fuse_unknown_) {
        ++symbols.back().length;
      } else {
        symbols.push_back({unknown_, 1});
      }
    }
    after_unknown = id == kNone;
  }
  merges_.apply(symbols);
}

void ByteLevelBpe::tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const {
  added_.for_each_part(text, [&](std::size_t begin, std::size_t end, const AddedToken* token) {
    const auto from = static_cast<std::uint32_t>(origin + begin);
    if (token == nullptr) {
      tokenize_plain(text.substr(begin, end - begin), from, pieces);
    } else {
      const auto to = static_cast<std::uint32_t>(origin + end);
      pieces.list.push_back({static_cast<std::int32_t>(token->id), from, to, pieces.words++});
    }
  });
}

void ByteLevelBpe::tokenize_plain(std::string_view text, std::uint32_t origin,
                                  Pieces& pieces) const {
  if (text.empty()) return;
  if (!add_prefix_space_ || text.front() == ' ') {
    tokenize_words({text, origin, false}, pieces);
    return;
  }
  std::string prefixed;
  prefixed.reserve(text.size() + 1);
  prefixed.append(" ").append(text);
  tokenize_words({prefixed, origin, true}, pieces);
}

void ByteLevelBpe::tokenize_words(const Segment& segment, Pieces& pieces) const {
  std::vector<Symbol> symbols;
  const auto add = [&](std::int32_t id, std::size_t begin, std::size_t end) {
    const ByteRange source = segment.source(begin, end);
    pieces.list.push_back({id, source.begin, source.end, pieces.words});
  };
  std::size_t begin = 0;
  for (ByteLevelWords words(segment.text); !words.at_end(); ++pieces.words) {
    const std::string_view word = words.next();
    const std::size_t end = begin + word.size();
    const std::int32_t whole = words_.find(segment.text.substr(begin), word.size());
    if (whole != kNone) {
      add(whole, begin, end);
    } else {
      split(word, symbols);
      for (std::size_t at = begin; const Symbol& symbol : symbols) {
        add(symbol.id, at, at + symbol.length);
        at += symbol.length;
      }
    }
    begin = end;
  }
}

}  // namespace henson::tokenizer
