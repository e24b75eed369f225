// The stack machine: opcodes to nodes. What REDUCE and BUILD mean is in pickle_rebuild.cc.
#include "loader/pickle.h"

#include <algorithm>
#include <cstdio>

#include "loader/limits.h"
#include "loader/pickle_machine.h"

namespace henson::loader {
namespace {

constexpr std::uint8_t kProtocol = 0x80;
constexpr std::uint8_t kStop = '.';
constexpr std::uint8_t kMinProtocol = 2;
constexpr std::uint8_t kMaxProtocol = 5;

}  // namespace

Value read_pickle(std::string_view bytes, const std::string& entry, const PickleHooks& hooks) {
  return PickleMachine(bytes, entry, hooks).run();
}

PickleMachine::PickleMachine(std::string_view bytes, const std::string& entry,
                             const PickleHooks& hooks)
    : reader_(std::as_bytes(std::span(bytes)), entry),
      hooks_(hooks),
      budget_(hooks.budget != nullptr ? *hooks.budget : own_budget_) {}

Value PickleMachine::run() {
  read_protocol();
  for (;;) {
    opcode_offset_ = reader_.position();
    const std::uint8_t opcode = reader_.u8();
    if (opcode == kStop) break;
    step(opcode);
  }
  const NodeId result = pop();
  if (!stack_.empty() || !marks_.empty()) fail("the pickle stops with values left on its stack");
  std::uint32_t depth = 0;
  return place_in(result, depth);
}

void PickleMachine::read_protocol() {
  if (reader_.u8() != kProtocol) fail("not a pickle of protocol 2 or later");
  const std::uint8_t version = reader_.u8();
  if (version < kMinProtocol || version > kMaxProtocol) {
    fail("a pickle of protocol " + std::to_string(version) + "; 2 to 5 can be read");
  }
}

void PickleMachine::step(std::uint8_t opcode) {
  if (do_scalar(opcode) || do_string(opcode) || do_stack(opcode) || do_memo(opcode) ||
      do_tuple(opcode) || do_container(opcode) || do_object(opcode)) {
    return;
  }
  char hex[8];
  std::snprintf(hex, sizeof hex, "0x%02x", opcode);
  fail(std::string("opcode ") + hex + " is not one that archives use");
}

bool PickleMachine::do_scalar(std::uint8_t opcode) {
  switch (opcode) {
    case 'N':  // NONE
      push_value(None{});
      return true;
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      push_value(opcode == 0x88);
      return true;
    case 'J':  // BININT
      push_value(reader_.signed_integer(4));
      return true;
    case 'K':  // BININT1
      push_value(std::int64_t{reader_.u8()});
      return true;
    case 'M':  // BININT2
      push_value(std::int64_t{reader_.u16()});
      return true;
    case 'G':  // BINFLOAT
      push_value(reader_.f64_big_endian());
      return true;
    case 0x8a:    // LONG1
    case 0x8b: {  // LONG4
      const std::uint64_t size = opcode == 0x8a ? reader_.u8() : reader_.u32();
      if (size > 8) fail("an integer of " + std::to_string(size) + " bytes; at most 8 can be");
      push_value(reader_.signed_integer(static_cast<std::size_t>(size)));
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::do_string(std::uint8_t opcode) {
  std::uint64_t size = 0;
  switch (opcode) {
    case 'U':   // SHORT_BINSTRING
    case 0x8c:  // SHORT_BINUNICODE
    case 'C':   // SHORT_BINBYTES
      size = reader_.u8();
      break;
    case 'T':  // BINSTRING
    case 'X':  // BINUNICODE
    case 'B':  // BINBYTES
      size = reader_.u32();
      break;
    case 0x8d:  // BINUNICODE8
    case 0x8e:  // BINBYTES8
      size = reader_.u64();
      break;
    default:
      return false;
  }
  push_value(std::string(reader_.text(size)));
  return true;
}

bool PickleMachine::do_stack(std::uint8_t opcode) {
  switch (opcode) {
    case '(':  // MARK
      if (marks_.size() >= limits::kMaxPickleDepth) fail("marks nest too deep");
      marks_.push_back(stack_.size());
      return true;
    case '0':  // POP, also of a mark
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case '1':  // POP_MARK
      pop_to_mark();
      return true;
    case '2':  // DUP
      push(top());
      return true;
    case 0x95:  // FRAME
      reader_.u64();
      return true;
    default:
      return false;
  }
}

bool PickleMachine::do_memo(std::uint8_t opcode) {
  switch (opcode) {
    case 'q':  // BINPUT
      remember(reader_.u8());
      return true;
    case 'r':  // LONG_BINPUT
      remember(reader_.u32());
      return true;
    case 0x94:  // MEMOIZE
      remember(memo_.size());
      return true;
    case 'h':  // BINGET
      recall(reader_.u8());
      return true;
    case 'j':  // LONG_BINGET
      recall(reader_.u32());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::do_tuple(std::uint8_t opcode) {
  switch (opcode) {
    case ')':  // EMPTY_TUPLE
      make_tuple({});
      return true;
    case 't':  // TUPLE
      make_tuple(pop_to_mark());
      return true;
    case 0x85:    // TUPLE1
    case 0x86:    // TUPLE2
    case 0x87: {  // TUPLE3
      std::vector<NodeId> items(opcode - 0x84U);
      for (auto item = items.rbegin(); item != items.rend(); ++item) *item = pop();
      make_tuple(std::move(items));
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::do_container(std::uint8_t opcode) {
  switch (opcode) {
    case ']':  // EMPTY_LIST
      push_value(std::make_shared<List>());
      return true;
    case '}':  // EMPTY_DICT
      push_value(std::make_shared<Dict>());
      return true;
    case 'l':    // LIST
    case 'd': {  // DICT
      const std::vector<NodeId> items = pop_to_mark();
      if (opcode == 'l') {
        push_value(std::make_shared<List>());
        append(top(), items);
      } else {
        push_value(std::make_shared<Dict>());
        set_items(top(), items);
      }
      return true;
    }
    case 'a': {  // APPEND
      const NodeId item = pop();
      append(top(), {&item, 1});
      return true;
    }
    case 'e': {  // APPENDS
      const std::vector<NodeId> items = pop_to_mark();
      append(top(), items);
      return true;
    }
    case 's': {  // SETITEM
      const NodeId value = pop();
      const NodeId pair[] = {pop(), value};
      set_items(top(), pair);
      return true;
    }
    case 'u': {  // SETITEMS
      const std::vector<NodeId> items = pop_to_mark();
      set_items(top(), items);
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::do_object(std::uint8_t opcode) {
  switch (opcode) {
    case 'c': {  // GLOBAL
      const std::string_view module = reader_.line();
      name_global(module, reader_.line());
      return true;
    }
    case 0x93: {  // STACK_GLOBAL
      const NodeId name = pop();
      const NodeId module = pop();
      name_global(text(module, "a module's name"), text(name, "a name"));
      return true;
    }
    case 0x81: {  // NEWOBJ
      if (!sequence(pop(), "the arguments").items.empty()) fail("an object with arguments");
      new_object(pop());
      return true;
    }
    case 'R': {  // REDUCE
      const NodeId arguments = pop();
      reduce(name_of_node(pop()), sequence(arguments, "the arguments"));
      return true;
    }
    case 'b': {  // BUILD
      const NodeId state = pop();
      build(top(), state);
      return true;
    }
    case 'Q':  // BINPERSID
      load_storage(pop());
      return true;
    default:
      return false;
  }
}

void PickleMachine::fail(const std::string& message) const {
  throw Error(ErrorCode::kBadArchive, message, place());
}

void PickleMachine::unsupported(const std::string& message) const {
  throw Error(ErrorCode::kUnsupported, message, place());
}

ErrorPlace PickleMachine::place() const { return {reader_.entry(), opcode_offset_, {}}; }

void PickleMachine::charge(std::uint64_t bytes) { spend(Budget::Kind::kStringBytes, bytes); }

void PickleMachine::spend(Budget::Kind kind, std::uint64_t amount) {
  if (!budget_.spend(kind, amount)) fail(budget_.refusal(kind));
}

void PickleMachine::push(NodeId node) {
  spend(Budget::Kind::kPickleValues, 1);
  stack_.push_back(node);
}

PickleMachine::NodeId PickleMachine::make(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size() - 1);
}

void PickleMachine::push_value(Value value, std::uint32_t depth) {
  push(make({std::move(value), depth, false}));
}

PickleMachine::NodeId PickleMachine::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("an opcode without its operand");
  return stack_.back();
}

PickleMachine::NodeId PickleMachine::pop() {
  const NodeId node = top();
  stack_.pop_back();
  return node;
}

std::vector<PickleMachine::NodeId> PickleMachine::pop_to_mark() {
  if (marks_.empty()) fail("an opcode without its mark");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<NodeId> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::remember(std::uint64_t key) { memo_[key] = top(); }

void PickleMachine::recall(std::uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) fail("memo " + std::to_string(key) + " is read and was never written");
  push(found->second);
}

std::uint32_t PickleMachine::deeper(std::uint32_t depth) const {
  if (depth >= limits::kMaxPickleDepth) {
    fail("values nest deeper than " + std::to_string(limits::kMaxPickleDepth));
  }
  return depth + 1;
}

void PickleMachine::weigh_down(std::uint32_t& weight, NodeId node) const {
  weight += nodes_[node].weight;
  if (weight > limits::kMaxPickleValues) {
    fail("a value of more than " + std::to_string(limits::kMaxPickleValues) +
         " parts, with what it shares written out");
  }
}

Value PickleMachine::place_in(NodeId id, std::uint32_t& parent) {
  Node& node = nodes_[id];
  parent = std::max(parent, deeper(node.depth));
  node.placed = true;
  if (auto* tuple = std::get_if<Sequence>(&node.content)) {
    if (!tuple->value) {
      auto value = std::make_shared<Tuple>();
      value->items.reserve(tuple->items.size());
      std::uint32_t depth = 0;
      for (const NodeId item : tuple->items) value->items.push_back(place_in(item, depth));
      tuple->value = std::move(value);
    }
    return tuple->value;
  }
  const auto* value = std::get_if<Value>(&node.content);
  if (!value) fail("a name or a storage stands where a value should");
  if (const auto* string = std::get_if<std::string>(value)) charge(string->size());
  return *value;
}

void PickleMachine::make_tuple(std::vector<NodeId> items) {
  std::uint32_t depth = 0;
  std::uint32_t weight = 1;
  for (const NodeId item : items) {
    depth = std::max(depth, deeper(nodes_[item].depth));
    nodes_[item].placed = true;
    weigh_down(weight, item);
  }
  push(make({Sequence{std::move(items), nullptr}, depth, false, weight}));
}

void PickleMachine::append(NodeId list, std::span<const NodeId> items) {
  auto& into = open_container<List>(list, "a list").items;
  for (const NodeId item : items) {
    if (item == list) fail("a list holds itself");
    weigh_down(nodes_[list].weight, item);
    into.push_back(place_in(item, nodes_[list].depth));
  }
}

void PickleMachine::set_items(NodeId dict, std::span<const NodeId> items) {
  auto& into = open_container<Dict>(dict, "a dict").items;
  if (items.size() % 2 != 0) fail("a key without a value");
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (items[i] == dict || items[i + 1] == dict) fail("a dict holds itself");
    weigh_down(nodes_[dict].weight, items[i]);
    weigh_down(nodes_[dict].weight, items[i + 1]);
    Value key = place_in(items[i], nodes_[dict].depth);
    into.emplace_back(std::move(key), place_in(items[i + 1], nodes_[dict].depth));
  }
}

}  // namespace henson::loader
