// The computation of an archive as one flat graph: submodules inlined, every `if` resolved.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "henson/error.h"
#include "loader/script/ast.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {

using ValueId = std::uint32_t;

/// A value: an input, a constant, or the result of the one node that makes it.
struct GraphValue {
  Type type;
  std::string name;               // of a weight or input; else empty
  std::optional<Value> constant;  // of a constant
  std::optional<DType> dtype;     // of a tensor, where it is known without running
  std::optional<bool> floating =
      std::nullopt;  // whether that is a floating type, where only so much is known
};

enum class NodeKind {
  kOperator,  // op(inputs), in the order of its schema, defaults filled in
  kList,      // [inputs]
  kTuple,     // (inputs)
  kUnpack,    // a, b, c = inputs[0]: a list of exactly so many items
};

struct Node {
  NodeKind kind = NodeKind::kOperator;
  const Operator* op = nullptr;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  script::SourceLine where;
};

struct GraphInput {
  std::string path;  // "0", "1", "0.attention_mask", "0.1"
  std::string name;  // "input_ids", "features.attention_mask"
  ValueId value = 0;
  std::optional<std::size_t> rank = std::nullopt;  // of a tensor, once unlock() has settled it
};
std::string describe(const GraphInput& input);  // "input 0 (input_ids)"

/// The structure that the trace returns, with a graph value at each leaf.
struct OutputShape {
  enum class Kind { kLeaf, kTuple, kList, kDict };
  Kind kind = Kind::kLeaf;
  ValueId value = 0;
  std::vector<OutputShape> items;
  std::vector<std::string> keys;  // of a dict
};

struct Graph {
  std::vector<GraphValue> values;
  std::vector<GraphInput> inputs;
  std::vector<Node> nodes;  // in an order in which they can run
  OutputShape output;

  ValueId add_value(GraphValue value);
  ValueId add_constant(Value value, Type type, std::string name = {});
};

/// The values at the leaves of an output, in order.
std::vector<ValueId> leaves_of(const OutputShape& output);
/// The type of a value that exists.
Type type_of(const Value& value);
/// "code/__torch__/model.py:17".
std::string to_string(const script::SourceLine& where);
/// Throws henson::Error with the place of `where`.
[[noreturn]] void throw_at(const script::SourceLine& where, ErrorCode code,
                           const std::string& message);

/// Whether a node calls an operator that has any of these traits.
inline bool has_any(const Node& node, Trait wanted) {
  return node.kind == NodeKind::kOperator && node.op->rule.has_any(wanted);
}
/// Whether a node writes into one of its arguments: the schema says so, as Tensor(a!).
bool writes(const Node& node);

}  // namespace henson::runtime
