#include "runtime/inspection/figures.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "runtime/analysis/proven_shapes.h"
#include "runtime/inspection/precision.h"

namespace henson::runtime {
namespace {

using Kind = OutlineStep::Kind;

template <typename T, typename Get>
std::optional<T> common(const std::vector<LayerFigures>& layers, const Get& get) {
  if (layers.empty()) return std::nullopt;
  const std::optional<T> first = get(layers.front());
  for (const LayerFigures& layer : layers) {
    if (get(layer) != first) return std::nullopt;
  }
  return first;
}

class Summarizer {
 public:
  explicit Summarizer(const ModelEvidence& evidence)
      : evidence_(evidence),
        anatomy_(evidence.anatomy),
        outline_(evidence.anatomy.outline()),
        weights_(evidence.tensors) {}

  ModelSummary run(std::span<const OutputFigures> outputs) {
    find_layers();
    find_embeddings();
    find_kind(outputs);
    summary_.family = family();
    return std::move(summary_);
  }

 private:
  // Layers.

  void find_layers() {
    summary_.layers.resize(anatomy_.layer_count());
    for (const LayerAnatomy& layer : anatomy_.layers()) {
      LayerFigures& figures = summary_.layers[layer.layer];
      figures = figures_of(layer);
    }
    find_norms();
    summary_.weight_sets = count_weight_sets();
    const auto& layers = summary_.layers;
    using Layer = const LayerFigures&;
    summary_.hidden = common<std::int64_t>(layers, [](Layer layer) { return layer.hidden; });
    summary_.heads = common<std::int64_t>(layers, [](Layer layer) { return layer.heads; });
    summary_.head_size = common<std::int64_t>(layers, [](Layer layer) { return layer.head_size; });
    summary_.feed_forward =
        common<std::int64_t>(layers, [](Layer layer) { return layer.feed_forward; });
    summary_.activation = common<std::string>(layers, [](Layer layer) { return layer.activation; });
    summary_.norm_eps = common<double>(layers, [](Layer layer) { return layer.norm_eps; });
  }

  LayerFigures figures_of(const LayerAnatomy& layer) {
    LayerFigures figures;
    if (layer.out) {
      if (const auto out = anatomy_.matrix_of(*layer.out)) figures.hidden = out->outputs;
    }
    figures.heads = outline_[layer.attention].heads;
    if (!figures.heads) figures.heads = heads_by_sizes(layer);
    if (const auto width = query_width(layer); width && figures.heads && *figures.heads > 0) {
      figures.head_size = *width / *figures.heads;
    }
    if (layer.down) {
      if (const auto down = anatomy_.matrix_of(*layer.down)) figures.feed_forward = down->inputs;
    }
    if (layer.activation) figures.activation = outline_[*layer.activation].name;
    if (!layer.up.empty()) figures.norm_first = layer.norm_first;
    return figures;
  }

  /// The numbers that all heads of a layer's query have together.
  std::optional<std::int64_t> query_width(const LayerAnatomy& layer) const {
    if (layer.query.size() != 1) return std::nullopt;
    const auto matrix = anatomy_.matrix_of(layer.query[0]);
    if (!matrix) return std::nullopt;
    const bool whole = anatomy_.has_part(layer.query[0], ModelPart::kQueryKeyValue);
    return whole ? matrix->outputs / 3 : matrix->outputs;
  }

  /// Of operands that are [batch, heads, length, size].
  std::optional<std::int64_t> heads_by_sizes(const LayerAnatomy& layer) {
    if (!shapes_) shapes_.emplace(evidence_.fused);
    const ValueId query = outline_[layer.attention].inputs[0];
    if (query >= evidence_.fused.values.size()) return std::nullopt;
    const auto sizes = shapes_->dims(query);
    if (!sizes || sizes->size() != 4) return std::nullopt;
    return (*sizes)[1].literal();
  }

  void find_norms() {
    for (const auto& [step, parts] : anatomy_.parts()) {
      if (outline_[step].kind != Kind::kNorm || !outline_[step].eps) continue;
      for (const StepPart& part : parts) {
        if (part.part == ModelPart::kEmbeddingNorm) embedding_eps_ = outline_[step].eps;
        if (!part.layer || *part.layer >= summary_.layers.size()) continue;
        summary_.layers[*part.layer].norm_eps = outline_[step].eps;
      }
    }
  }

  /// How many layers have weights that no layer before them has.
  std::size_t count_weight_sets() const {
    std::vector<const LayerAnatomy*> distinct;
    std::set<std::size_t> counted;  // a model may be called twice
    for (const LayerAnatomy& layer : anatomy_.layers()) {
      if (!counted.insert(layer.layer).second) continue;
      const bool known =
          std::any_of(distinct.begin(), distinct.end(),
                      [&](const LayerAnatomy* other) { return alike(*other, layer); });
      if (!known) distinct.push_back(&layer);
    }
    return distinct.size();
  }

