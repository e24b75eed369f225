#include "runtime/tokenizer/trim_offsets.h"

#include <cstddef>
#include <utility>

#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

bool is_space(char32_t code) noexcept {
  return code == character_of_byte(' ') || Unicode::table().is(CodePointSet::kWhite, code);
}

std::uint32_t leading_spaces(std::string_view token) noexcept {
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < token.size(); ++count) {
    const Decoded character = decode_utf8(token, at);
    if (!is_space(character.code)) break;
    at += character.length;
  }
  return count;
}

/// The start of the character that ends at `end`, above 0.
std::size_t character_before(std::string_view text, std::size_t end) noexcept {
  do --end;
  while (end > 0 && !starts_code_point(text[end]));
  return end;
}

std::uint32_t trailing_spaces(std::string_view token) noexcept {
  std::uint32_t count = 0;
  for (std::size_t end = token.size(); end > 0; ++count) {
    end = character_before(token, end);
    if (!is_space(decode_utf8(token, end).code)) break;
  }
  return count;
}

}  // namespace

Spaces spaces_of(std::string_view token) noexcept {
  return {leading_spaces(token), trailing_spaces(token)};
}

ByteRange trim_offsets(std::string_view text, ByteRange range, Spaces spaces,
                       bool keeps_prefix) noexcept {
  if (keeps_prefix && spaces.leading == 1) spaces.leading = 0;
  std::size_t begin = range.begin;
  std::size_t end = range.end;
  for (; spaces.leading > 0 && begin < end; --spaces.leading) {
    begin += decode_utf8(text, begin).length;
  }
  for (; spaces.trailing > 0 && end > begin; --spaces.trailing) end = character_before(text, end);
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

OffsetTrimmer::OffsetTrimmer(const Settings& settings)
    : trims_(settings.trim_offsets), keeps_prefix_(settings.trim_keeps_prefix) {
  if (!trims_) return;
  spaces_.resize(settings.vocabulary.size());
  is_added_.resize(settings.vocabulary.size());
  settings.vocabulary.for_each([&](std::string_view token, std::int64_t id) {
    spaces_[static_cast<std::size_t>(id)] = tokenizer::spaces_of(token);
  });
  for (const AddedToken& token : settings.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (id < is_added_.size()) is_added_[id] = true;
  }
}

Spaces OffsetTrimmer::spaces_of(std::string_view text, const Piece& piece) const noexcept {
  const auto id = static_cast<std::size_t>(piece.id);
  if (id < spaces_.size() && !is_added_[id]) return spaces_[id];
  return tokenizer::spaces_of(text.substr(piece.begin, piece.end - piece.begin));
}

TokenizedText OffsetTrimmer::trim(std::string_view text, Pieces pieces) const {
  TokenizedText result{std::move(pieces.list), {}};
  if (!trims_) return result;
  if (keeps_prefix_) result.first_offsets.reserve(result.pieces.size());
  for (Piece& piece : result.pieces) {
    const ByteRange whole{piece.begin, piece.end};
    const auto index = static_cast<std::size_t>(&piece - result.pieces.data());
    const Spaces spaces =
        index < pieces.spaces.size() ? pieces.spaces[index] : spaces_of(text, piece);
    const bool is_first = index == 0 || whole.begin == 0;
    const ByteRange range = trim_offsets(text, whole, spaces, keeps_prefix_ && is_first);
    piece.begin = range.begin;
    piece.end = range.end;
    if (keeps_prefix_) result.first_offsets.push_back(trim_offsets(text, whole, spaces, true));
  }
  return result;
}

}  // namespace henson::tokenizer
