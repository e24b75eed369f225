// What a Tokenizer shares with its copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "henson/tokenizer.h"
#include "runtime/tokenizer/added_token_search.h"
#include "runtime/tokenizer/decoder.h"
#include "runtime/tokenizer/model.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/trim_offsets.h"
#include "runtime/tokenizer/truncation.h"

namespace henson {

class HENSON_HIDDEN Tokenizer::Impl {
 public:
  explicit Impl(tokenizer::Settings settings);

  Encoding encode(std::string_view text, const std::string_view* pair,
                  const EncodeOptions& options) const;
  std::vector<Encoding> encode_windows(std::string_view text, const std::string_view* pair,
                                       const EncodeOptions& options) const;
  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const;

  std::optional<std::string_view> token(std::int64_t id) const;
  std::optional<std::int64_t> id(std::string_view token) const;
  std::optional<std::int64_t> special_id(const std::optional<std::string>& token) const;
  bool is_special(std::int64_t id) const noexcept;
  bool is_special(std::string_view token) const;
  std::size_t vocabulary_size() const noexcept { return size_; }
  const tokenizer::Settings& settings() const noexcept { return settings_; }

 private:
  using PieceSpan = std::span<const tokenizer::Piece>;

  /// A part of a template with its token looked up.
  struct Slot {
    tokenizer::TemplatePart::Kind kind = tokenizer::TemplatePart::Kind::kText;
    std::int64_t id = 0;
    std::int64_t type_id = 0;
  };

  std::vector<Slot> slots_of(const std::vector<tokenizer::TemplatePart>& parts) const;
  const std::vector<Slot>& slots(bool has_pair, bool add_special_tokens) const;
  /// The tokens of a text, with offsets in it as it was given.
  tokenizer::TokenizedText tokenize(std::string_view text) const;
  tokenizer::TokenizedText tokenize_utf8(std::string_view text) const;
  /// With what the files say where the caller says nothing.
  EncodeOptions effective(EncodeOptions options) const;
  /// `length` tokens of a text: those at its start, or at its end.
  static PieceSpan shortened(tokenizer::TokenizedText& text, std::size_t length,
                             TruncationSide side);
  /// How many tokens of the texts max_length leaves room for.
  static std::size_t room(const std::vector<Slot>& slots, std::size_t max_length);
  static Encoding assemble(const std::vector<Slot>& slots, PieceSpan text, PieceSpan pair);

  tokenizer::Settings settings_;
  std::unordered_map<std::int64_t, std::size_t> added_ids_;  // to indices in settings_.added
  std::unordered_map<std::string_view, std::size_t> added_texts_;
  std::size_t size_ = 0;
  std::unique_ptr<const tokenizer::TokenModel> model_;
  std::unique_ptr<const tokenizer::Decoder> decoder_;
  tokenizer::OffsetTrimmer trimmer_;
  tokenizer::AddedTokenSearch search_;  // added tokens that are looked for in the text as given
  std::vector<Slot> single_, pair_, plain_single_, plain_pair_;
};

}  // namespace henson
