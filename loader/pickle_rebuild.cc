// What the names of a pickle mean: tensors, storages, objects. See pickle_machine.h.
#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "loader/limits.h"
#include "loader/pickle_machine.h"

namespace henson::loader {
namespace {

using Kind = PickleName::Kind;

std::int64_t element_index(const StoredTensor& tensor, std::int64_t index) {
  return tensor.offset + index * tensor.strides[0];
}

template <typename T>
T element(const StoredTensor& tensor, std::int64_t index) {
  T value{};
  const auto bytes = tensor.storage->bytes().subspan(
      static_cast<std::size_t>(element_index(tensor, index)) * sizeof(T), sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(&value));
  return value;
}

double number_at(const StoredTensor& tensor, std::int64_t index) {
  switch (tensor.dtype) {
    case DType::kFloat32:
      return element<float>(tensor, index);
    case DType::kFloat64:
      return element<double>(tensor, index);
    case DType::kInt32:
      return element<std::int32_t>(tensor, index);
    default:
      return static_cast<double>(element<std::int64_t>(tensor, index));
  }
}

bool is_number_type(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat64 || dtype == DType::kInt32 ||
         dtype == DType::kInt64;
}

}  // namespace

const PickleName& PickleMachine::name_of_node(NodeId node) const {
  const auto* name = std::get_if<PickleName>(&nodes_[node].content);
  if (!name) fail("a value stands where a name should");
  return *name;
}

const PickleMachine::Sequence& PickleMachine::sequence(NodeId node, const char* what) const {
  const auto* tuple = std::get_if<Sequence>(&nodes_[node].content);
  if (!tuple) fail(std::string("what should be ") + what + " is no tuple");
  return *tuple;
}

PickleMachine::NodeId PickleMachine::argument(const Sequence& arguments, std::size_t index) const {
  if (index >= arguments.items.size()) {
    fail("a call with " + std::to_string(arguments.items.size()) + " arguments, too few");
  }
  return arguments.items[index];
}

std::int64_t PickleMachine::integer(NodeId node, const char* what) const {
  const auto* value = value_if<std::int64_t>(node);
  if (!value) fail(std::string("what should be ") + what + " is no integer");
  return *value;
}

const std::string& PickleMachine::text(NodeId node, const char* what) const {
  const auto* value = value_if<std::string>(node);
  if (!value) fail(std::string("what should be ") + what + " is no string");
  return *value;
}

std::vector<std::int64_t> PickleMachine::integers(NodeId node, const char* what) const {
  const Sequence& tuple = sequence(node, what);
  if (tuple.items.size() > limits::kMaxRank) {
    fail("a tensor of " + std::to_string(tuple.items.size()) + " dimensions; at most " +
         std::to_string(limits::kMaxRank) + " can be");
  }
  std::vector<std::int64_t> numbers;
  for (const NodeId item : tuple.items) numbers.push_back(integer(item, what));
  return numbers;
}

void PickleMachine::name_global(std::string_view module, std::string_view name) {
  auto known = find_pickle_name(module, name);
  if (!known) {
    const std::string qualified = std::string(module) + '.' + std::string(name);
    if (module.starts_with("torch")) unsupported("'" + qualified + "' is not supported");
    fail("the name '" + qualified + "' is not allowed in an archive; nothing was run");
  }
  push(make({std::move(*known), 0, false}));
}

void PickleMachine::new_object(NodeId cls) {
  const PickleName& name = name_of_node(cls);
  if (name.kind != Kind::kClass && name.kind != Kind::kTensorIdClass &&
      name.kind != Kind::kIntListClass) {
    fail("'" + name.name + "' is not a class");
  }
  auto object = std::make_shared<Object>();
  object->class_name = name.name;
  charge(name.name.size());
  push_value(std::move(object));
}

void PickleMachine::build(NodeId id, NodeId state) {
  if (id == state) fail("an object that is its own state");
  if (hooks_.attributed_dicts && value_if<std::shared_ptr<Dict>>(id) != nullptr) return;
  Object& object = open_container<Object>(id, "an object");
  if (!object.attributes.empty() || object.state) fail("an object is built twice");
  if (object.class_name == "__main__.TensorID") {
    if (!hooks_.tensor) fail("a tensor's id in a pickle that has no table of tensors");
    nodes_[id].content = hooks_.tensor(integer(state, "a tensor's id"), place());
    return;
  }
  std::uint32_t depth = 0;
  Value value = place_in(state, depth);
  nodes_[id].depth = depth;
  weigh_down(nodes_[id].weight, state);
  if (object.class_name == "__main__.IntList") {
    nodes_[id].content = std::move(value);
    return;
  }
  const auto* dict = std::get_if<std::shared_ptr<Dict>>(&value);
  if (!dict) {
    object.state = std::make_shared<const Value>(std::move(value));
    return;
  }
  std::unordered_set<std::string_view> names;
  for (const auto& [key, attribute] : (*dict)->items) {
    const auto* name = std::get_if<std::string>(&key);
    if (!name) fail("an attribute of " + object.class_name + " whose name is no string");
    if (!names.insert(*name).second) {
      fail(object.class_name + " has two attributes '" + *name + "'");
    }
    charge(name->size() + sizeof(Value));
    object.attributes.emplace_back(*name, attribute);
  }
}

void PickleMachine::reduce(const PickleName& callable, const Sequence& arguments) {
  switch (callable.kind) {
    case Kind::kRebuildTensor:
      return rebuild_tensor(arguments, false);
    case Kind::kRebuildQTensor:
      return rebuild_tensor(arguments, true);
    case Kind::kFirstArgument:
      return push(argument(arguments, 0));
    case Kind::kTensorById:
      if (!hooks_.tensor) fail("a tensor's id in a pickle that has no table of tensors");
      return push_value(hooks_.tensor(integer(argument(arguments, 0), "a tensor's id"), place()));
    case Kind::kOrderedDict:
      return ordered_dict(arguments);
    case Kind::kDevice:
    case Kind::kLayout: {
      std::string name = text(argument(arguments, 0), "a device or layout");
      charge(name.size());
      return push_value(std::move(name));
    }
    default:
      break;
  }
  fail("'" + callable.name + "' cannot be called in an archive");
}

void PickleMachine::load_storage(NodeId id) {
  const Sequence& fields = sequence(id, "a persistent id");
  const std::string& tag = text(argument(fields, 0), "a persistent id's kind");
  if (tag != "storage") fail("a persistent id of kind '" + tag + "'; only storages can be");
  const PickleName& type = name_of_node(argument(fields, 1));
  if (type.kind != Kind::kStorage) fail("'" + type.name + "' is not a storage's type");
  const std::string& key = text(argument(fields, 2), "a storage's key");
  const std::string& device = text(argument(fields, 3), "a storage's device");
  if (!is_device(device)) fail("storage " + key + " on '" + device + "', which is no device");
  const std::int64_t count = integer(argument(fields, 4), "a storage's number of elements");
  std::int64_t bytes = 0;
  if (count < 0 ||
      __builtin_mul_overflow(count, static_cast<std::int64_t>(size_of(type.dtype)), &bytes)) {
    fail("storage " + key + " with an impossible number of elements, " + std::to_string(count));
  }
  if (!hooks_.storage) fail("a storage in a pickle that has none");
  StorageRef storage{hooks_.storage(key, place()), type.dtype};
  if (storage.storage && storage.storage->size() != static_cast<std::uint64_t>(bytes)) {
    fail("storage " + storage.storage->entry() + " should have " + std::to_string(bytes) +
         " bytes and has " + std::to_string(storage.storage->size()));
  }
  push(make({std::move(storage), 0, false}));
}

void PickleMachine::check_place(const StoredTensor& tensor) const {
  try {
    check_bounds(tensor, reader_.entry());
  } catch (const Error& error) {
    fail(error.message());  // with the byte offset
  }
}

void PickleMachine::rebuild_tensor(const Sequence& arguments, bool quantized) {
  const auto* storage = std::get_if<StorageRef>(&nodes_[argument(arguments, 0)].content);
  if (!storage) fail("a tensor without a storage");
  // Then come whether it needs a gradient and its hooks, which mean nothing here, and what PyTorch
  // keeps beside a tensor.
  const std::size_t first = quantized ? 5 : 4;
  if (arguments.items.size() > first + 3) {
    fail("a tensor of " + std::to_string(arguments.items.size()) + " arguments, too many");
  }
  if (arguments.items.size() > first && !value_if<bool>(arguments.items[first])) {
    fail("a tensor that neither needs a gradient nor needs none");
  }
  if (is_quantized(storage->dtype) != quantized) {
    fail(quantized ? "a quantized tensor over a storage of " + std::string(name_of(storage->dtype))
                   : "a tensor without a scale over a storage of quantized integers");
  }
  auto tensor = std::make_shared<StoredTensor>();
  tensor->dtype = storage->dtype;
  tensor->storage = storage->storage;
  tensor->offset = integer(argument(arguments, 1), "a tensor's offset");
  tensor->shape = integers(argument(arguments, 2), "a tensor's sizes");
  tensor->strides = integers(argument(arguments, 3), "a tensor's strides");
  if (tensor->storage) {
    check_place(*tensor);
    spend(Budget::Kind::kRepeatedBytes, repeated_bytes(*tensor));
  } else if (!element_count(tensor->shape)) {
    fail("a tensor whose sizes are negative or overflow");
  }
  charge(sizeof(StoredTensor) + tensor->shape.size() * 16);
  if (quantized && has_float_zeros(argument(arguments, 4))) {
    return quantized_rows(std::move(tensor), sequence(argument(arguments, 4), "a quantizer"));
  }
  if (quantized) {
    tensor->quantization = quantization_of(argument(arguments, 4));
    const Quantization& scheme = *tensor->quantization;
    const auto axis = static_cast<std::size_t>(scheme.axis);
    if (scheme.per_channel &&
        (axis >= tensor->shape.size() ||
         scheme.scales.size() != static_cast<std::uint64_t>(tensor->shape[axis]) ||
         scheme.zero_points.size() != scheme.scales.size())) {
      fail("a quantized tensor whose scales do not fit its channels");
    }
  }
  push_value(std::move(tensor));
}

bool PickleMachine::has_float_zeros(NodeId quantizer) const {
  const Sequence& fields = sequence(quantizer, "a quantizer");
  return name_of_node(argument(fields, 0)).name.ends_with("float_qparams");
}

/// A table each of whose rows has its own scale and a zero that is no integer: as an object of the
/// integers, the scales and the zeros.
void PickleMachine::quantized_rows(std::shared_ptr<StoredTensor> integers,
                                   const Sequence& quantizer) {
  if (integers->dtype != DType::kQUInt8 || integers->shape.size() != 2 ||
      integer(argument(quantizer, 3), "a quantizer's axis") != 0) {
    unsupported("only tables of 8-bit rows may be quantized with zero points that are floats");
  }
  integers->dtype = DType::kUInt8;
  auto rows = std::make_shared<Object>();
  rows->class_name = std::string(kQuantizedRows);
  charge(rows->class_name.size() + 3 * sizeof(Value));
  // Whoever computes with it writes its elements out as floats.
  const auto count = static_cast<std::uint64_t>(element_count(integers->shape).value_or(0));
  spend(Budget::Kind::kRepeatedBytes, (sizeof(float) - 1) * count);
  std::uint32_t depth = 0;
  rows->attributes.emplace_back("integers", Value(std::move(integers)));
  rows->attributes.emplace_back("scales", place_in(argument(quantizer, 1), depth));
  rows->attributes.emplace_back("zeros", place_in(argument(quantizer, 2), depth));
  push_value(std::move(rows), depth);
}

Quantization PickleMachine::quantization_of(NodeId quantizer) {
  const Sequence& fields = sequence(quantizer, "a quantizer");
  const PickleName& scheme = name_of_node(argument(fields, 0));
  Quantization result;
  if (scheme.kind == Kind::kPerTensorAffine) {
    result.scales = numbers_of(argument(fields, 1));
    result.zero_points = {integer(argument(fields, 2), "a zero point")};
    if (result.scales.size() != 1) fail("a quantized tensor with several scales");
    return result;
  }
  if (scheme.kind != Kind::kPerChannelAffine) fail("'" + scheme.name + "' is not a quantizer");
  result.per_channel = true;
  result.scales = numbers_of(argument(fields, 1));
  for (const double zero : numbers_of(argument(fields, 2))) {
    if (!(zero >= -2147483648.0 && zero <= 2147483647.0)) fail("a zero point out of range");
    result.zero_points.push_back(static_cast<std::int64_t>(zero));
  }
  const std::int64_t axis = integer(argument(fields, 3), "a quantizer's axis");
  if (axis < 0 || axis >= static_cast<std::int64_t>(limits::kMaxRank))
    fail("a quantizer's axis out of range");
  result.axis = static_cast<int>(axis);
  return result;
}

// A float, a list of them, or the elements of a tensor of one dimension.
std::vector<double> PickleMachine::numbers_of(NodeId node) {
  if (const auto* number = value_if<double>(node)) return {*number};
  if (const auto* list = value_if<std::shared_ptr<List>>(node)) {
    charge((*list)->items.size() * sizeof(double));
    std::vector<double> numbers;
    for (const Value& item : (*list)->items) {
      const auto* real = std::get_if<double>(&item);
      const auto* whole = std::get_if<std::int64_t>(&item);
      if (!real && !whole) fail("a quantizer's list holds what is no number");
      numbers.push_back(real ? *real : static_cast<double>(*whole));
    }
    return numbers;
  }
  const auto* held = value_if<std::shared_ptr<StoredTensor>>(node);
  if (!held || (*held)->shape.size() != 1 || !(*held)->storage || !is_number_type((*held)->dtype)) {
    fail("a quantizer's scales or zero points are no numbers");
  }
  const std::int64_t count = (*held)->shape[0];
  charge(static_cast<std::uint64_t>(count) * sizeof(double));
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(number_at(**held, i));
  return numbers;
}

// OrderedDict() or OrderedDict([[key, value], …]).
void PickleMachine::ordered_dict(const Sequence& arguments) {
  auto dict = std::make_shared<Dict>();
  std::uint32_t depth = 0;
  std::uint32_t weight = 1;
  if (!arguments.items.empty()) {
    weigh_down(weight, arguments.items[0]);
    const Value pairs = place_in(arguments.items[0], depth);
    const auto* list = std::get_if<std::shared_ptr<List>>(&pairs);
    if (!list) fail("an OrderedDict of what is no list");
    for (const Value& pair : (*list)->items) {
      const auto* tuple = std::get_if<std::shared_ptr<Tuple>>(&pair);
      const auto* items = std::get_if<std::shared_ptr<List>>(&pair);
      const std::vector<Value>* both = tuple   ? &(*tuple)->items
                                       : items ? &(*items)->items
                                               : nullptr;
      if (!both || both->size() != 2) fail("an OrderedDict of what are no pairs");
      charge(2 * sizeof(Value));
      dict->items.emplace_back((*both)[0], (*both)[1]);
    }
  }
  push_value(std::move(dict), depth);
  nodes_[top()].weight = weight;
}

}  // namespace henson::loader
