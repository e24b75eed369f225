// What a traced archive knows about itself: what the model is, what each of its weights is for,
// what is held twice, who made it and what it runs at.
//
//   henson::Inspection archive = henson::Inspection::open("traced_bert.pt");
//   archive.summary().text;  // "BERT for masked language modeling: 12 layers, hidden 768, …"
//   archive.tensors()[4].role;  // "query of layer 0"
//
// An archive that Henson cannot run is told as far as it can be read. Everything is found by what
// the code computes, never by the names of modules or tensors, where nothing else is said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "henson/visibility.h"

namespace henson {

// Weights.

/// The part of a model that a weight belongs to.
enum class ModelPart {
  kOther,  // read by the code, for none of these
  kWordEmbeddings,
  kPositionEmbeddings,
  kTokenTypeEmbeddings,
  kEmbeddingNorm,
  kEmbeddingProjection,  // from the embeddings' width to that of the layers: ALBERT, ELECTRA
  kRelativePositions,    // a table of biases that attention adds to its scores
  kQuery,
  kKey,
  kValue,
  kQueryKeyValue,  // one product for all three
  kAttentionOutput,
  kAttentionNorm,
  kFeedForwardIn,
  kFeedForwardOut,
  kOutputNorm,  // at the end of a layer
  kFinalNorm,   // after the last layer
  kPooler,
  kHeadTransform,  // the dense layer in front of a decoder, or of a classifier
  kHeadNorm,
  kDecoder,     // scores the vocabulary
  kClassifier,  // any other linear layer behind the last layer
};

/// "query", "feed-forward in"; empty for kOther.
HENSON_API std::string_view name_of(ModelPart part) noexcept;

/// What a weight is in its part.
enum class WeightParameter {
  kWeight,  // a table's rows, a linear layer's matrix, a norm's factors
  kBias,
  kLoraA,  // of a product beside the layer's own, of low rank: what takes the input
  kLoraB,  // and what makes the output
  kMask,   // multiplies the weight: pruning
  kScale,  // scales and zeros of a table of 8 bits
};

/// Layers, counted from 0; ALBERT's one set of weights is that of them all.
struct LayerRange {
  std::size_t first = 0;
  std::size_t last = 0;

  bool operator==(const LayerRange&) const = default;
};

/// What the computation uses a weight for.
struct WeightRole {
  ModelPart part = ModelPart::kOther;
  WeightParameter parameter = WeightParameter::kWeight;
  std::optional<LayerRange> layers;  // of weights outside of layers: nothing

  bool operator==(const WeightRole&) const = default;
};

/// "query of layer 3", "query bias of layers 0-11", "decoder".
HENSON_API std::string to_string(const WeightRole& role);

/// A tensor of the archive.
struct InspectedTensor {
  WeightInfo weight;
  /// Several where one tensor serves for several things: a tied decoder, a shared layer that is no
  /// range, equal weights of a frozen archive. In the computation's order; none when no node of the
  /// method reads it, or the archive does not run.
  std::vector<WeightRole> roles;
  std::string role;  // in words: "word embeddings, decoder"; empty where nothing is known
  /// The name: the archive's, or, where that is a number only (CONSTANTS.c17), one made of the
  /// role: "layer.3.query.weight". Unique.
  std::string display_name;
  bool read = false;  // whether a node of the method, or the output, reads it
};

// Figures. What cannot be told is nothing, never a guess.

/// What a whole model is, by the structure of its computation.
enum class ModelFamily {
  kUnknown,
  kBert,
  kRoberta,  // positions counted behind the padding's: XLM-R and CamemBERT too
  kDistilBert,
  kElectra,
  kAlbert,
  kMpnet,
};

/// "BERT", "RoBERTa"; "transformer" for kUnknown.
HENSON_API std::string_view name_of(ModelFamily family) noexcept;

/// What a model answers.
enum class ModelKind {
  kUnknown,
  kEncoder,            // hidden states, with or without a pooled state
  kSentenceEmbedding,  // one vector a sequence
  kMaskedLanguage,
  kPretraining,  // scores of the vocabulary, and whether one sentence follows the other
  kNextSentence,
  kSequenceClassification,
  kTokenClassification,
  kQuestionAnswering,
  kMultipleChoice,
  kSparseEmbedding,  // one weight a token of the vocabulary (SPLADE)
};

/// "masked language modeling"; empty for kUnknown.
HENSON_API std::string_view name_of(ModelKind kind) noexcept;

enum class PositionKind {
  kUnknown,
  kNone,
  kAbsolute,          // a row of a table a place
  kAbsoluteRelative,  // and a bias by distance: MPNet
  kRelative,
};

/// "absolute", "relative"; "?" for kUnknown.
HENSON_API std::string_view name_of(PositionKind kind) noexcept;

/// One layer of the encoder: attention and feed-forward.
struct LayerFigures {
  std::optional<std::int64_t> hidden;
  std::optional<std::int64_t> heads;
  std::optional<std::int64_t> head_size;
  std::optional<std::int64_t> feed_forward;
  std::optional<std::string> activation;  // "gelu", "gelu_tanh", "relu", "silu", …
  std::optional<double> norm_eps;
  std::optional<bool> norm_first;  // layer norm in front of each part instead of behind it

