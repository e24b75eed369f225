#include "runtime/tokenizer/tokenizer_impl.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/tokenizer/byte_level_bpe.h"
#include "runtime/tokenizer/pipeline.h"
#include "runtime/tokenizer/utf8.h"
#include "runtime/tokenizer/word_piece.h"

namespace henson {
namespace {

using tokenizer::AddedToken;
using tokenizer::AddedTokenSearch;
using tokenizer::Piece;
using tokenizer::Pieces;
using tokenizer::Settings;
using tokenizer::TokenizedText;
using PartKind = tokenizer::TemplatePart::Kind;

/// The two most common ways have a shorter one.
std::unique_ptr<const tokenizer::TokenModel> make_model(const Settings& settings) {
  tokenizer::make_normalizer(settings);  // these say what is wrong with the parts
  tokenizer::make_pre_tokenizer(settings);
  if (tokenizer::WordPiece::fits(settings)) {
    return std::make_unique<tokenizer::WordPiece>(settings);
  }
  if (tokenizer::ByteLevelBpe::fits(settings)) {
    return std::make_unique<tokenizer::ByteLevelBpe>(settings);
  }
  return std::make_unique<tokenizer::Pipeline>(settings);
}

std::unique_ptr<const tokenizer::Decoder> make_decoder(const Settings& settings) {
  if (settings.decoder.is_null()) return tokenizer::make_decoder(std::nullopt);
  return tokenizer::make_decoder(
      tokenizer::JsonValue(settings.decoder, settings.source, "decoder"));
}

AddedTokenSearch make_search(const Settings& settings) {
  std::vector<AddedToken> tokens;
  std::copy_if(settings.added.begin(), settings.added.end(), std::back_inserter(tokens),
               [](const AddedToken& token) { return !token.normalized || token.in_both; });
  return AddedTokenSearch(tokens);
}

}  // namespace

Tokenizer::Impl::Impl(Settings settings)
    : settings_(std::move(settings)), size_(settings_.vocabulary.size()), trimmer_(settings_) {
  for (std::size_t i = 0; i < settings_.added.size(); ++i) {
    const AddedToken& token = settings_.added[i];
    added_ids_[token.id] = i;
    added_texts_[token.text] = i;
    size_ = std::max(size_, static_cast<std::size_t>(token.id) + 1);
  }
  model_ = make_model(settings_);
  decoder_ = make_decoder(settings_);
  search_ = make_search(settings_);
  single_ = slots_of(settings_.single);
  pair_ = slots_of(settings_.pair);
  const auto is_text = [](const Slot& slot) { return slot.kind != PartKind::kToken; };
  std::copy_if(single_.begin(), single_.end(), std::back_inserter(plain_single_), is_text);
  std::copy_if(pair_.begin(), pair_.end(), std::back_inserter(plain_pair_), is_text);
}

std::vector<Tokenizer::Impl::Slot> Tokenizer::Impl::slots_of(
    const std::vector<tokenizer::TemplatePart>& parts) const {
  std::vector<Slot> slots;
  for (const tokenizer::TemplatePart& part : parts) {
    Slot slot{part.kind, 0, part.type_id};
    if (part.kind == PartKind::kToken) {
      const std::optional<std::int64_t> found = part.id ? part.id : id(part.token);
      if (!found) {
        throw Error(ErrorCode::kBadArchive, settings_.source + " has no token " + part.token +
                                                ", which is put around every text");
      }
      slot.id = *found;
    }
    slots.push_back(slot);
  }
  return slots;
}

const std::vector<Tokenizer::Impl::Slot>& Tokenizer::Impl::slots(bool has_pair,
                                                                 bool add_special_tokens) const {
  if (add_special_tokens) return has_pair ? pair_ : single_;
  return has_pair ? plain_pair_ : plain_single_;
}

TokenizedText Tokenizer::Impl::tokenize(std::string_view text) const {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max() / 3) {  // U+FFFD is three bytes
    throw Error(ErrorCode::kBadInput, "a text has " + std::to_string(text.size()) +
                                          " bytes; tokenize it in parts of less than 1 GiB");
  }
  if (tokenizer::is_utf8(text)) return tokenize_utf8(text);
  const tokenizer::Repaired repaired = tokenizer::repair_utf8(text);
  TokenizedText tokenized = tokenize_utf8(repaired.text);
  const auto give_origin = [&](auto& range) {
    range.begin = repaired.origins[range.begin];
    range.end = repaired.origins[range.end];
  };
  std::for_each(tokenized.pieces.begin(), tokenized.pieces.end(), give_origin);
  std::for_each(tokenized.first_offsets.begin(), tokenized.first_offsets.end(), give_origin);
  return tokenized;
}

