// The machine behind read_pickle: its stack, its memo, and what the opcodes do. Internal to the
// loader.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "loader/bytes.h"
#include "loader/pickle.h"
#include "loader/pickle_names.h"

namespace henson::loader {

class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, const std::string& entry, const PickleHooks& hooks);
  /// Runs to STOP. Once.
  Value run();

 private:
  using NodeId = std::uint32_t;

  // A tuple stays a sequence of nodes until a value needs it: most are arguments, and those may
  // hold what is no value (a storage, a name).
  struct Sequence {
    std::vector<NodeId> items;
    std::shared_ptr<Tuple> value;
  };
  struct StorageRef {
    std::shared_ptr<const Storage> storage;
    DType dtype = DType::kFloat32;
  };
  // `placed` nodes lie within another value. They never change again, which rules out cycles and
  // makes `depth` exact.
  struct Node {
    std::variant<Value, PickleName, StorageRef, Sequence> content;
    std::uint32_t depth = 0;
    bool placed = false;
    /// Values that it would be if what it shares were written out: what reads a value may look at
    /// each as often.
    std::uint32_t weight = 1;
  };

  // One group of opcodes each; false if the opcode is of another group.
  bool do_scalar(std::uint8_t opcode);
  bool do_string(std::uint8_t opcode);
  bool do_stack(std::uint8_t opcode);
  bool do_memo(std::uint8_t opcode);
  bool do_tuple(std::uint8_t opcode);
  bool do_container(std::uint8_t opcode);
  bool do_object(std::uint8_t opcode);
  void read_protocol();
  void step(std::uint8_t opcode);

  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void unsupported(const std::string& message) const;
  ErrorPlace place() const;
  void spend(Budget::Kind kind, std::uint64_t amount);
  void charge(std::uint64_t bytes);  // of text and the like, which values hold

  void push(NodeId node);
  void push_value(Value value, std::uint32_t depth = 0);
  NodeId make(Node node);
  NodeId pop();
  NodeId top() const;
  std::vector<NodeId> pop_to_mark();
  void remember(std::uint64_t key);
  void recall(std::uint64_t key);

  // A node as a value within a container of depth `parent`, which it deepens.
  Value place_in(NodeId node, std::uint32_t& parent);
  // Adds the weight of a node to that of what holds it.
  void weigh_down(std::uint32_t& weight, NodeId node) const;
  std::uint32_t deeper(std::uint32_t depth) const;
  void make_tuple(std::vector<NodeId> items);
  void append(NodeId list, std::span<const NodeId> items);
  void set_items(NodeId dict, std::span<const NodeId> items);
  template <typename Container>
  Container& open_container(NodeId node, const char* what);

  void name_global(std::string_view module, std::string_view name);
  void new_object(NodeId cls);
  void build(NodeId object, NodeId state);
  void reduce(const PickleName& callable, const Sequence& arguments);
  void load_storage(NodeId id);
  void check_place(const StoredTensor& tensor) const;
  void rebuild_tensor(const Sequence& arguments, bool quantized);
  void ordered_dict(const Sequence& arguments);
  bool has_float_zeros(NodeId quantizer) const;
  void quantized_rows(std::shared_ptr<StoredTensor> integers, const Sequence& quantizer);
  Quantization quantization_of(NodeId quantizer);
  std::vector<double> numbers_of(NodeId node);

  const PickleName& name_of_node(NodeId node) const;
  const Sequence& sequence(NodeId node, const char* what) const;
  NodeId argument(const Sequence& arguments, std::size_t index) const;
  std::int64_t integer(NodeId node, const char* what) const;
  const std::string& text(NodeId node, const char* what) const;
  std::vector<std::int64_t> integers(NodeId node, const char* what) const;
  template <typename T>
  const T* value_if(NodeId node) const;

  ByteReader reader_;
  const PickleHooks& hooks_;
  std::size_t opcode_offset_ = 0;
  std::deque<Node> nodes_;
  std::vector<NodeId> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint64_t, NodeId> memo_;
  Budget own_budget_;
  Budget& budget_;
};

template <typename T>
const T* PickleMachine::value_if(NodeId node) const {
  const auto* value = std::get_if<Value>(&nodes_[node].content);
  return value ? std::get_if<T>(value) : nullptr;
}

template <typename Container>
Container& PickleMachine::open_container(NodeId node, const char* what) {
  const auto* container = value_if<std::shared_ptr<Container>>(node);
  if (!container) fail(std::string("what should be ") + what + " is none");
  if (nodes_[node].placed) fail("a value changes after another holds it");
  return **container;
}

}  // namespace henson::loader
