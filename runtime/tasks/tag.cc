#include <cmath>
#include <map>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

// A quarter of a window stands in the next one again.
constexpr std::size_t kStrideShare = 4;

struct Word {
  TaggedWord tagged;
  std::size_t margin = 0;  // tokens between its first one and the nearest end of the window
};

/// By number.
using Words = std::map<std::int32_t, Word>;

/// Distance of token i from the ends of its window behind which the text goes on.
std::size_t margin_of(std::size_t i, std::size_t tokens, bool is_first, bool is_last) {
  const std::size_t before = is_first ? tokens : i;
  const std::size_t after = is_last ? tokens : tokens - 1 - i;
  return std::min(before, after);
}

LabelScore best_label(std::span<const float> scores, OutputMaker maker,
                      std::span<const std::string> labels) {
  const std::size_t best = tasks::largest(scores);
  double score = scores[best];
  if (maker == OutputMaker::kLogSoftmax) score = std::exp(score);
  if (maker == OutputMaker::kLinear) score = tasks::softmax(scores)[best];
  return {best, tasks::label_of(labels, best), score};
}

/// Sets what a window says of a word's first token, unless another window has more text around it.
void add_word(Words& words, std::int32_t number, TaggedWord tagged, std::size_t margin) {
  const auto [known, is_new] = words.try_emplace(number, Word{tagged, margin});
  if (is_new) return;
  ByteRange& range = known->second.tagged.range;
  range = {std::min(range.begin, tagged.range.begin), std::max(range.end, tagged.range.end)};
  if (margin <= known->second.margin) return;
  known->second.tagged.label = std::move(tagged.label);
  known->second.margin = margin;
}

bool is_word_token(const Encoding& encoding, std::size_t i) { return encoding.sequences[i] == 0; }

}  // namespace

std::vector<TaggedWord> TextModel::tag(std::string_view text, std::span<const std::string> labels) {
  const std::size_t output = impl().heads.token_scores();
  const tasks::OutputFacts& facts = impl().heads[output];
  labels = impl().labels_for(labels, static_cast<std::size_t>(facts.shape.back()));
  EncodeOptions options = impl().truncating();
  options.stride = impl().max_length / kStrideShare;
  const std::vector<Encoding> windows = impl().tokenizer.encode_windows(text, options);
  Words words;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const Encoding& window = windows[w];
    const std::vector<float> scores = tasks::floats_of(impl().run(window)[output]);
    const std::size_t size = scores.size() / window.size();
    std::int32_t number = -1;
    for (std::size_t i = 0; i < window.size(); ++i) {
      if (!is_word_token(window, i)) continue;
      if (window.words[i] == number) {  // a later token of the word
        add_word(words, number, {window.offsets[i], {}}, 0);
        continue;
      }
      number = window.words[i];
      const auto of_token = std::span(scores).subspan(i * size, size);
      add_word(words, number, {window.offsets[i], best_label(of_token, facts.maker, labels)},
               margin_of(i, window.size(), w == 0, w + 1 == windows.size()));
    }
  }
  std::vector<TaggedWord> tagged;
  for (auto& [number, word] : words) tagged.push_back(std::move(word.tagged));
  return tagged;
}

std::vector<Entity> join_entities(std::span<const TaggedWord> words) {
  std::vector<Entity> entities;
  std::size_t members = 0;  // words of the last entity; 0 when the last word is in none
  for (const TaggedWord& word : words) {
    std::string_view label = word.label.label;
    const bool begins = label.starts_with("B-");
    if (begins || label.starts_with("I-")) label.remove_prefix(2);
    if (label == "O") {
      members = 0;
      continue;
    }
    if (members == 0 || begins || entities.back().label != label) {
      entities.push_back({word.range, std::string(label), word.label.score});
      members = 1;
      continue;
    }
    Entity& entity = entities.back();
    entity.range.end = word.range.end;
    const auto count = static_cast<double>(members++);
    entity.score = (entity.score * count + word.label.score) / (count + 1);
  }
  return entities;
}

}  // namespace henson