TokenizedText Tokenizer::Impl::tokenize_utf8(std::string_view text) const {
  Pieces pieces;
  pieces.wants_spaces = trimmer_.trims() && model_->tells_spaces();
  pieces.list.reserve(text.size() / 4 + 1);
  search_.for_each_part(text, [&](std::size_t begin, std::size_t end, const AddedToken* token) {
    const auto from = static_cast<std::uint32_t>(begin);
    if (token == nullptr) {
      model_->tokenize(text.substr(begin, end - begin), from, pieces);
    } else {
      pieces.list.push_back({static_cast<std::int32_t>(token->id), from,
                             static_cast<std::uint32_t>(end), pieces.words++});
      if (pieces.wants_spaces) {
        pieces.spaces.push_back(tokenizer::spaces_of(text.substr(begin, end - begin)));
      }
    }
  });
  return trimmer_.trim(text, std::move(pieces));
}

std::size_t Tokenizer::Impl::room(const std::vector<Slot>& slots, std::size_t max_length) {
  if (max_length == 0) return std::numeric_limits<std::size_t>::max();
  const auto special = static_cast<std::size_t>(std::count_if(
      slots.begin(), slots.end(), [](const Slot& slot) { return slot.kind == PartKind::kToken; }));
  if (max_length <= special) {
    throw Error(ErrorCode::kBadInput, "a sequence of " + std::to_string(max_length) +
                                          " tokens has no room beside the " +
                                          std::to_string(special) + " special ones");
  }
  return max_length - special;
}

Encoding Tokenizer::Impl::assemble(const std::vector<Slot>& slots, PieceSpan text, PieceSpan pair) {
  const std::size_t most = text.size() + pair.size() + slots.size();
  Encoding encoding;
  encoding.ids.reserve(most);
  encoding.type_ids.reserve(most);
  encoding.offsets.reserve(most);
  encoding.special.reserve(most);
  encoding.sequences.reserve(most);
  encoding.words.reserve(most);
  for (const Slot& slot : slots) {
    const bool is_special = slot.kind == PartKind::kToken;
    const Piece token{static_cast<std::int32_t>(slot.id), 0, 0, 0};
    const PieceSpan part = is_special                     ? PieceSpan(&token, 1)
                           : slot.kind == PartKind::kText ? text
                                                          : pair;
    const std::size_t size = encoding.ids.size() + part.size();
    for (const Piece& piece : part) {
      encoding.ids.push_back(piece.id);
      encoding.offsets.push_back({piece.begin, piece.end});
      encoding.words.push_back(is_special ? -1 : static_cast<std::int32_t>(piece.word));
    }
    encoding.type_ids.resize(size, slot.type_id);
    encoding.special.resize(size, is_special ? 1 : 0);
    const int sequence = is_special ? -1 : slot.kind == PartKind::kText ? 0 : 1;
    encoding.sequences.resize(size, static_cast<std::int8_t>(sequence));
  }
  return encoding;
}

EncodeOptions Tokenizer::Impl::effective(EncodeOptions options) const {
  const tokenizer::TruncationSettings& files = settings_.truncation;
  if (options.max_length == 0 && files.max_length > 0) {
    options.max_length = files.max_length;
    options.truncation = files.strategy;
    options.stride = files.stride;
  }
  if (!options.truncation_side) options.truncation_side = settings_.truncation_side;
  return options;
}

Tokenizer::Impl::PieceSpan Tokenizer::Impl::shortened(TokenizedText& text, std::size_t length,
                                                      TruncationSide side) {
  if (side == TruncationSide::kRight) return PieceSpan(text.pieces).first(length);
  const std::size_t begin = text.pieces.size() - length;
  text.make_first(begin);
  return PieceSpan(text.pieces).subspan(begin);
}

