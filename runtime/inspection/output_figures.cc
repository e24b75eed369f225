// What the outputs of a model are, by what makes them and by their sizes.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "runtime/analysis/data_flow.h"
#include "runtime/inspection/figures.h"

namespace henson::runtime {
namespace {

using Kind = OutlineStep::Kind;

/// A size of an output: the same in every run, or not.
std::optional<std::int64_t> number_at(const OutputInfo& output, std::size_t dim) {
  return (*output.shape)[dim].number();
}

class OutputFinder {
 public:
  explicit OutputFinder(const ModelEvidence& evidence)
      : evidence_(evidence), outline_(evidence.anatomy.outline()) {}

  std::vector<OutputFigures> run() {
    const std::vector<ValueId> leaves = tensors();
    const std::span<const OutputInfo> outputs = evidence_.model.outputs();
    std::vector<OutputFigures> figures;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      OutputFigures found{outputs[i], OutputMeaning::kOther, std::nullopt, {}};
      if (leaves.size() == outputs.size()) find(leaves[i], found);
      figures.push_back(std::move(found));
    }
    name_spans(figures);
    for (OutputFigures& found : figures) found.text = text_of(found);
    return figures;
  }

 private:
  /// The values of the outputs, lists taken apart.
  std::vector<ValueId> tensors() const {
    const Producers producers(evidence_.fused);
    std::vector<ValueId> found;
    for (const ValueId leaf : leaves_of(evidence_.fused.output)) add(producers, leaf, found);
    return found;
  }

  void add(const Producers& producers, ValueId id, std::vector<ValueId>& found) const {
    const Node* const maker = producers.of(id);
    if (maker == nullptr || (maker->kind != NodeKind::kList && maker->kind != NodeKind::kTuple)) {
      const GraphValue& value = evidence_.fused.values[id];
      const bool tensor = value.type.kind == TypeKind::kTensor || value.type.kind == TypeKind::kAny;
      if (tensor) found.push_back(id);
      return;
    }
    for (const ValueId item : maker->inputs) add(producers, item, found);
  }

  bool is_last(ModelPart part, StepId step) const { return evidence_.anatomy.has_part(step, part); }

  /// The attention whose weights a value is.
  std::optional<StepId> attention_of(ValueId value) const {
    for (;;) {
      const OutlineStep* const maker = outline_.maker_of(value);
      if (maker == nullptr) return std::nullopt;
      if (maker->kind == Kind::kAttention) {
        const bool weights = maker->outputs.size() > 1 && maker->outputs[1] == value;
        return weights ? outline_.maker[value] : std::nullopt;
      }
      if (maker->kind != Kind::kOther || maker->inputs.size() != 1) return std::nullopt;
      value = maker->inputs[0];
    }
  }

  /// The last product, lookup or attention on the way to a value.
  std::optional<StepId> anchor_of(ValueId value) const {
    const std::set<StepId> sources = evidence_.anatomy.sources(value, false);
    return sources.empty() ? std::nullopt : std::optional(*sources.rbegin());
  }

  void find(ValueId value, OutputFigures& found) const {
    if (value >= outline_.maker.size()) return;
    if (const auto attention = attention_of(value)) {
      found.meaning = OutputMeaning::kAttentions;
      found.layer = outline_.depth[outline_[*attention].inputs[0]];
      return;
    }
    const OutputInfo& output = found.output;
    const auto anchor = anchor_of(value);
    const bool floating = !output.dtype || is_floating(*output.dtype);
    if (!anchor || !output.shape || !floating || output.shape->empty()) return;
    const std::size_t rank = output.shape->size();
    const auto last = number_at(output, rank - 1);
    if (is_last(ModelPart::kDecoder, *anchor)) {
      const auto rows = evidence_.anatomy.matrix_of(*anchor);
      if (!rows || last != rows->outputs) return;
      found.meaning = rank == 3   ? OutputMeaning::kVocabularyScores
                      : rank == 2 ? OutputMeaning::kVocabularyWeights
                                  : OutputMeaning::kOther;
    } else if (is_last(ModelPart::kClassifier, *anchor)) {
      found.meaning = meaning_of_classifier(*anchor, output);
    } else if (is_last(ModelPart::kPooler, *anchor) && rank == 2) {
      found.meaning = OutputMeaning::kPooled;
    } else if (!is_last(ModelPart::kHeadTransform, *anchor)) {
      find_states(value, rank, last, found);
    }
  }

  void find_states(ValueId value, std::size_t rank, std::optional<std::int64_t> last,
                   OutputFigures& found) const {
    const std::size_t layers = evidence_.anatomy.layer_count();
    if (layers == 0 || !last || last == 1) return;
    if (rank == 2) found.meaning = OutputMeaning::kSentence;
    if (rank != 3 || last != hidden()) return;
    const std::size_t depth = outline_.depth[value];
    found.meaning =
        depth == layers ? OutputMeaning::kLastHiddenStates : OutputMeaning::kHiddenStates;
    if (depth > 0) found.layer = depth - 1;
  }

