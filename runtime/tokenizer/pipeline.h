// The way of tokenizer.json from a text to its tokens: normalizer, added tokens that are looked for
// in the normalized text, pre-tokenizer, model.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/added_token_search.h"
#include "runtime/tokenizer/model.h"
#include "runtime/tokenizer/normalizer.h"
#include "runtime/tokenizer/pre_tokenizer.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/word_model.h"

namespace henson::tokenizer {

std::unique_ptr<const Normalizer> make_normalizer(const Settings& settings);
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const Settings& settings);

class Pipeline final : public TokenModel {
 public:
  /// `settings` outlive this.
  explicit Pipeline(const Settings& settings);

  void tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const override;
  bool tells_spaces() const noexcept override { return true; }

 private:
  Words find_added(NormalizedText text) const;

  const Settings& settings_;
  std::unique_ptr<const Normalizer> normalizer_;
  AddedTokenSearch search_;
  std::unique_ptr<const PreTokenizer> pre_tokenizer_;
  std::unique_ptr<const WordModel> model_;
};

}  // namespace henson::tokenizer
