#include "runtime/tasks/tag_scheme.h"
#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

using tasks::ScoredToken;

LabelScore best_label(std::span<const double> scores, std::span<const std::string> labels) {
  const std::size_t best = tasks::largest(scores);
  return {best, tasks::label_of(labels, best), scores[best]};
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Which tokens go on with the word of the one before, as transformers' pipeline finds it.
class Subwords {
 public:
  Subwords(const Tokenizer& tokenizer, std::string_view text)
      : tokenizer_(tokenizer), text_(text), marked_(marks_subwords(tokenizer)) {}

  bool operator()(const ScoredToken& token) const {
    if (token.id == tokenizer_.unk_id()) return false;
    const auto [begin, end] = token.range;
    if (marked_) {  // "##eer" is longer than the text that it stands for
      return characters_of(tokenizer_.token(token.id).value_or("")) !=
             characters_of(text_.substr(begin, end - begin));
    }
    const auto is_space = [&](std::size_t at) { return at < text_.size() && text_[at] == ' '; };
    return begin > 0 && !is_space(begin - 1) && !is_space(begin);
  }

 private:
  /// Whether the vocabulary is WordPiece's: a good part of it goes on with words.
  static bool marks_subwords(const Tokenizer& tokenizer) {
    constexpr std::size_t kShare = 200;  // byte-level BPE has a few tokens of number signs
    std::size_t marked = 0;
    const std::size_t size = tokenizer.vocabulary_size();
    for (std::size_t id = 0; id < size; ++id) {
      const auto token = tokenizer.token(static_cast<std::int64_t>(id));
      marked += token && token->size() > 2 && token->starts_with("##") && (*token)[2] != '#';
    }
    return marked * kShare > size;
  }

  const Tokenizer& tokenizer_;
  std::string_view text_;
  bool marked_;
};

/// Tokens of one word: its label.
LabelScore label_of_word(std::span<const ScoredToken> word, Aggregation aggregation,
                         std::span<const std::string> labels) {
  if (aggregation == Aggregation::kMax) {
    const auto most = [](const ScoredToken& token) {
      return token.probabilities[tasks::largest(std::span<const double>(token.probabilities))];
    };
    const auto best = std::max_element(
        word.begin(), word.end(),
        [&](const ScoredToken& a, const ScoredToken& b) { return most(a) < most(b); });
    return best_label(best->probabilities, labels);
  }
  std::vector<double> scores = word.front().probabilities;
  if (aggregation == Aggregation::kAverage) {
    for (const ScoredToken& token : word.subspan(1)) {
      for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += token.probabilities[i];
    }
    for (double& score : scores) score /= static_cast<double>(word.size());
  }
  return best_label(scores, labels);
}

/// Entities whose ranges count tokens, as those of the text.
std::vector<Entity> in_text(std::vector<Entity> entities, std::span<const ScoredToken> tokens) {
  for (Entity& entity : entities) {
    entity.first_token = entity.range.begin;
    entity.end_token = entity.range.end;
    entity.range = {tokens[entity.first_token].range.begin, tokens[entity.end_token - 1].range.end};
  }
  return entities;
}

}  // namespace

std::size_t TextModel::Impl::token_output(std::span<const std::string>& labels) const {
  const std::size_t output = heads.token_scores();
  labels = labels_for(labels, static_cast<std::size_t>(heads[output].shape.back()));
  return output;
}

std::vector<TaggedWord> TextModel::tag(std::string_view text, std::span<const std::string> labels) {
  const std::size_t output = impl().token_output(labels);
  std::vector<TaggedWord> words;
  std::int32_t number = -1;
  for (const ScoredToken& token : impl().score_tokens(text, output)) {
    if (token.word == number && !words.empty()) {  // a later token of the word
      words.back().range.end = token.range.end;
      continue;
    }
    number = token.word;
    words.push_back({token.range, best_label(token.probabilities, labels)});
  }
  return words;
}

std::vector<Entity> TextModel::entities(std::string_view text, Aggregation aggregation,
                                        std::span<const std::string> labels) {
  const std::size_t output = impl().token_output(labels);
  const std::vector<ScoredToken> tokens = impl().score_tokens(text, output);
  const Subwords is_subword(impl().tokenizer, text);
  const bool by_word = aggregation != Aggregation::kNone && aggregation != Aggregation::kSimple;
  tasks::EntityJoiner joiner(labels);
  std::vector<Entity> alone;
  for (std::size_t begin = 0, end = 0; begin < tokens.size(); begin = end) {
    end = begin + 1;
    while (by_word && end < tokens.size() && is_subword(tokens[end])) ++end;
    const LabelScore label =
        label_of_word(std::span(tokens).subspan(begin, end - begin), aggregation, labels);
    const ByteRange places{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    joiner.add(places, label.label, label.score);
    if (label.label != "O") alone.push_back({places, label.label, label.score});
  }
  return in_text(aggregation == Aggregation::kNone ? std::move(alone) : joiner.take(), tokens);
}

std::vector<std::string> TextModel::labels() const {
  const auto& stated = impl().folder.labels;
  return stated ? stated->value : std::vector<std::string>();
}

std::vector<Entity> join_entities(std::span<const TaggedWord> words,
                                  std::span<const std::string> labels) {
  std::vector<std::string> own;
  for (const TaggedWord& word : words) own.push_back(word.label.label);
  tasks::EntityJoiner joiner(labels.empty() ? std::span<const std::string>(own) : labels);
  for (const TaggedWord& word : words) joiner.add(word.range, word.label.label, word.label.score);
  return joiner.take();
}

}  // namespace henson