  std::optional<std::int64_t> hidden() const {
    const LayerAnatomy& last = evidence_.anatomy.layers().back();
    const auto matrix = last.out ? evidence_.anatomy.matrix_of(*last.out) : std::nullopt;
    return matrix ? std::optional(matrix->outputs) : std::nullopt;
  }

  bool takes_choices() const {
    const auto inputs = evidence_.model.inputs();
    return std::any_of(inputs.begin(), inputs.end(), [](const InputInfo& input) {
      return input.role == InputRole::kIds && input.rank == 3;
    });
  }

  OutputMeaning meaning_of_classifier(StepId classifier, const OutputInfo& output) const {
    const auto sizes = evidence_.anatomy.matrix_of(classifier);
    const std::size_t rank = output.shape->size();
    if (!sizes) return OutputMeaning::kOther;
    const auto last = number_at(output, rank - 1);
    if (sizes->outputs == 1 && takes_choices()) return OutputMeaning::kChoices;
    if (rank == 3) {
      return last == sizes->outputs ? OutputMeaning::kTokenLabels : OutputMeaning::kOther;
    }
    if (rank == 2 && !last && sizes->outputs == 2) return OutputMeaning::kStarts;
    if (rank == 2 && !last && sizes->outputs == 1) {
      return takes_pooled(classifier) ? OutputMeaning::kChoices : OutputMeaning::kTokenLabels;
    }
    if (rank == 2 && last == sizes->outputs) {
      return is_next_sentence(classifier, sizes->outputs) ? OutputMeaning::kNextSentence
                                                          : OutputMeaning::kLabels;
    }
    return rank == 1 && sizes->outputs == 1 ? OutputMeaning::kLabels : OutputMeaning::kOther;
  }

  /// BERT's takes the pooled state as it is, a classifier behind a dropout.
  bool is_next_sentence(StepId classifier, std::int64_t labels) const {
    return labels == 2 && takes_pooled(classifier) && !is_behind_dropout(classifier);
  }

  bool takes_pooled(StepId classifier) const {
    const auto sources = evidence_.anatomy.sources(outline_[classifier].inputs[0], false);
    return sources.size() == 1 && is_last(ModelPart::kPooler, *sources.begin());
  }

  bool is_behind_dropout(StepId classifier) const {
    const Graph& graph = evidence_.graph;
    const Producers producers(graph);
    const auto bias = outline_[classifier].bias;
    const auto weight = outline_[classifier].weight;
    for (const Node& node : graph.nodes) {
      if (!has_any(node, Trait::kMultiplies)) continue;
      const bool own = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
        return same(graph, input, weight) || same(graph, input, bias);
      });
      if (!own) continue;
      for (const ValueId input : node.inputs) {
        const Node* const maker = producers.of(input);
        if (maker != nullptr && argument_of(*maker, "train")) return true;
      }
    }
    return false;
  }

  /// Whether a value of the graph has the elements of a constant of the fused one.
  bool same(const Graph& graph, ValueId id, std::optional<ValueId> constant) const {
    if (!constant || *constant >= evidence_.fused.values.size()) return false;
    if (id == *constant) return true;
    const auto& a = graph.values[id].constant;
    const auto& b = evidence_.fused.values[*constant].constant;
    const auto* x = a ? std::get_if<Tensor>(&*a) : nullptr;
    const auto* y = b ? std::get_if<Tensor>(&*b) : nullptr;
    return x != nullptr && y != nullptr && x->defined() && y->defined() &&
           x->buffer() == y->buffer() && x->offset() == y->offset();
  }

  /// Of two numbers a token the first is the start's.
  static void name_spans(std::vector<OutputFigures>& figures) {
    std::vector<OutputFigures*> spans;
    for (OutputFigures& found : figures) {
      if (found.meaning == OutputMeaning::kStarts) spans.push_back(&found);
    }
    if (spans.size() == 2) {
      spans[1]->meaning = OutputMeaning::kEnds;
      return;
    }
    for (OutputFigures* found : spans) found->meaning = OutputMeaning::kTokenLabels;
  }

  std::string text_of(const OutputFigures& found) const {
    std::string text(name_of(found.meaning));
    if (found.meaning == OutputMeaning::kHiddenStates && !found.layer) return "embeddings";
    const bool numbered = found.layer && found.meaning != OutputMeaning::kLastHiddenStates;
    return numbered ? text + " of layer " + std::to_string(*found.layer) : text;
  }

  const ModelEvidence& evidence_;
  const Outline& outline_;
};

}  // namespace

std::vector<OutputFigures> find_output_figures(const ModelEvidence& evidence) {
  return OutputFinder(evidence).run();
}

}  // namespace henson::runtime
