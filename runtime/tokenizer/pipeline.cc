#include "runtime/tokenizer/pipeline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/trim_offsets.h"

namespace henson::tokenizer {
namespace {

std::optional<JsonValue> part(const nlohmann::json& json, const Settings& settings,
                              const char* name) {
  if (json.is_null()) return std::nullopt;
  return JsonValue(json, settings.source, name);
}

std::vector<AddedToken> normalized_tokens(const Settings& settings, const Normalizer& normalizer) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : settings.added) {
    if (!token.normalized) continue;
    tokens.push_back(token);
    NormalizedText text(token.text, 0);
    normalizer.normalize(text);
    tokens.back().text = text.text();
  }
  return tokens;
}

}  // namespace

std::unique_ptr<const Normalizer> make_normalizer(const Settings& settings) {
  return make_normalizer(part(settings.normalizer, settings, "normalizer"));
}

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const Settings& settings) {
  return make_pre_tokenizer(part(settings.pre_tokenizer, settings, "pre_tokenizer"));
}

Pipeline::Pipeline(const Settings& settings)
    : settings_(settings),
      normalizer_(make_normalizer(settings)),
      search_(normalized_tokens(settings, *normalizer_)),
      pre_tokenizer_(make_pre_tokenizer(settings)),
      model_(make_word_model(settings)) {}

Words Pipeline::find_added(NormalizedText text) const {
  Words words{std::move(text), {}};
  search_.for_each_part(
      words.text.text(), [&](std::size_t begin, std::size_t end, const AddedToken* token) {
        words.list.push_back(
            {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), token});
      });
  return words;
}

void Pipeline::tokenize(std::string_view text, std::uint32_t origin, Pieces& pieces) const {
  NormalizedText normalized(text, origin);
  normalizer_->normalize(normalized);
  Words words = find_added(std::move(normalized));
  pre_tokenizer_->cut(words);
  const std::string_view bytes = words.text.text();
  constexpr std::size_t kExpected = 2;        // tokens of a word
  constexpr std::size_t kLongList = 1 << 14;  // is not kept for the next text
  thread_local std::vector<Token> tokens;
  if (tokens.capacity() > kLongList) tokens = {};
  pieces.list.reserve(pieces.list.size() + kExpected * words.list.size());
  for (const Word& word : words.list) {
    const std::string_view spelling = bytes.substr(word.begin, word.end - word.begin);
    tokens.clear();
    if (word.added != nullptr) {
      const auto id = static_cast<std::int32_t>(word.added->id);
      tokens.push_back({id, 0, word.end - word.begin, true});
    } else {
      model_->tokenize(spelling, tokens);
    }
    for (const Token& token : tokens) {
      // Where bytes stand for a suffix, tokens may reach beyond their word.
      const std::uint32_t end = std::min(word.begin + token.end, word.end);
      const ByteRange source = words.text.source(std::min(word.begin + token.begin, end - 1), end);
      pieces.list.push_back({token.id, source.begin, source.end, pieces.words});
      if (!pieces.wants_spaces) continue;
      const auto name = settings_.vocabulary.token(token.id);
      const bool is_text = token.is_text || !name;
      pieces.spaces.push_back(
          spaces_of(is_text ? spelling.substr(token.begin, token.end - token.begin) : *name));
    }
    ++pieces.words;
  }
}

}  // namespace henson::tokenizer
