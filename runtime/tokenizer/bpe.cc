#include "runtime/tokenizer/bpe.h"

#include <algorithm>

#include "henson/error.h"
#include "runtime/tokenizer/byte_tokens.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

std::int32_t merged_id(const Settings& settings, const std::string& token) {
  const std::optional<std::int64_t> id = settings.vocabulary.id(token);
  if (!id) {
    throw Error(ErrorCode::kBadArchive, settings.source + ": a merge needs the token \"" + token +
                                            "\", which the vocabulary does not have");
  }
  return static_cast<std::int32_t>(*id);
}

}  // namespace

Merges read_merges(const Settings& settings) {
  const std::size_t prefix = settings.subword_prefix.size();
  Merges merges;
  for (const auto& [left, right] : settings.merges) {
    if (right.size() < prefix) {
      throw Error(ErrorCode::kBadArchive,
                  settings.source + ": a merge has the token \"" + right + "\" without its prefix");
    }
    merges.add(merged_id(settings, left), merged_id(settings, right),
               merged_id(settings, left + right.substr(prefix)));
  }
  return merges;
}

Bpe::Bpe(const Settings& settings)
    : vocabulary_(settings.vocabulary),
      merges_(read_merges(settings)),
      unknown_token_(settings.unknown_token),
      fuses_unknown_(settings.fuse_unknown),
      prefix_(settings.subword_prefix),
      suffix_(settings.word_suffix),
      words_before_merges_(settings.words_before_merges) {
  if (settings.byte_fallback) bytes_ = byte_tokens(settings.vocabulary);
  if (unknown_token_) unknown_ = id_of(*unknown_token_);
}

std::int32_t Bpe::id_of(std::string_view token) const {
  const auto id = vocabulary_.id(token);
  return id ? static_cast<std::int32_t>(*id) : -1;
}

bool Bpe::spell_bytes(std::string_view character, std::vector<Symbol>& symbols) const {
  if (bytes_.empty()) return false;
  const auto id = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  if (std::any_of(character.begin(), character.end(), [&](char byte) { return id(byte) < 0; })) {
    return false;
  }
  for (const char byte : character) symbols.push_back({id(byte), 1});
  return true;
}

void Bpe::spell(std::string_view word, std::vector<Symbol>& symbols) const {
  std::uint32_t unknown_length = 0;  // of an unknown token that is to come
  const auto add_unknown = [&] {
    if (unknown_length > 0) symbols.push_back({unknown_, unknown_length});
    unknown_length = 0;
  };
  std::string spelled;
  for (std::size_t at = 0; at < word.size();) {
    const std::uint32_t length = decode_utf8(word, at).length;
    std::string_view character = word.substr(at, length);
    const bool has_prefix = at > 0 && !prefix_.empty();
    at += length;
    if (has_prefix || (at == word.size() && !suffix_.empty())) {
      spelled.assign(has_prefix ? prefix_ : std::string()).append(character);
      if (at == word.size()) spelled += suffix_;
      character = spelled;
    }
    if (const std::int32_t id = id_of(character); id >= 0) {
      add_unknown();
      symbols.push_back({id, length});
    } else if (!spell_bytes(character, symbols) && unknown_token_) {
      if (unknown_ < 0) {
        throw Error(ErrorCode::kBadInput,
                    "the tokenizer has no token for \"" + std::string(character) +
                        "\", nor its unknown token \"" + *unknown_token_ + "\"");
      }
      if (!fuses_unknown_) add_unknown();
      unknown_length += length;
    }
  }
  add_unknown();
}

void Bpe::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  if (words_before_merges_) {
    if (const std::int32_t id = id_of(word); id >= 0) {
      tokens.push_back({id, 0, static_cast<std::uint32_t>(word.size())});
      return;
    }
  }
  thread_local std::vector<Symbol> symbols;
  symbols.clear();
  spell(word, symbols);
  merges_.apply(symbols);
  std::uint32_t at = 0;
  for (const Symbol& symbol : symbols) {
    tokens.push_back({symbol.id, at, at + symbol.length});
    at += symbol.length;
  }
}

}  // namespace henson::tokenizer