  bool operator==(const LayerFigures&) const = default;
};

struct ModelSummary {
  /// "BERT for masked language modeling: 12 layers, hidden 768, 12 heads of 64, …; fp32, 109.5 M
  /// parameters". A figure that cannot be told is `?`.
  std::string text;
  ModelFamily family = ModelFamily::kUnknown;
  ModelKind kind = ModelKind::kUnknown;

  std::vector<LayerFigures> layers;  // in order; empty when none was found
  std::size_t weight_sets = 0;       // of layers with weights of their own: ALBERT shares one
  /// Of all layers, where they agree.
  std::optional<std::int64_t> hidden;
  std::optional<std::int64_t> heads;
  std::optional<std::int64_t> head_size;
  std::optional<std::int64_t> feed_forward;
  std::optional<std::string> activation;
  std::optional<double> norm_eps;

  std::optional<std::int64_t> embedding_size;  // of the table of words
  std::optional<std::int64_t> vocabulary;
  std::optional<std::int64_t> positions;  // rows of the table, those that no token gets included
  std::optional<std::int64_t> first_position;  // the row of the first token
  std::optional<std::int64_t> token_types;     // rows of the table; 0: there is none
  std::optional<std::int64_t> relative_buckets;
  PositionKind position_kind = PositionKind::kUnknown;
  std::optional<std::int64_t> labels;         // of a classifier
  std::optional<std::int64_t> sentence_size;  // of a sentence's vector
  std::uint64_t parameters = 0;               // elements, each storage once, constants of the code
                                              // left out
};

/// What an output is.
enum class OutputMeaning {
  kOther,
  kHiddenStates,  // of a layer, or of the embeddings: see OutputFigures::layer
  kLastHiddenStates,
  kPooled,             // what BERT's pooler makes of the first token's state
  kSentence,           // one vector a sequence
  kVocabularyScores,   // [batch, length, vocabulary]
  kVocabularyWeights,  // [batch, vocabulary]
  kNextSentence,
  kLabels,       // [batch, labels]
  kTokenLabels,  // [batch, length, labels]
  kStarts,
  kEnds,
  kChoices,
  kAttentions,  // of a layer
};

/// "last hidden states", "logits over the vocabulary"; empty for kOther.
HENSON_API std::string_view name_of(OutputMeaning meaning) noexcept;

struct OutputFigures {
  OutputInfo output;  // as Model::outputs() gives it
  OutputMeaning meaning = OutputMeaning::kOther;
  std::optional<std::size_t> layer;  // of hidden states and attentions, from 0
  std::string text;                  // "logits over the vocabulary", "attention of layer 3"
};

/// A command that fits the archive.
struct TaskHint {
  std::string command;            // "fill-mask"
  std::string why;                // "output 0 scores the vocabulary"
  std::string example;            // a whole line that works on this file, as a shell takes it
  bool needs_vocabulary = false;  // and none lies beside the archive: the line names vocab.txt
};

// What the numbers are kept as and computed in.

struct PrecisionFigures {
  struct Part {
    DType dtype = DType::kFloat32;
    std::size_t tensors = 0;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Part> weights;    // the largest part first; each storage once
  std::vector<DType> computes;  // floating types that products compute in
  bool autocast = false;        // float32 weights, cast at the products
  std::string text;             // "fp32", "fp32 weights, bf16 products (autocast)", …

  struct Quantization {
    bool dynamic = true;  // rows are quantized while running; else by fixed scales
    bool per_channel = false;
    std::size_t layers = 0;  // linear layers so kept
    std::size_t tables = 0;  // embedding tables so kept
    double smallest_scale = 0;
    double largest_scale = 0;
  };
  std::optional<Quantization> quantization;