Encoding Tokenizer::Impl::encode(std::string_view text, const std::string_view* pair,
                                 const EncodeOptions& given) const {
  const EncodeOptions options = effective(given);
  const std::vector<Slot>& parts = slots(pair != nullptr, options.add_special_tokens);
  const std::size_t space = room(parts, options.max_length);
  TokenizedText first = tokenize(text);
  TokenizedText second = pair == nullptr ? TokenizedText() : tokenize(*pair);
  tokenizer::Lengths lengths{first.pieces.size(), second.pieces.size()};
  if (pair == nullptr && options.truncation != Truncation::kOnlySecond) {
    lengths.first = std::min(lengths.first, space);
  } else {
    lengths = tokenizer::truncate(lengths, space, options.truncation);
  }
  const TruncationSide side = *options.truncation_side;
  Encoding encoding = assemble(parts, shortened(first, lengths.first, side),
                               shortened(second, lengths.second, side));
  encoding.lost = first.pieces.size() - lengths.first + second.pieces.size() - lengths.second;
  return encoding;
}

std::vector<Encoding> Tokenizer::Impl::encode_windows(std::string_view text,
                                                      const std::string_view* pair,
                                                      const EncodeOptions& given) const {
  const EncodeOptions options = effective(given);
  if (options.max_length == 0) return {encode(text, pair, options)};
  const std::vector<Slot>& parts = slots(pair != nullptr, options.add_special_tokens);
  const std::size_t space = room(parts, options.max_length);
  TokenizedText first = tokenize(text);
  TokenizedText second = pair == nullptr ? TokenizedText() : tokenize(*pair);
  const bool cuts_first = pair == nullptr || options.truncation == Truncation::kOnlyFirst;
  TokenizedText& cut = cuts_first ? first : second;
  const PieceSpan whole = cuts_first ? second.pieces : first.pieces;
  if (whole.size() >= space) {
    throw Error(ErrorCode::kBadInput,
                "the text that is whole in every window has " + std::to_string(whole.size()) +
                    " tokens, and a window has room for " + std::to_string(space));
  }
  std::vector<Encoding> encodings;
  for (auto [begin, end] :
       tokenizer::windows(cut.pieces.size(), space - whole.size(), options.stride)) {
    if (*options.truncation_side == TruncationSide::kLeft) {  // from the end to the start
      std::swap(begin, end);
      begin = cut.pieces.size() - begin;
      end = cut.pieces.size() - end;
    }
    const Piece first_piece = begin < end ? cut.pieces[begin] : Piece();
    cut.make_first(begin);
    const PieceSpan window = PieceSpan(cut.pieces).subspan(begin, end - begin);
    encodings.push_back(cuts_first ? assemble(parts, window, whole)
                                   : assemble(parts, whole, window));
    if (begin < end) cut.pieces[begin] = first_piece;
  }
  return encodings;
}

std::string Tokenizer::Impl::decode(std::span<const std::int64_t> ids,
                                    bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  for (const std::int64_t id : ids) {
    const std::optional<std::string_view> found = token(id);
    if (found && !(skip_special_tokens && is_special(*found))) tokens.emplace_back(*found);
  }
  decoder_->decode(tokens);
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

std::optional<std::string_view> Tokenizer::Impl::token(std::int64_t id) const {
  const auto found = added_ids_.find(id);
  if (found != added_ids_.end()) return settings_.added[found->second].text;
  return settings_.vocabulary.token(id);
}

std::optional<std::int64_t> Tokenizer::Impl::id(std::string_view token) const {
  const auto found = added_texts_.find(token);
  if (found != added_texts_.end()) return settings_.added[found->second].id;
  return settings_.vocabulary.id(token);
}

std::optional<std::int64_t> Tokenizer::Impl::special_id(
    const std::optional<std::string>& token) const {
  return token ? id(std::string_view(*token)) : std::nullopt;
}

bool Tokenizer::Impl::is_special(std::string_view token) const {
  const auto found = added_texts_.find(token);
  return found != added_texts_.end() && settings_.added[found->second].special;
}

bool Tokenizer::Impl::is_special(std::int64_t id) const noexcept {
  const auto found = added_ids_.find(id);
  return found != added_ids_.end() && settings_.added[found->second].special;
}

}  // namespace henson
