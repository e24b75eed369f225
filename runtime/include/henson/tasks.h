// Text in, answers out: what traced models with the usual heads can be asked.
//
//   henson::TextModel model(henson::Model::open("minilm.pt"),
//                           henson::Tokenizer::open("vocab.txt"));
//   const std::string_view texts[] = {"Who was Jim Henson?", "Jim Henson was a puppeteer."};
//   const henson::Embeddings embeddings = model.embed(texts);
//
// Which input takes what, and which output is the answer, is found by what the computation does and
// by their shapes, never by names or positions. Every function throws henson::Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "henson/henson.h"
#include "henson/tokenizer.h"

namespace henson {

struct TextModelOptions {
  SessionOptions session;
  /// Of a sequence, in tokens, special ones too; longer texts lose their end, or are read in
  /// windows where it says so. 0: as many as the model has positions for.
  std::size_t max_length = 0;
  /// The output to use: its number in Output::tensors(), or its key in a dict. Empty: the one that
  /// fits what is asked.
  std::string output;
};

enum class Pooling {
  kAuto,   // the model's own sentence embedding where it returns one, else kMean
  kMean,   // the mean of all tokens' hidden states, special tokens too
  kFirst,  // the hidden states of the first token: [CLS], <s>
};

struct EmbedOptions {
  Pooling pooling = Pooling::kAuto;
  bool normalize = true;  // to length 1, so that a dot product is the cosine
};

/// A row a text.
struct Embeddings {
  std::size_t dimensions = 0;  // of a row; 0 when there are no texts
  std::vector<float> values;   // row-major

  std::size_t size() const noexcept { return dimensions == 0 ? 0 : values.size() / dimensions; }
  std::span<const float> row(std::size_t index) const {
    return std::span(values).subspan(index * dimensions, dimensions);
  }
};

/// A token that may stand in a masked place.
struct TokenGuess {
  std::int64_t id = 0;
  std::string token;  // as the vocabulary writes it
  double probability = 0;
};

/// A [MASK] of a text, and the likeliest tokens for it, best first.
struct FilledMask {
  ByteRange range;  // of the mask in the text
  std::vector<TokenGuess> guesses;
};

struct LabelScore {
  std::size_t index = 0;  // of the class
  std::string label;      // "LABEL_3" where no labels are given
  double score = 0;
};

/// How the numbers that a classifier gives become scores.
enum class Scoring {
  kAuto,     // as they are when the model itself makes probabilities of them; a single one by
             // kSigmoid; else by kSoftmax
  kSoftmax,  // one class holds: probabilities that sum to 1
  kSigmoid,  // any class may hold: a probability each
  kNone,     // as they are
};

/// A word of a text with its label: that of its first token.
struct TaggedWord {
  ByteRange range;  // in the text
  LabelScore label;
};

/// Words that belong together: those after "B-X" or "I-X" with "I-X", or alike ones.
struct Entity {
  ByteRange range;
  std::string label;  // without "B-" and "I-"
  double score = 0;   // the mean of its words'
};

/// A span of a context that may answer a question.
struct Answer {
  ByteRange range;  // in the context, of whole words; {0, 0}: there is no answer in it
  double score = 0;
};

struct AnswerOptions {
  std::size_t count = 1;            // how many answers, best first
  std::size_t longest = 15;         // of an answer, in tokens
  std::size_t window_length = 384;  // of question and context in tokens; at most max_length()
  std::size_t stride = 128;         // repeated from window to window, in tokens; at most a third
  bool may_be_none = false;         // "there is no answer" is one of the answers
};

/// The names of a model's classes, by number, from a config.json (its id2label), or from a text
/// file with a name a line. Throws kNotFound and kBadInput.
std::vector<std::string> read_labels(const std::filesystem::path& path);

/// Words of a text joined to entities. Words whose label is "O" are in none.
std::vector<Entity> join_entities(std::span<const TaggedWord> words);

/// A model, the tokenizer that it was trained with, and a session. Serves one call at a time.
///
/// The functions throw kUnsupported when the model has no output that fits, naming those that it
/// has; and what Tokenizer::encode and Session::run throw. One that was moved from throws
/// kBadInput, and has neither model() nor tokenizer().
class TextModel {
 public:
  /// Throws kUnsupported when an input is none that a text gives (see InputRole), and kBadInput
  /// when the vocabulary is larger than the model's table of words.
  TextModel(Model model, Tokenizer tokenizer, TextModelOptions options = {});
  TextModel(TextModel&&) noexcept;
  TextModel& operator=(TextModel&&) noexcept;
  ~TextModel();

  const Model& model() const noexcept;
  const Tokenizer& tokenizer() const noexcept;
  /// Tokens of the longest sequence, special ones too; 0 when nothing limits it.
  std::size_t max_length() const noexcept;
  /// Sequences so far that were longer, and lost what is beyond. `tag` and `answer` lose nothing.
  std::size_t cut_texts() const noexcept;

  /// An embedding a text, in their order. Texts are run together without padding; each embedding
  /// is, to the bit, what the text alone gives.
  Embeddings embed(std::span<const std::string_view> texts, const EmbedOptions& options = {});
  Embeddings embed(std::span<const std::string> texts, const EmbedOptions& options = {});

  /// The `count` likeliest tokens for each mask token of a text, in their order. Throws kBadInput
  /// when the text has none within max_length().
  std::vector<FilledMask> fill_mask(std::string_view text, std::size_t count = 5);

  /// The scores of all classes, by number. `labels`: their names, as many as there are classes, or
  /// none.
  std::vector<LabelScore> classify(std::string_view text, std::span<const std::string> labels = {},
                                   Scoring scoring = Scoring::kAuto);
  std::vector<LabelScore> classify(std::string_view text, std::string_view pair,
                                   std::span<const std::string> labels = {},
                                   Scoring scoring = Scoring::kAuto);

  /// Every word of a text, in order. Long texts are read in windows, each word in the one where it
  /// has the most text around it.
  std::vector<TaggedWord> tag(std::string_view text, std::span<const std::string> labels = {});

  /// Spans of the context that answer the question, best first, none overlapping a better one. Long
  /// contexts are read in windows. A score is the probability of the span's first token times that
  /// of its last, among those of its window.
  std::vector<Answer> answer(std::string_view question, std::string_view context,
                             const AnswerOptions& options = {});

  /// The probability that the second text follows the first, as BERT's next-sentence head says.
  double next_sentence(std::string_view first, std::string_view second);

 private:
  class Impl;
  Impl& impl() const;  // throws when moved from
  std::unique_ptr<Impl> impl_;
};

}  // namespace henson