  bool alike(const LayerAnatomy& a, const LayerAnatomy& b) const {
    return a.query.size() == 1 && b.query.size() == 1 && same_weight(a.query[0], b.query[0]) &&
           same_weight(a.out, b.out) && same_weight(a.down, b.down);
  }

  bool same_weight(std::optional<StepId> a, std::optional<StepId> b) const {
    if (!a || !b || !outline_[*a].weight || !outline_[*b].weight) return false;
    return same_tensor(*outline_[*a].weight, *outline_[*b].weight);
  }

  bool same_tensor(ValueId a, ValueId b) const {
    if (a == b) return true;
    const auto& values = evidence_.fused.values;
    if (a >= values.size() || b >= values.size() || !values[a].constant || !values[b].constant) {
      return false;
    }
    const auto* x = std::get_if<Tensor>(&*values[a].constant);
    const auto* y = std::get_if<Tensor>(&*values[b].constant);
    return x != nullptr && y != nullptr && x->buffer() == y->buffer() && x->offset() == y->offset();
  }

  // Embeddings.

  /// The sizes of the table of a part. Nothing where there are several: then none is the one.
  std::optional<std::vector<std::int64_t>> table_of(ModelPart part) const {
    std::set<std::pair<std::string, std::int64_t>> places;
    std::set<std::vector<std::int64_t>> shapes;
    for (const InspectedTensor& tensor : weights_) {
      const WeightInfo& weight = tensor.weight;
      const bool has =
          std::any_of(tensor.roles.begin(), tensor.roles.end(), [&](const WeightRole& role) {
            return role.part == part && role.parameter == WeightParameter::kWeight;
          });
      if (!has || weight.shape.size() != 2) continue;
      places.emplace(weight.storage, weight.offset);
      shapes.insert(weight.shape);
    }
    const bool one_a_layer = part == ModelPart::kRelativePositions;
    if (shapes.size() != 1 || (places.size() != 1 && !one_a_layer)) return std::nullopt;
    return *shapes.begin();
  }

  void find_embeddings() {
    const auto words = table_of(ModelPart::kWordEmbeddings);
    const auto places = table_of(ModelPart::kPositionEmbeddings);
    const auto types = table_of(ModelPart::kTokenTypeEmbeddings);
    const auto distances = table_of(ModelPart::kRelativePositions);
    if (words) {
      summary_.vocabulary = (*words)[0];
      summary_.embedding_size = (*words)[1];
    }
    if (places) {
      summary_.positions = (*places)[0];
      if (!summary_.embedding_size) summary_.embedding_size = (*places)[1];
      if (const auto& table = evidence_.model.info().positions; table) {
        summary_.first_position = table->first;
      }
    }
    if (words || places) summary_.token_types = types ? (*types)[0] : 0;
    if (distances) summary_.relative_buckets = (*distances)[0];
    if (places) {
      summary_.position_kind =
          distances ? PositionKind::kAbsoluteRelative : PositionKind::kAbsolute;
    } else if (distances) {
      summary_.position_kind = PositionKind::kRelative;
    }
  }

  // What it is.

  /// Of "transformers.models.bert.modeling_bert" and "transformers.modeling_bert" it is "bert".
  static std::string model_of(const std::string& module) {
    for (const std::string_view before : {".models.", ".modeling_"}) {
      const std::size_t at = module.find(before);
      if (at == std::string::npos) continue;
      const std::size_t start = at + before.size();
      return module.substr(start, module.find('.', start) - start);
    }
    return {};
  }

  /// Whether the archive's modules leave a family open: they name none, or it.
  bool may_be(std::initializer_list<std::string_view> names) const {
    bool any = false;
    for (const std::string& module : evidence_.modules) {
      const std::string model = model_of(module);
      if (model.empty()) continue;
      any = true;
      if (std::find(names.begin(), names.end(), model) != names.end()) return true;
    }
    return !any;
  }

  bool is_named(std::string_view name) const {
    return std::any_of(evidence_.modules.begin(), evidence_.modules.end(),
                       [&](const std::string& module) { return model_of(module) == name; });
  }

  /// Products that are no part of a transformer as it is known.
  bool has_other_products() const {
    std::set<StepId> known;
    for (const auto& [step, parts] : anatomy_.parts()) known.insert(step);
    for (const LoraPair& pair : anatomy_.adapters()) known.insert({pair.a, pair.b});
    for (StepId id = 0; id < outline_.steps.size(); ++id) {
      if (outline_[id].kind == Kind::kProduct && !known.contains(id)) return true;
    }
    return false;
  }

