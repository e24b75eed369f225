// BPE of characters: those of a word are merged, the best pair first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/merges.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/word_model.h"

namespace henson::tokenizer {

/// The merges of settings, by ids. Throws kBadArchive for tokens that the vocabulary does not have.
Merges read_merges(const Settings& settings);

class Bpe final : public WordModel {
 public:
  explicit Bpe(const Settings& settings);

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override;

 private:
  /// The characters of a word as tokens, before any merge.
  void spell(std::string_view word, std::vector<Symbol>& symbols) const;
  /// The tokens of a character's bytes; false when one is missing.
  bool spell_bytes(std::string_view character, std::vector<Symbol>& symbols) const;
  std::int32_t id_of(std::string_view token) const;

  const Vocabulary& vocabulary_;  // that of the settings, which outlive this
  Merges merges_;
  std::optional<std::string> unknown_token_;
  std::int32_t unknown_ = -1;
  bool fuses_unknown_;               // one token for unknown characters that follow each other
  std::string prefix_;               // of what is not the start of a word
  std::string suffix_;               // of what is its end
  std::vector<std::int32_t> bytes_;  // ids of <0x00> to <0xFF>, where these stand for unknown text
  bool words_before_merges_;
};

}  // namespace henson::tokenizer
