// The models of tokenizer.json that are made of nothing but their vocabulary, and which is which.
#include <algorithm>
#include <optional>
#include <string>

#include "henson/error.h"
#include "runtime/tokenizer/bpe.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/unigram.h"
#include "runtime/tokenizer/utf8.h"
#include "runtime/tokenizer/word_model.h"
#include "runtime/tokenizer/word_piece_vocabulary.h"

namespace henson::tokenizer {
namespace {

class WordPieceModel final : public WordModel {
 public:
  explicit WordPieceModel(const Settings& settings) : vocabulary_(settings) {}

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    const std::size_t first = tokens.size();
    const auto add = [&](std::int32_t id, std::size_t begin, std::size_t end) {
      tokens.push_back({id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    };
    const auto length = std::count_if(word.begin(), word.end(), starts_code_point);
    const bool is_short = static_cast<std::size_t>(length) <= vocabulary_.max_word_length();
    if (is_short && vocabulary_.cut(word, add)) return;
    tokens.resize(first);
    add(vocabulary_.unknown(), 0, word.size());
  }

 private:
  WordPieceVocabulary vocabulary_;
};

/// A word is a token.
class WordLevel final : public WordModel {
 public:
  explicit WordLevel(const Settings& settings)
      : vocabulary_(settings.vocabulary),
        unknown_token_(settings.unknown_token.value_or("<unk>")),
        unknown_(vocabulary_.id(unknown_token_)) {}

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    const auto known = vocabulary_.id(word);
    if (!known && !unknown_) {
      throw Error(ErrorCode::kBadInput, "the tokenizer has no token for the word \"" +
                                            std::string(word) + "\", nor its unknown token \"" +
                                            unknown_token_ + "\"");
    }
    tokens.push_back({static_cast<std::int32_t>(known ? *known : *unknown_), 0,
                      static_cast<std::uint32_t>(word.size())});
  }

 private:
  const Vocabulary& vocabulary_;  // that of the settings, which outlive this
  std::string unknown_token_;
  std::optional<std::int64_t> unknown_;
};

}  // namespace

std::unique_ptr<const WordModel> make_word_model(const Settings& settings) {
  switch (settings.kind) {
    case Settings::Kind::kWordPiece:
      return std::make_unique<WordPieceModel>(settings);
    case Settings::Kind::kBpe:
      return std::make_unique<Bpe>(settings);
    case Settings::Kind::kUnigram:
      return std::make_unique<Unigram>(settings);
    case Settings::Kind::kWordLevel:
      break;
  }
  return std::make_unique<WordLevel>(settings);
}

}  // namespace henson::tokenizer
