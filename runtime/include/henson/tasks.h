// Text in, answers out: what traced models with the usual heads can be asked.
//
//   henson::TextModel model = henson::TextModel::open("all-MiniLM-L6-v2");  // a folder
//   const std::string_view texts[] = {"Who was Jim Henson?", "Jim Henson was a puppeteer."};
//   const henson::Embeddings embeddings = model.embed(texts);
//
// What lies beside the model in its folder (modules.json, config.json and their like) is honoured
// or refused. Which input takes what, and which output is the answer, is found by what the
// computation does and by their shapes, never by names or positions. Every function throws
// henson::Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "henson/tokenizer.h"
#include "henson/visibility.h"

namespace henson {

struct TextModelOptions {
  SessionOptions session;
  /// Of a sequence, in tokens, special ones too; longer texts lose their end, or are read in
  /// windows where it says so. 0: as many as the model has positions for.
  std::size_t max_length = 0;
  /// The output to use: its number in Output::tensors(), or its key in a dict. Empty: the one that
  /// fits what is asked.
  std::string output;
  /// What inputs are for, by path or name (InputInfo), where the computation does not tell.
  std::vector<std::pair<std::string, InputRole>> roles = {};
  /// How many of the modules behind the transformer, as modules.json lists them, the archive does
  /// itself. Found by its outputs' shapes, by what makes them and by its weights.
  std::optional<std::size_t> modules_done = std::nullopt;

  // Of TextModel::open alone.
  OpenOptions open = {};
  std::filesystem::path vocabulary = {};  // a file or folder; empty: what lies beside the archive
  TokenizerOptions tokenizer = {};
  bool alone = false;  // nothing beside the archive is read but the vocabulary
};

enum class Pooling {
  kAuto,   // what the folder says; else the model's own sentence embedding where it returns
           // one, else kMean
  kMean,   // the mean of all tokens' hidden states, special tokens too
  kFirst,  // the hidden states of the first token: [CLS], <s>
  kMax,    // the largest of all tokens', number by number
  kMeanSqrtLength,  // their sum over the square root of how many there are
  kWeightedMean,    // their mean weighted by their place, from 1
  kLast,            // those of the last token
};

struct EmbedOptions {
  Pooling pooling = Pooling::kAuto;
  /// True: to length 1, so that a dot product is the cosine. False: as long as they come; a
  /// Normalize that ends the folder's modules is left out. Nothing: as the folder's modules say.
  std::optional<bool> normalize = true;
  /// Stands before each text. Nothing: the prompt of `prompt_name`, or the folder's default one.
  std::optional<std::string> prompt = std::nullopt;
  std::string prompt_name = {};
  /// Only the first so many numbers (Matryoshka); 0: all.
  std::size_t truncate_to = 0;

  bool operator==(const EmbedOptions&) const = default;
};

/// How alike two embeddings are: the larger the more.
enum class Similarity {
  kCosine,
  kDot,
  kEuclidean,  // their distance, negative
  kManhattan,  // likewise
  kMaxSim,     // of a vector a token (ColBERT)
};

/// Something that is settled before a model runs, and by what.
struct Setting {
  std::string name;     // "pooling"
  std::string value;    // "cls"
  std::string origin;   // "1_Pooling/config.json", "option pooling", "the archive", "default"
  std::string instead;  // what an option overrode: "mean (1_Pooling/config.json)"; else empty
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

/// A token of the vocabulary and what it weighs in a text.
struct TokenWeight {
  std::int64_t id = 0;
  std::string token;  // as the vocabulary writes it
  double weight = 0;
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

/// Words that belong together, by what their labels say: IOB1, IOB2, BIOES, BILOU and plain labels,
/// and those that end in the place ("PER-B").
struct Entity {
  ByteRange range;
  std::string label;  // its type, without "B-" and the like
  double score = 0;   // the mean of its words'
  // TextModel::entities: its tokens [first, end) of the text's own, without special ones around it.
  std::size_t first_token = 0;
  std::size_t end_token = 0;
};

/// How labels of tokens become those of entities: as transformers' pipeline does by its
/// aggregation_strategy.
enum class Aggregation {
  kNone,     // each token by itself, with its whole label
  kSimple,   // tokens are joined
  kFirst,    // words are joined; a word has the label of its first token
  kAverage,  // that which has the largest mean of all tokens' scores
  kMax,      // that of the token that has the largest score
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
  std::size_t stride = 128;         // repeated from window to window, in tokens; at most half
  bool may_be_none = false;         // "there is no answer" is one of the answers
};

/// The sum over the query's vectors of each one's largest dot product with one of the text's.
HENSON_API double max_sim(const Embeddings& query, const Embeddings& text);

/// The names of a model's classes, by number, from a config.json (its id2label), or from a text
/// file with a name a line. Throws kNotFound and kBadInput.
HENSON_API std::vector<std::string> read_labels(const std::filesystem::path& path);

/// The folder with the vocabulary that TextModel::open takes for an archive or a folder; nothing
/// when none lies there.
HENSON_API std::optional<std::filesystem::path> find_vocabulary(const std::filesystem::path& path);

/// Words of a text joined to entities. Words whose label is "O" are in none. `labels`: all that the
/// model has, which tell what theirs mean; without them those of the words do.
HENSON_API std::vector<Entity> join_entities(std::span<const TaggedWord> words,
                                             std::span<const std::string> labels = {});

/// A model, the tokenizer that it was trained with, and a session. Serves one call at a time.
///
/// The functions throw kUnsupported when the model has no output that fits, naming those that it
/// has; and what Tokenizer::encode and Session::run throw. One that was moved from throws
/// kBadInput, and has neither model() nor tokenizer().
class HENSON_API TextModel {
 public:
  /// Throws kUnsupported when an input is none that a text gives (see InputRole), and kBadInput
  /// when the vocabulary is larger than the model's table of words.
  TextModel(Model model, Tokenizer tokenizer, TextModelOptions options = {});
  /// Opens an archive, or the one in a folder, with what lies beside it: the vocabulary, and what
  /// sentence-transformers and transformers say of it. Options go before files. Throws also
  /// kBadArchive for damaged files, and kUnsupported for what cannot be honoured; the message names
  /// the file.
  static TextModel open(const std::filesystem::path& path, TextModelOptions options = {});
  TextModel(TextModel&&) noexcept;
  TextModel& operator=(TextModel&&) noexcept;
  ~TextModel();

