#include "runtime/inspection/transformers_names.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace henson::runtime {
namespace {

using enum ModelPart;

/// `stem`: in front of ".weight" and ".bias", "#" for the layer's number.
struct PartName {
  ModelPart part;
  std::string_view stem;
};

constexpr PartName kBert[] = {
    {kWordEmbeddings, "embeddings.word_embeddings"},
    {kPositionEmbeddings, "embeddings.position_embeddings"},
    {kTokenTypeEmbeddings, "embeddings.token_type_embeddings"},
    {kEmbeddingNorm, "embeddings.LayerNorm"},
    {kEmbeddingProjection, "embeddings_project"},  // ELECTRA's alone
    {kQuery, "encoder.layer.#.attention.self.query"},
    {kKey, "encoder.layer.#.attention.self.key"},
    {kValue, "encoder.layer.#.attention.self.value"},
    {kAttentionOutput, "encoder.layer.#.attention.output.dense"},
    {kAttentionNorm, "encoder.layer.#.attention.output.LayerNorm"},
    {kFeedForwardIn, "encoder.layer.#.intermediate.dense"},
    {kFeedForwardOut, "encoder.layer.#.output.dense"},
    {kOutputNorm, "encoder.layer.#.output.LayerNorm"},
    {kPooler, "pooler.dense"},
};

constexpr PartName kDistilBert[] = {
    {kWordEmbeddings, "embeddings.word_embeddings"},
    {kPositionEmbeddings, "embeddings.position_embeddings"},
    {kEmbeddingNorm, "embeddings.LayerNorm"},
    {kQuery, "transformer.layer.#.attention.q_lin"},
    {kKey, "transformer.layer.#.attention.k_lin"},
    {kValue, "transformer.layer.#.attention.v_lin"},
    {kAttentionOutput, "transformer.layer.#.attention.out_lin"},
    {kAttentionNorm, "transformer.layer.#.sa_layer_norm"},
    {kFeedForwardIn, "transformer.layer.#.ffn.lin1"},
    {kFeedForwardOut, "transformer.layer.#.ffn.lin2"},
    {kOutputNorm, "transformer.layer.#.output_layer_norm"},
};

// One set of weights for all layers.
constexpr PartName kAlbert[] = {
    {kWordEmbeddings, "embeddings.word_embeddings"},
    {kPositionEmbeddings, "embeddings.position_embeddings"},
    {kTokenTypeEmbeddings, "embeddings.token_type_embeddings"},
    {kEmbeddingNorm, "embeddings.LayerNorm"},
    {kEmbeddingProjection, "encoder.embedding_hidden_mapping_in"},
    {kQuery, "encoder.albert_layer_groups.0.albert_layers.0.attention.query"},
    {kKey, "encoder.albert_layer_groups.0.albert_layers.0.attention.key"},
    {kValue, "encoder.albert_layer_groups.0.albert_layers.0.attention.value"},
    {kAttentionOutput, "encoder.albert_layer_groups.0.albert_layers.0.attention.dense"},
    {kAttentionNorm, "encoder.albert_layer_groups.0.albert_layers.0.attention.LayerNorm"},
    {kFeedForwardIn, "encoder.albert_layer_groups.0.albert_layers.0.ffn"},
    {kFeedForwardOut, "encoder.albert_layer_groups.0.albert_layers.0.ffn_output"},
    {kOutputNorm, "encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm"},
    {kPooler, "pooler"},
};

constexpr PartName kMpnet[] = {
    {kWordEmbeddings, "embeddings.word_embeddings"},
    {kPositionEmbeddings, "embeddings.position_embeddings"},
    {kEmbeddingNorm, "embeddings.LayerNorm"},
    {kRelativePositions, "encoder.relative_attention_bias"},
    {kQuery, "encoder.layer.#.attention.attn.q"},
    {kKey, "encoder.layer.#.attention.attn.k"},
    {kValue, "encoder.layer.#.attention.attn.v"},
    {kAttentionOutput, "encoder.layer.#.attention.attn.o"},
    {kAttentionNorm, "encoder.layer.#.attention.LayerNorm"},
    {kFeedForwardIn, "encoder.layer.#.intermediate.dense"},
    {kFeedForwardOut, "encoder.layer.#.output.dense"},
    {kOutputNorm, "encoder.layer.#.output.LayerNorm"},
    {kPooler, "pooler.dense"},
};

/// What stands behind the encoder, outside of its prefix.
struct HeadNames {
  std::string_view transform;
  std::string_view norm;
  std::string_view decoder;
  std::string_view decoder_bias;  // the whole name
};

struct Family {
  ModelFamily family;
  std::string_view type;
  std::string_view class_name;  // in front of "Model" and "ForMaskedLM"
  std::string_view prefix;      // of the encoder within a model with a head
  std::span<const PartName> parts;
  HeadNames scores;  // of the vocabulary
  /// The first of two layers that classify sequences, and the second; empty where there is one.
  std::string_view classifier_dense;
  std::string_view classifier_out;
};

constexpr HeadNames kRobertaScores = {"lm_head.dense", "lm_head.layer_norm", "lm_head.decoder",
                                      "lm_head.bias"};

constexpr Family kFamilies[] = {
    {ModelFamily::kBert,
     "bert",
     "Bert",
     "bert.",
     kBert,
     {"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
      "cls.predictions.decoder", "cls.predictions.bias"},
     "",
     ""},
    {ModelFamily::kRoberta, "roberta", "Roberta", "roberta.", kBert, kRobertaScores,
     "classifier.dense", "classifier.out_proj"},
    {ModelFamily::kDistilBert,
     "distilbert",
     "DistilBert",
     "distilbert.",
     kDistilBert,
     {"vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"},
     "pre_classifier",
     "classifier"},
    {ModelFamily::kElectra,
     "electra",
     "Electra",
     "electra.",
     kBert,
     {"generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head",
      "generator_lm_head.bias"},
     "classifier.dense",
     "classifier.out_proj"},
    {ModelFamily::kAlbert,
     "albert",
     "Albert",
     "albert.",
     kAlbert,
     {"predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias"},
     "",
     ""},
    {ModelFamily::kMpnet, "mpnet", "MPNet", "mpnet.", kMpnet, kRobertaScores, "classifier.dense",
     "classifier.out_proj"},
};

const Family* find(ModelFamily family) {
  const auto* const found = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                         [&](const Family& row) { return row.family == family; });
  return found == std::end(kFamilies) ? nullptr : found;
}

