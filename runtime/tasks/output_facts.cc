#include "runtime/tasks/output_facts.h"

#include <algorithm>
#include <utility>

#include "runtime/analysis/uses.h"
#include "runtime/api/model_impl.h"
#include "runtime/api/public_tensor.h"

namespace henson::tasks {
namespace {

using runtime::Graph;
using runtime::Node;
using runtime::NodeKind;
using runtime::OutputShape;
using runtime::ValueId;

class Makers {
 public:
  explicit Makers(const Graph& graph) : graph_(graph), makers_(graph.values.size(), kNone) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const ValueId id : graph.nodes[i].outputs) makers_[id] = i;
    }
  }

  void tell(ValueId value, OutputFacts& facts) const {
    for (;;) {
      if (makers_[value] == kNone) return;
      const Node& node = graph_.nodes[makers_[value]];
      facts.order = std::max(facts.order, makers_[value] + 1);
      if (node.inputs.empty()) return;
      const bool is_operator = node.kind == NodeKind::kOperator;
      if (is_operator && !runtime::keeps_elements(node)) {
        facts.maker = maker_of(node);
        return;
      }
      value = node.inputs[0];
    }
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  static bool is_product(const std::string& name) {
    return name == "aten::linear" || name == "aten::addmm" || name == "aten::mm" ||
           name == "aten::matmul" || name.starts_with("quantized::linear");
  }

  Maker maker_of(const Node& node) const {
    const std::string& name = node.op->schema.name;
    if (is_product(name) || is_product_and_bias(node)) return Maker::kLinear;
    if (name == "aten::softmax" || name == "aten::_softmax") return Maker::kSoftmax;
    if (name == "aten::log_softmax" || name == "aten::_log_softmax") return Maker::kLogSoftmax;
    if (name == "aten::sigmoid" || name == "aten::sigmoid_") return Maker::kSigmoid;
    if (name == "aten::tanh" || name == "aten::tanh_") return Maker::kTanh;
    return Maker::kOther;
  }

  /// x W + b of two operators. An addition of two computed values is a residual's.
  bool is_product_and_bias(const Node& node) const {
    const std::string& name = node.op->schema.name;
    if (name != "aten::add" && name != "aten::add_") return false;
    for (const std::size_t i : {0, 1}) {
      const std::size_t maker = makers_[node.inputs[i]];
      if (maker == kNone || !graph_.values[node.inputs[1 - i]].constant) continue;
      const Node& made = graph_.nodes[maker];
      if (made.kind == NodeKind::kOperator && is_product(made.op->schema.name)) return true;
    }
    return false;
  }

  const Graph& graph_;
  std::vector<std::size_t> makers_;
};

/// Adds facts of each tensor of an output. `shape` is what the graph says of it, or null.
void collect(const Output& output, const OutputShape* shape, const std::string& key,
             const Makers& makers, std::vector<OutputFacts>& all) {
  if (output.kind == Output::Kind::kTensor) {
    OutputFacts facts;
    facts.name = key.empty() ? std::to_string(all.size()) : key;
    facts.shape = output.tensor.shape();
    facts.floating = is_floating(output.tensor.dtype());
    if (shape != nullptr && shape->kind == OutputShape::Kind::kLeaf) {
      makers.tell(shape->value, facts);
    }
    all.push_back(std::move(facts));
  }
  for (std::size_t i = 0; i < output.items.size(); ++i) {
    const bool known = shape != nullptr && i < shape->items.size();
    const bool keyed = output.kind == Output::Kind::kDict;
    collect(output.items[i], known ? &shape->items[i] : nullptr, keyed ? output.keys[i] : "",
            makers, all);
  }
}

/// A sequence of so many unknown words, or of the first token of the vocabulary.
Encoding probe_of(const Tokenizer& tokenizer, std::size_t words) {
  Encoding encoding = tokenizer.encode("");
  const auto middle = static_cast<std::ptrdiff_t>(encoding.size() / 2);
  encoding.ids.insert(encoding.ids.begin() + middle, words, tokenizer.unk_id().value_or(0));
  encoding.type_ids.insert(encoding.type_ids.begin() + middle, words, 0);
  encoding.offsets.resize(encoding.ids.size());
  return encoding;
}

Output run_probe(Session& session, const std::vector<NamedInput>& inputs) {
  try {
    return session.run(inputs);
  } catch (const Error& error) {
    throw Error(error.code(),
                "the model does not run on one text of a few tokens: " + std::string(error.what()));
  }
}

}  // namespace

std::vector<OutputFacts> find_output_facts(const Model& model, Session& session,
                                           const TextInputs& inputs, const Tokenizer& tokenizer) {
  const runtime::Graph& graph = model.impl().program().built.graph;
  const Makers makers(graph);
  std::vector<OutputFacts> facts[2];
  for (const std::size_t words : {1, 2}) {
    const Output output = run_probe(session, inputs.of(probe_of(tokenizer, words)));
    collect(output, &graph.output, "", makers, facts[words - 1]);
  }
  for (std::size_t i = 0; i < facts[0].size() && i < facts[1].size(); ++i) {
    auto& shape = facts[0][i].shape;
    const auto& longer = facts[1][i].shape;
    for (std::size_t d = 0; d < shape.size() && d < longer.size(); ++d) {
      if (longer[d] != shape[d]) shape[d] = OutputFacts::kLength;
    }
  }
  return std::move(facts[0]);
}

std::string describe(const OutputFacts& output) {
  std::string text = "[";
  for (std::size_t d = 0; d < output.shape.size(); ++d) {
    const std::int64_t size = output.shape[d];
    text += d > 0 ? ", " : "";
    text += size == OutputFacts::kLength ? "length" : std::to_string(size);
  }
  static constexpr const char* kMakers[] = {" of a linear layer", " of softmax", " of log_softmax",
                                            " of sigmoid",        " of tanh",    ""};
  return text + ']' + (output.floating ? "" : " of integers") +
         kMakers[static_cast<std::size_t>(output.maker)];
}

std::vector<float> floats_of(const Tensor& tensor) {
  const runtime::Tensor floats = runtime::from_public(tensor).to(DType::kFloat32).contiguous();
  const auto* const first = floats.data<float>();
  return {first, first + floats.numel()};
}

}  // namespace henson::tasks
