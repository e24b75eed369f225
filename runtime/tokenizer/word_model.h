// What makes tokens of a word.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace henson::tokenizer {

struct Settings;

/// A token of a word.
struct Token {
  std::int32_t id = 0;
  std::uint32_t begin = 0;  // bytes of the word
  std::uint32_t end = 0;
  bool is_text = false;  // it stands for what the word says there, whatever the vocabulary calls it
};

/// Immutable; may be used by many threads at once.
class WordModel {
 public:
  WordModel() = default;
  WordModel(const WordModel&) = delete;
  WordModel& operator=(const WordModel&) = delete;
  virtual ~WordModel() = default;

  /// Appends the tokens of a word: valid UTF-8, at least one byte. Throws kBadInput for what the
  /// vocabulary has no token for.
  virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
};

/// The model that settings describe. Throws kBadArchive when the vocabulary does not fit it.
std::unique_ptr<const WordModel> make_word_model(const Settings& settings);

}  // namespace henson::tokenizer
