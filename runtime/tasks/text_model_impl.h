// What a TextModel holds.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "henson/tasks.h"
#include "runtime/tasks/heads.h"
#include "runtime/tasks/text_inputs.h"

namespace henson {

class TextModel::Impl {
 public:
  Impl(Model of, Tokenizer with, TextModelOptions given);

  /// All tensors of the output for one sequence.
  std::vector<Tensor> run(const Encoding& encoding);
  /// Likewise for each of several, run together.
  std::vector<std::vector<Tensor>> run_all(std::span<const Encoding* const> encodings);

  /// The scores of all classes in an output [1, classes].
  std::vector<double> class_scores(const Encoding& encoding, std::size_t output, Scoring scoring);

  /// Sequences end at max_length.
  EncodeOptions truncating() const {
    EncodeOptions truncated;
    truncated.max_length = max_length;
    return truncated;
  }
  /// The tokens of a text, or of two, up to max_length.
  template <typename... Texts>
  Encoding encode(const Texts&... texts) {
    Encoding encoding = tokenizer.encode(texts..., truncating());
    cut_texts += encoding.lost > 0 ? 1 : 0;
    return encoding;
  }

  Model model;
  Tokenizer tokenizer;
  TextModelOptions options;
  Session session;
  tasks::TextInputs inputs;
  std::size_t max_length;
  std::size_t cut_texts = 0;
  tasks::Heads heads;
};

namespace tasks {

/// Probabilities that sum to 1.
std::vector<double> softmax(std::span<const float> scores);

/// Throws kBadInput when there are labels, but not `classes` of them.
void check_labels(std::span<const std::string> labels, std::size_t classes);
/// "LABEL_3" when there are none.
std::string label_of(std::span<const std::string> labels, std::size_t index);

/// The number of the largest.
template <typename T>
std::size_t largest(std::span<const T> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace tasks
}  // namespace henson