  /// Another over the same model, vocabulary and folder, with a session of its own: for another
  /// thread, or with other options. Those of `open` alone are as they were. May be called while
  /// this one serves a call.
  TextModel share(TextModelOptions options) const;

  const Model& model() const noexcept;
  const Tokenizer& tokenizer() const noexcept;
  /// Tokens of the longest sequence, special ones too; 0 when nothing limits it.
  std::size_t max_length() const noexcept;
  /// Sequences so far that were longer, and lost what is beyond. `tag` and `answer` lose nothing.
  std::size_t cut_texts() const noexcept;

  /// What was taken from which file, what an option overrode, and what the result will be: of
  /// every task, and of embeddings in particular.
  std::vector<Setting> explain() const;
  std::vector<Setting> explain(const EmbedOptions& options) const;

  /// How embeddings are compared, as the folder says; else by their cosine.
  Similarity similarity() const;

  /// What the folder says may stand before texts, by name; and the name of the one that does where
  /// EmbedOptions name none, or nothing.
  std::map<std::string, std::string> prompts() const;
  std::string default_prompt_name() const;

  /// An embedding a text, in their order. Texts are run together without padding; each embedding
  /// is, to the bit, what the text alone gives.
  Embeddings embed(std::span<const std::string_view> texts, const EmbedOptions& options = {});
  Embeddings embed(std::span<const std::string> texts, const EmbedOptions& options = {});

  /// A vector a token of the text, special ones too, as late interaction compares them (ColBERT):
  /// hidden states, and what the folder's modules make of each token's.
  Embeddings token_vectors(std::string_view text, const EmbedOptions& options = {});

  /// The tokens of the vocabulary that weigh something in a text, the heaviest first (SPLADE): by
  /// the folder's SpladePooling, else the largest log(1 + max(0, score)) of all tokens; or the
  /// model's own [1, vocabulary].
  std::vector<TokenWeight> sparse(std::string_view text);

  /// How well each text goes with the query, as a cross-encoder says: one score a text, in their
  /// order. Scoring::kAuto: as the folder's config.json says, else by a sigmoid.
  std::vector<double> rerank(std::string_view query, std::span<const std::string> texts,
                             Scoring scoring = Scoring::kAuto);
  /// Likewise of pairs that have each a query of their own.
  std::vector<double> rerank(std::span<const std::pair<std::string, std::string>> pairs,
                             Scoring scoring = Scoring::kAuto);

  /// The `count` likeliest tokens for each mask token of a text, in their order. Throws kBadInput
  /// when the text has none within max_length().
  std::vector<FilledMask> fill_mask(std::string_view text, std::size_t count = 5);

  /// The scores of all classes, by number. `labels`: their names, as many as there are classes, or
  /// none: then those of the folder's config.json. Its problem_type goes before Scoring::kAuto.
  std::vector<LabelScore> classify(std::string_view text, std::span<const std::string> labels = {},
                                   Scoring scoring = Scoring::kAuto);
  std::vector<LabelScore> classify(std::string_view text, std::string_view pair,
                                   std::span<const std::string> labels = {},
                                   Scoring scoring = Scoring::kAuto);

  /// Every word of a text, in order. Long texts are read in windows, each word in the one where it
  /// has the most text around it.
  std::vector<TaggedWord> tag(std::string_view text, std::span<const std::string> labels = {});

  /// The entities of a text, without those labelled "O", as transformers' pipeline gives them.
  std::vector<Entity> entities(std::string_view text, Aggregation aggregation = Aggregation::kFirst,
                               std::span<const std::string> labels = {});

  /// The names of classes that the folder gives; none when it gives none.
  std::vector<std::string> labels() const;

  /// Spans of the context that answer the question, best first, as transformers' pipeline gives
  /// them. Long contexts are read in windows. A span's score is the probability of its first token
  /// times that of its last, among those of its window; spans of the same words are one answer, and
  /// their scores add up.
  std::vector<Answer> answer(std::string_view question, std::string_view context,
                             const AnswerOptions& options = {});

  /// The probability that the second text follows the first, as BERT's next-sentence head says.
  double next_sentence(std::string_view first, std::string_view second);

 private:
  class Impl;
  explicit TextModel(std::unique_ptr<Impl> impl);
  Impl& impl() const;  // throws when moved from
  std::unique_ptr<Impl> impl_;
};

}  // namespace henson
