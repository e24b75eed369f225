#include "runtime/api/output_info.h"

#include <algorithm>
#include <memory>
#include <string>

#include "runtime/analysis/output_roles.h"
#include "runtime/analysis/proven_shapes.h"
#include "runtime/analysis/size_formula.h"

namespace henson {

struct HENSON_HIDDEN SymbolicSize::Formula {
  runtime::SizeFormula size;
  std::string text;
};

bool SymbolicSize::is_known() const { return formula_->size.is_known(); }
std::optional<std::int64_t> SymbolicSize::number() const { return formula_->size.literal(); }
std::optional<std::int64_t> SymbolicSize::at(Shapes shapes) const {
  return formula_->size.at(shapes);
}
const std::string& SymbolicSize::text() const { return formula_->text; }

std::string to_string(const std::optional<std::vector<SymbolicSize>>& shape) {
  if (!shape) return "[...]";
  std::string text;
  for (const SymbolicSize& size : *shape) text += (text.empty() ? "" : ", ") + size.text();
  return '[' + text + ']';
}

std::string_view name_of(OutputMaker maker) noexcept {
  switch (maker) {
    case OutputMaker::kLinear:
      return "linear";
    case OutputMaker::kSoftmax:
      return "softmax";
    case OutputMaker::kLogSoftmax:
      return "log_softmax";
    case OutputMaker::kSigmoid:
      return "sigmoid";
    case OutputMaker::kTanh:
      return "tanh";
    case OutputMaker::kOther:
      break;
  }
  return "";
}

namespace runtime {
namespace {

/// Names of the inputs' sizes.
class SizeNames {
 public:
  explicit SizeNames(std::span<const InputInfo> inputs)
      : inputs_(inputs),
        one_text_(std::count_if(inputs.begin(), inputs.end(), [](const InputInfo& input) {
                    return input.role == InputRole::kIds;
                  }) == 1) {}

  std::string operator()(const SizeFormula::InputSize& size) const {
    const InputInfo& input = inputs_[size.input];
    if (one_text_ && input.role != InputRole::kOther && input.rank == 2) {
      return size.dim == 0 ? "batch" : "length";
    }
    return "input " + input.path + " size " + std::to_string(size.dim);
  }

 private:
  std::span<const InputInfo> inputs_;
  bool one_text_;
};

class Describer {
 public:
  Describer(const Graph& graph, std::span<const InputInfo> inputs, bool knows_ranks)
      : graph_(graph), known_(graph), roles_(graph), names_(inputs), knows_ranks_(knows_ranks) {}

  std::vector<OutputInfo> all() {
    const bool whole = graph_.output.kind == OutputShape::Kind::kLeaf;
    add(graph_.output, {whole ? "0" : "", ""});
    return std::move(outputs_);
  }

 private:
  /// Where an item of the output stands.
  struct Place {
    std::string path;
    std::string key;

    Place item(const std::string& part, bool keyed) const {
      return {path.empty() ? part : path + '.' + part, keyed ? part : ""};
    }
  };

  void add(const OutputShape& shape, const Place& place) {
    if (shape.kind == OutputShape::Kind::kLeaf) {
      leaf_ = shape.value;
      return add(known_.fact(leaf_), graph_.values[leaf_].type, place);
    }
    const bool keyed = shape.kind == OutputShape::Kind::kDict;
    for (std::size_t i = 0; i < shape.items.size(); ++i) {
      add(shape.items[i], place.item(keyed ? shape.keys[i] : std::to_string(i), keyed));
    }
  }

  /// A leaf, or an item of a list that is one.
  void add(const Fact& fact, const Type& type, const Place& place) {
    const TypeKind kind = type.kind == TypeKind::kAny ? fact.kind : type.kind;
    if (ended_ || !may_hold_tensors(type) || fact.kind == TypeKind::kNone) return;
    if (kind == TypeKind::kTensor) return add_tensor(fact, place);
    if (!fact.items) {
      ended_ = true;
      return;
    }
    const bool whole = graph_.output.kind == OutputShape::Kind::kLeaf && place.path == "0";
    for (std::size_t i = 0; i < fact.items->size(); ++i) {
      add((*fact.items)[i], item_type(type, i),
          (whole ? Place() : place).item(std::to_string(i), false));
    }
  }

  static Type item_type(const Type& type, std::size_t i) {
    if (type.kind == TypeKind::kTuple && i < type.elements.size()) return type.elements[i];
    return type.kind == TypeKind::kList ? type.elements[0] : Type();
  }

  static bool may_hold_tensors(const Type& type) {
    switch (type.kind) {
      case TypeKind::kAny:
      case TypeKind::kTensor:
        return true;
      case TypeKind::kList:
      case TypeKind::kOptional:
      case TypeKind::kTuple:
      case TypeKind::kDict:
        return std::any_of(type.elements.begin(), type.elements.end(), may_hold_tensors);
      default:
        return false;
    }
  }

  void add_tensor(const Fact& fact, const Place& place) {
    OutputInfo output;
    output.path = place.path;
    output.key = place.key;
    output.dtype = fact.dtype;
    if (fact.dims && knows_ranks_) {
      output.shape.emplace();
      for (const Dimension& size : *fact.dims) {
        const SizeFormula formula = SizeFormula::of(known_.domain(), size);
        output.shape->emplace_back(std::make_shared<const SymbolicSize::Formula>(
            SymbolicSize::Formula{formula, formula.to_string(names_)}));
      }
    }
    const OutputRole role = roles_.of(leaf_);
    output.maker = role.maker;
    output.order = role.order;
    outputs_.push_back(std::move(output));
  }

  const Graph& graph_;
  ProvenShapes known_;
  OutputRoles roles_;
  SizeNames names_;
  bool knows_ranks_;
  ValueId leaf_ = 0;
  bool ended_ = false;  // behind a list of unknown length
  std::vector<OutputInfo> outputs_;
};

}  // namespace

std::vector<OutputInfo> describe_outputs(const Graph& graph, std::span<const InputInfo> inputs,
                                         const UnlockResult& unlocked) {
  // Ranks that the archive does not tell are guessed; wrongly, where sizes then do not fit.
  const bool told = std::all_of(inputs.begin(), inputs.end(), [](const InputInfo& input) {
    return !input.used || input.traced_shape;
  });
  return Describer(graph, inputs, told || unlocked.contradictions == 0).all();
}

}  // namespace runtime
}  // namespace henson