  /// What all families share: nothing of it unknown, layer norms behind their parts.
  bool is_usual() const {
    const ModelSummary& s = summary_;
    const bool gated = std::any_of(anatomy_.layers().begin(), anatomy_.layers().end(),
                                   [](const LayerAnatomy& layer) { return layer.up.size() != 1; });
    return !gated && !has_other_products() && s.hidden && s.positions && embedding_eps_ &&
           !s.layers.empty() &&
           std::all_of(s.layers.begin(), s.layers.end(), [](const LayerFigures& layer) {
             return layer.norm_first == false && layer.heads && layer.feed_forward &&
                    layer.activation;
           });
  }

  /// By structure. Where that fits several families, the archive's modules say which, or that it is
  /// none of them.
  ModelFamily family() const {
    using enum ModelFamily;
    const ModelSummary& s = summary_;
    if (!is_usual()) return kUnknown;
    const auto checked = [&](ModelFamily family, std::initializer_list<std::string_view> names) {
      return may_be(names) ? family : kUnknown;
    };
    const bool projects = anatomy_.first_of(ModelPart::kEmbeddingProjection).has_value();
    const bool shares = s.weight_sets < s.layers.size();
    if (s.position_kind == PositionKind::kAbsoluteRelative) return checked(kMpnet, {"mpnet"});
    if (shares || (projects && is_named("albert"))) return checked(kAlbert, {"albert"});
    if (projects || is_named("electra")) return checked(kElectra, {"electra"});
    if (s.first_position.value_or(0) > 0) {
      return checked(kRoberta, {"roberta", "xlm_roberta", "camembert"});
    }
    if (s.token_types == 0) return checked(kDistilBert, {"distilbert"});
    return checked(kBert, {"bert"});
  }

  void find_kind(std::span<const OutputFigures> outputs) {
    const auto any = [&](OutputMeaning meaning) {
      return std::any_of(outputs.begin(), outputs.end(),
                         [&](const OutputFigures& output) { return output.meaning == meaning; });
    };
    summary_.kind = kind_of(any);
    for (const OutputFigures& output : outputs) {
      const bool labels =
          output.meaning == OutputMeaning::kLabels || output.meaning == OutputMeaning::kTokenLabels;
      const auto& shape = output.output.shape;
      if (labels && shape && !shape->empty()) {
        summary_.labels = shape->back().number().value_or(1);
      }
      if (output.meaning == OutputMeaning::kSentence && shape) {
        summary_.sentence_size = shape->back().number();
      }
    }
  }

  template <typename Any>
  static ModelKind kind_of(const Any& any) {
    using enum OutputMeaning;
    if (any(kVocabularyScores)) {
      return any(kNextSentence) || any(kLabels) ? ModelKind::kPretraining
                                                : ModelKind::kMaskedLanguage;
    }
    if (any(kVocabularyWeights)) return ModelKind::kSparseEmbedding;
    if (any(kStarts)) return ModelKind::kQuestionAnswering;
    if (any(kChoices)) return ModelKind::kMultipleChoice;
    if (any(kTokenLabels)) return ModelKind::kTokenClassification;
    if (any(kNextSentence)) return ModelKind::kNextSentence;
    if (any(kLabels)) return ModelKind::kSequenceClassification;
    if (any(kLastHiddenStates)) return ModelKind::kEncoder;
    if (any(kSentence)) return ModelKind::kSentenceEmbedding;
    return any(kPooled) ? ModelKind::kEncoder : ModelKind::kUnknown;
  }

  const ModelEvidence& evidence_;
  const Anatomy& anatomy_;
  const Outline& outline_;
  std::span<const InspectedTensor> weights_;
  std::optional<ProvenShapes> shapes_;
  std::optional<double> embedding_eps_;
  ModelSummary summary_;
};

// --- In words ------------------------------------------------------------------------------------

std::string number(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "?";
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  std::string shortest = text.data();
  const std::size_t zeros = shortest.find("e-0");  // 1e-05
  if (zeros != std::string::npos) shortest.erase(zeros + 2, 1);
  return shortest;
}

std::string name_of_activation(const std::optional<std::string>& name) {
  if (!name) return "activation ?";
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"gelu", "GELU (erf)"},
      {"gelu_tanh", "GELU (tanh)"},
      {"gelu_quick", "GELU (sigmoid)"},
      {"relu", "ReLU"},
      {"silu", "SiLU"},
      {"tanh", "tanh"},
      {"sigmoid", "sigmoid"}};
  for (const auto& [own, words] : kNames) {
    if (own == *name) return std::string(words);
  }
  return *name;
}