  struct Lora {
    std::size_t layers = 0;       // products with an adapter beside them
    std::int64_t rank = 0;        // the largest
    std::optional<double> scale;  // where it is one number
  };
  std::optional<Lora> lora;
};

// What is held twice.

/// How a decoder and the table of word embeddings are related.
enum class TieState {
  kTied,      // one tensor, or two views of the same elements
  kEqual,     // two tensors, all elements equal
  kDiverged,  // two tensors, some elements differ
};

/// "tied", "equal", "diverged".
HENSON_API std::string_view name_of(TieState state) noexcept;

struct DecoderTie {
  TieState state = TieState::kTied;
  std::string embedding;  // the table's name
  std::string decoder;    // the linear weight's
  bool transposed = false;
  std::int64_t vocabulary = 0;
  std::uint64_t bytes = 0;  // what tying saves, or would save
  // Of a diverged pair:
  double largest_difference = 0;
  std::int64_t row = 0;  // where it is: the token's row
  std::int64_t column = 0;
  std::int64_t differing_rows = 0;
  double smallest_cosine = 1;  // of a row and its counterpart
  double mean_cosine = 1;
  struct Moved {
    std::int64_t row = 0;  // the token's id
    double distance = 0;   // Euclidean
    double cosine = 1;
  };
  std::vector<Moved> moved;  // the ten rows that moved most, the farthest first
  std::string text;          // "untied and equal: two tensors with the same elements"
};

/// Tensors with the same elements.
struct SharedGroup {
  std::vector<std::string> names;  // as the archive has them
  bool tied = false;               // they lie in one storage; else each holds its own copy
  std::uint64_t bytes = 0;         // of one
  std::uint64_t saved = 0;         // by sharing, or that it would save
};

// Where it comes from.

struct SourceFile {
  std::string path;  // as the maker's machine had it
  std::size_t first_line = 0;
  std::size_t last_line = 0;  // of those that were traced
};

struct Provenance {
  std::string first_pytorch;          // "1.10": none before that writes such an archive
  std::string last_pytorch;           // "2.13"; empty: no last is known
  std::vector<std::string> evidence;  // "version 10", "aten::scaled_dot_product_attention"
  std::string producer;               // what the archive says itself: "pytorch 1.1"
  std::vector<std::string> modules;   // of the library, by class: "transformers.models.bert…"
  // From the debug entries, read as inert data.
  std::string library;               // "transformers 4.57.1", where the paths tell the version
  std::string python;                // "3.11"
  std::vector<SourceFile> sources;   // that were traced
  std::vector<std::string> folders;  // of the maker's machine
  std::vector<std::string> users;    // whose home folders these are: "jim"
  std::string warning;               // that the debug entries tell this; else empty
  std::vector<std::string> devices;  // that code and storages name: "cuda:0"
};

/// The file by what its entries are for.
struct SizePart {
  std::string name;  // "weights", "constants", "code", "debug", "traced inputs", "other"
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
};

// Locks.

/// Locks of one size, which the code holds in several places.
struct LockGroup {
  std::string dimension;  // "the sequence length", "hidden size 64"
  std::optional<std::int64_t> value;
  bool unlocked = false;
  std::string reason;              // of those that are not unlocked
  std::vector<std::string> lines;  // the places, in order
};

struct InspectOptions {
  OpenOptions open;
};

/// An archive and what is known of it. Copies are cheap and share everything. What takes time is
/// found at the first call; all functions may be called concurrently, and throw henson::Error.
class HENSON_API Inspection {
 public:
  /// Throws only where no archive is found in the file, or the pickles of its module cannot be
  /// read.
  static Inspection open(const std::filesystem::path& path, InspectOptions options = {});

  const std::filesystem::path& path() const;
  /// Layout, version, entries and methods; what is told of the graph is empty where it does not
  /// run.
  const ModelInfo& info() const;
  /// Null when Henson cannot run the archive, and why_not() says why.
  const Model* model() const;
  /// The error that Model::open gives; null where it runs.
  const Error* why_not() const;

  std::span<const InspectedTensor> tensors() const;
  const ModelSummary& summary() const;
  std::span<const OutputFigures> outputs() const;
  std::span<const TaskHint> tasks() const;
  const PrecisionFigures& precision() const;
  const Provenance& provenance() const;
  std::span<const SizePart> sizes() const;
  std::uint64_t file_bytes() const;
  std::span<const LockGroup> locks() const;

  /// The linear weights that have the shape of the table of words, or its transpose, each with how
  /// it compares; empty for models that do not score a vocabulary. Reads the weights of an untied
  /// pair.
  std::span<const DecoderTie> decoders() const;
  /// Tensors that share a storage or have equal elements, the largest first. Reads those that may
  /// be equal.
  std::span<const SharedGroup> shared() const;

 private:
  struct Impl;
  explicit Inspection(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace henson
