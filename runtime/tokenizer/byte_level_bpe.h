// Byte-level BPE, the model of RoBERTa and GPT-2: words by GPT-2's pattern, their bytes merged.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/added_token_search.h"
#include "runtime/tokenizer/merges.h"
#include "runtime/tokenizer/model.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/short_words.h"

namespace henson::tokenizer {

class ByteLevelBpe final : public TokenModel {
 public:
  /// Whether this is what settings describe.
  static bool fits(const Settings& settings);

  /// Throws kBadArchive for merges of tokens that the vocabulary does not have, and when it lacks
  /// bytes as well as the token for these.
  explicit ByteLevelBpe(const Settings& settings);

  /// Offsets are of whole characters: tokens that share one share its offsets. They include spaces.
  void tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const override;

 private:
  struct Segment;  // what tokenize works on

  void add_bytes(const Settings& settings);
  void add_words(const Vocabulary& vocabulary);
  void add_long_words(const Vocabulary& vocabulary);
  /// A text without added tokens.
  void tokenize_plain(std::string_view text, std::uint32_t origin, Pieces& pieces) const;
  void tokenize_words(const Segment& segment, Pieces& pieces) const;
  /// The tokens of one word. Bytes that the vocabulary lacks are the unknown token, or nothing.
  void split(std::string_view word, std::vector<Symbol>& symbols) const;

  static constexpr std::int32_t kNone = -1;

  std::array<std::int32_t, 256> bytes_{};  // ids, kNone where the vocabulary has none
  std::int32_t unknown_ = kNone;
  bool fuse_unknown_ = false;  // bytes without a token that follow each other are one
  bool add_prefix_space_ = false;
  AddedTokenSearch added_;  // those that others which are looked for earlier leave
  Merges merges_;
  ShortWords words_;  // those which `split` makes one token of
  Vocabulary long_words_;
};

}  // namespace henson::tokenizer