bool is_bare(ModelKind kind) {
  return kind == ModelKind::kEncoder || kind == ModelKind::kSentenceEmbedding;
}

std::string stem_of_classifier(const Family& family, ModelKind kind) {
  switch (kind) {
    case ModelKind::kPretraining:
    case ModelKind::kNextSentence:
      return family.family == ModelFamily::kBert ? "cls.seq_relationship" : "";
    case ModelKind::kQuestionAnswering:
      return "qa_outputs";
    case ModelKind::kSequenceClassification:
      return family.classifier_out.empty() ? "classifier" : std::string(family.classifier_out);
    case ModelKind::kTokenClassification:
    case ModelKind::kMultipleChoice:
      return "classifier";
    default:
      return "";
  }
}

bool scores_words(ModelKind kind) {
  return kind == ModelKind::kMaskedLanguage || kind == ModelKind::kPretraining ||
         kind == ModelKind::kSparseEmbedding;
}

/// Of a part behind the encoder; empty for another part, and where the model has none such.
std::string stem_of_head(const Family& family, ModelKind kind, const WeightRole& role) {
  switch (role.part) {
    case kHeadTransform:
      if (scores_words(kind)) return std::string(family.scores.transform);
      return kind == ModelKind::kSequenceClassification || kind == ModelKind::kMultipleChoice
                 ? std::string(family.classifier_dense)
                 : "";
    case kHeadNorm:
      return scores_words(kind) ? std::string(family.scores.norm) : "";
    case kDecoder:
      return scores_words(kind) ? std::string(family.scores.decoder) : "";
    case kClassifier:
      return stem_of_classifier(family, kind);
    default:
      return "";
  }
}

std::string stem_of_encoder(const Family& family, ModelKind kind, const WeightRole& role) {
  const auto found = std::find_if(family.parts.begin(), family.parts.end(),
                                  [&](const PartName& name) { return name.part == role.part; });
  if (found == family.parts.end()) return "";
  std::string stem = (is_bare(kind) ? "" : std::string(family.prefix)) + std::string(found->stem);
  const std::size_t number = stem.find('#');
  if (number == std::string::npos) return stem;
  if (!role.layers || role.layers->first != role.layers->last) return "";
  return stem.replace(number, 1, std::to_string(role.layers->first));
}

}  // namespace

std::optional<std::string> transformers_name(ModelFamily family, ModelKind kind,
                                             const WeightRole& role) {
  const Family* const row = find(family);
  const bool plain =
      role.parameter == WeightParameter::kWeight || role.parameter == WeightParameter::kBias;
  if (row == nullptr || !plain) return std::nullopt;
  const bool bias = role.parameter == WeightParameter::kBias;
  if (role.part == kDecoder && bias && scores_words(kind)) {
    return std::string(row->scores.decoder_bias);
  }
  std::string stem = stem_of_encoder(*row, kind, role);
  if (stem.empty()) stem = stem_of_head(*row, kind, role);
  if (stem.empty()) return std::nullopt;
  return stem + (bias ? ".bias" : ".weight");
}

std::optional<std::string> transformers_class(ModelFamily family, ModelKind kind) {
  const Family* const row = find(family);
  if (row == nullptr) return std::nullopt;
  const std::string name(row->class_name);
  const bool is_bert = family == ModelFamily::kBert;
  switch (kind) {
    case ModelKind::kEncoder:
    case ModelKind::kSentenceEmbedding:
      return name + "Model";
    case ModelKind::kMaskedLanguage:
    case ModelKind::kSparseEmbedding:
      return name + "ForMaskedLM";
    case ModelKind::kPretraining:
      return is_bert ? std::optional(name + "ForPreTraining") : std::nullopt;
    case ModelKind::kNextSentence:
      return is_bert ? std::optional(name + "ForNextSentencePrediction") : std::nullopt;
    case ModelKind::kSequenceClassification:
      return name + "ForSequenceClassification";
    case ModelKind::kTokenClassification:
      return name + "ForTokenClassification";
    case ModelKind::kQuestionAnswering:
      return name + "ForQuestionAnswering";
    case ModelKind::kMultipleChoice:
      return name + "ForMultipleChoice";
    case ModelKind::kUnknown:
      break;
  }
  return std::nullopt;
}

std::string_view transformers_type(ModelFamily family) noexcept {
  const Family* const row = find(family);
  return row == nullptr ? "" : row->type;
}

}  // namespace henson::runtime
