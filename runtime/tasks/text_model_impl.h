// What a TextModel holds.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "henson/tasks.h"
#include "runtime/tasks/embedding_plan.h"
#include "runtime/tasks/heads.h"
#include "runtime/tasks/model_folder.h"
#include "runtime/tasks/text_inputs.h"

namespace henson {
namespace tasks {

struct ScoredToken {
  ByteRange range;  // in the text
  std::int64_t id = 0;
  std::int32_t word = 0;              // the number of its word
  std::size_t margin = 0;             // tokens between it and the nearest end of its window
  std::vector<double> probabilities;  // of each class
};

}  // namespace tasks

class HENSON_HIDDEN TextModel::Impl {
 public:
  Impl(Model of, Tokenizer with, TextModelOptions given, tasks::FolderSettings beside);

  /// How embeddings are made with these options. Lives until the next call.
  const tasks::EmbeddingPlan& plan_of(const EmbedOptions& options);
  tasks::EmbeddingPlan make_plan(const EmbedOptions& options) const;
  /// At the start of a sequence, that take no part in the pooling.
  std::size_t prompt_tokens(const tasks::EmbeddingPlan& plan);
  /// Parts of TextModel::explain.
  void explain_files(std::vector<Setting>& settings) const;
  void explain_inputs(std::vector<Setting>& settings) const;
  void explain_length(std::vector<Setting>& settings) const;
  void explain_classes(std::vector<Setting>& settings) const;
  void explain_embeddings(std::vector<Setting>& settings) const;
  /// The names of so many classes: those given, else the folder's, else none.
  std::span<const std::string> labels_for(std::span<const std::string> given,
                                          std::size_t classes) const;

  /// All tensors of the output for one sequence.
  std::vector<Tensor> run(const Encoding& encoding);
  /// Likewise for each of several, run together.
  std::vector<std::vector<Tensor>> run_all(std::span<const Encoding* const> encodings);

  /// Calls take(number, tensors) for each of them, which run together where their lengths fit.
  void run_each(const std::vector<Encoding>& encodings,
                const std::function<void(std::size_t, const std::vector<Tensor>&)>& take);

  /// The scores of all classes in an output [1, classes].
  std::vector<double> class_scores(const Encoding& encoding, std::size_t output, Scoring scoring);

  /// With Scoring::kAuto what the folder says. Throws kUnsupported when the archive has made other
  /// scores already.
  Scoring scoring_for(Scoring scoring, OutputMaker maker) const;

  /// The windows in which a context is read.
  EncodeOptions answer_windows(std::string_view question, const AnswerOptions& options_of) const;

  /// The tokens of a text, in their order, by the output [1, length, classes].
  std::vector<tasks::ScoredToken> score_tokens(std::string_view text, std::size_t output);
  /// That output; `labels` become the names of its classes.
  std::size_t token_output(std::span<const std::string>& labels) const;

  /// Sequences end at max_length. Without one they are whole, whatever "truncation" a
  /// tokenizer.json has: transformers switches that off.
  EncodeOptions truncating() const {
    EncodeOptions truncated;
    truncated.max_length = max_length > 0 ? max_length : std::numeric_limits<std::size_t>::max();
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
  tasks::FolderSettings folder;
  std::filesystem::path archive;     // of TextModel::open; else empty
  std::filesystem::path vocabulary;  // likewise
  Session session;
  tasks::TextInputs inputs;
  std::size_t max_length;
  std::size_t cut_texts = 0;
  tasks::Heads heads;

 private:
  std::optional<std::pair<EmbedOptions, tasks::EmbeddingPlan>> plan_;
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
