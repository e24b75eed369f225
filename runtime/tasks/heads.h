// Which output of a model answers what is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/tasks/output_facts.h"

namespace henson::tasks {

/// Goes by the outputs' shapes and by what computes them. Functions that return a number throw
/// kUnsupported, naming the outputs that there are, when none fits.
class Heads {
 public:
  /// `vocabulary`: rows of the model's table of words. `tokens`: of the tokenizer. `chosen`: the
  /// name of the only output to look at, or empty. Throws kBadInput when there is none so named.
  Heads(std::vector<OutputFacts> outputs, std::int64_t vocabulary, std::int64_t tokens,
        const std::string& chosen);

  const OutputFacts& operator[](std::size_t output) const { return outputs_[output]; }

  /// [1, length, n] which is no scores: the last that the computation makes.
  std::size_t hidden_states() const;
  bool has_hidden_states() const;
  /// [1, n] which is neither scores nor the state that BERT's pooler makes for them.
  bool has_sentence() const;
  /// The same, or else that state.
  std::size_t sentence() const;
  /// [1, n], whatever makes it: the embedding of one that ends in a layer of its own, too.
  std::size_t vector() const;
  bool has_vector() const;
  /// [1, length, tokens]
  std::size_t vocabulary_scores() const;
  bool has_vocabulary_scores() const;
  /// [1, tokens]: one weight a token of the vocabulary.
  std::size_t vocabulary_weights() const;
  /// [1, length, n], a vector a token, whatever makes it: hidden states, or a layer behind them.
  std::size_t token_vectors() const;
  /// [1, classes]; with `classes` > 0 exactly so many.
  std::size_t class_scores(std::int64_t classes = 0) const;
  /// [1, length, classes]
  std::size_t token_scores() const;
  /// Twice [1, length]: of starts and of ends. The same output twice when it is [1, length, 2].
  std::pair<std::size_t, std::size_t> spans() const;

 private:
  using Fits = std::function<bool(const OutputFacts&)>;
  std::vector<std::size_t> all(const Fits& fits) const;
  bool scores_vocabulary(const OutputFacts& output) const;
  bool is_hidden_states(const OutputFacts& output) const;
  bool is_own_sentence(const OutputFacts& output) const;
  [[noreturn]] void refuse(std::string_view wanted) const;
  std::string listing() const;

  std::vector<OutputFacts> outputs_;
  std::int64_t vocabulary_;
  std::int64_t tokens_;
  std::string chosen_;
};

}  // namespace henson::tasks