/// "3, 4, 4" of figures that are not the same in all layers.
template <typename Get>
std::string each(const ModelSummary& summary, const Get& get) {
  std::string text;
  for (const LayerFigures& layer : summary.layers) {
    text += (text.empty() ? "" : ", ") + number(get(layer));
  }
  return text;
}

std::string heads_in_words(const ModelSummary& s) {
  if (s.heads) return number(s.heads) + " heads of " + number(s.head_size);
  const bool known = std::any_of(s.layers.begin(), s.layers.end(),
                                 [](const LayerFigures& layer) { return layer.heads.has_value(); });
  if (!known) return "? heads of ?";
  return "heads of " + number(s.head_size) +
         " by layer (unequal): " + each(s, [](const LayerFigures& layer) { return layer.heads; });
}

std::string wide_in_words(const ModelSummary& s) {
  if (s.feed_forward) return "feed-forward " + number(s.feed_forward);
  const bool known = std::any_of(s.layers.begin(), s.layers.end(), [](const LayerFigures& layer) {
    return layer.feed_forward.has_value();
  });
  if (!known) return "feed-forward ?";
  return "feed-forward by layer (unequal): " +
         each(s, [](const LayerFigures& layer) { return layer.feed_forward; });
}

std::string plural(const std::optional<std::int64_t>& count, const std::string& thing) {
  return number(count) + ' ' + thing + (count == 1 ? "" : "s");
}

std::string positions_in_words(const ModelSummary& s) {
  std::string text;
  const std::int64_t first = s.first_position.value_or(0);
  if (s.positions) {
    text = plural(s.positions, "position");
    if (first > 0) {
      text += " (" + std::to_string(*s.positions - first) + " tokens, from row " +
              std::to_string(first) + ')';
    }
    text += ", ";
  }
  text += s.token_types == 0 ? "no token types" : plural(s.token_types, "token type");
  text += ", " + std::string(name_of(s.position_kind)) + " positions";
  if (s.relative_buckets) text += " (" + number(s.relative_buckets) + " buckets)";
  return text;
}

std::string structure_in_words(const ModelSummary& s) {
  std::string text = plural(static_cast<std::int64_t>(s.layers.size()), "layer");
  if (s.weight_sets == 1 && s.layers.size() > 1) {
    text += " sharing one set of weights";
  } else if (s.weight_sets < s.layers.size()) {
    text += " sharing " + std::to_string(s.weight_sets) + " sets of weights";
  }
  text += ", hidden " + number(s.hidden);
  if (s.embedding_size && s.hidden && s.embedding_size != s.hidden) {
    text += ", embeddings of " + number(s.embedding_size);
  }
  text += ", " + heads_in_words(s) + ", " + wide_in_words(s) + ", " +
          name_of_activation(s.activation) + ", layer norm " +
          (s.norm_eps ? number(*s.norm_eps) : "?");
  const bool first = std::any_of(s.layers.begin(), s.layers.end(), [](const LayerFigures& layer) {
    return layer.norm_first == true;
  });
  if (first) text += " (in front)";
  return text + ", vocabulary " + number(s.vocabulary) + ", " + positions_in_words(s);
}

std::string in_words(const ModelSummary& s, const PrecisionFigures& precision) {
  std::string text(name_of(s.family));
  if (s.family == ModelFamily::kUnknown) {
    text = s.layers.empty() ? "A model without attention that is known" : "A transformer";
  }
  if (s.kind == ModelKind::kEncoder) {
    text += " encoder";
  } else if (s.kind != ModelKind::kUnknown) {
    text += " for " + std::string(name_of(s.kind));
  }
  if (s.labels && s.kind != ModelKind::kPretraining) text += " (" + plural(s.labels, "label") + ')';
  if (!s.layers.empty()) text += ": " + structure_in_words(s);
  return text + "; " + precision.text + ", " + short_count(s.parameters) + " parameters";
}

}  // namespace

std::string short_count(std::uint64_t count) {
  if (count < 1000) return std::to_string(count);
  static constexpr std::string_view kUnits[] = {"k", "M", "G", "T"};
  double value = static_cast<double>(count) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ", value);
  return text.data() + std::string(kUnits[unit]);
}

ModelSummary summarize(const ModelEvidence& evidence, std::span<const OutputFigures> outputs,
                       const PrecisionFigures& precision) {
  ModelSummary summary = Summarizer(evidence).run(outputs);
  summary.parameters = count_parameters(evidence.tensors);
  summary.text = in_words(summary, precision);
  return summary;
}

ModelSummary summarize(std::span<const InspectedTensor> tensors,
                       const PrecisionFigures& precision) {
  ModelSummary summary;
  summary.parameters = count_parameters(tensors);
  summary.text = "An archive that Henson cannot run; " + precision.text + ", " +
                 short_count(summary.parameters) + " parameters";
  return summary;
}

}  // namespace henson::runtime
