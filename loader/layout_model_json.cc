// The layout of PyTorch 1.0 to 1.2: model.json (a protobuf message written as JSON), code/NAME.py,
// tensors/N.
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "loader/code.h"
#include "loader/limits.h"
#include "loader/package.h"
#include "loader/pickle.h"
#include "loader/pickle_names.h"

namespace henson::loader {
namespace {

using Json = nlohmann::json;

constexpr const char* kModel = "model.json";
constexpr const char* kAttributes = "attributes.pkl";
constexpr std::uint64_t kMaxNoteBytes = 4096;

[[noreturn]] void bad_model(const std::string& message) {
  throw Error(ErrorCode::kBadArchive, message, {kModel, {}, {}});
}

// Of two members of one name one reader takes the first and another the last.
class MembersOnce {
 public:
  bool operator()(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      names_.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      names_.pop_back();
    } else if (event == Json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second) {
        bad_model("an object has two members '" + name + "'");
      }
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> names_;  // of the objects around
};

Json parse_model(const std::string& text) {
  MembersOnce once;
  try {
    return Json::parse(text, [&](int, Json::parse_event_t event, const Json& parsed) {
      return once(event, parsed);
    });
  } catch (const Json::parse_error& error) {
    throw Error(ErrorCode::kBadArchive, "the JSON does not parse", {kModel, error.byte, {}});
  } catch (const Json::exception&) {  // a number that no double holds
    bad_model("the JSON has a number that is too large");
  }
}

// The member `key`, or null: a field of its default value is not written.
const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) bad_model("an object is expected around '" + std::string(key) + "'");
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json& list_member(const Json& object, const char* key) {
  static const Json kEmpty = Json::array();
  const Json* list = member(object, key);
  if (!list) return kEmpty;
  if (!list->is_array()) bad_model("'" + std::string(key) + "' is not a list");
  return *list;
}

std::string text_member(const Json& object, const char* key) {
  const Json* text = member(object, key);
  if (!text) return {};
  if (!text->is_string()) bad_model("'" + std::string(key) + "' is not a string");
  return text->get<std::string>();
}

// JSON of protobuf writes 64-bit integers as strings.
std::int64_t to_integer(const Json& value, const char* key) {
  if (value.is_number_integer() && !value.is_number_unsigned()) return value.get<std::int64_t>();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX) {
    return static_cast<std::int64_t>(value.get<std::uint64_t>());
  }
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  bad_model("'" + std::string(key) + "' is not an integer");
}

std::int64_t integer_member(const Json& object, const char* key) {
  const Json* value = member(object, key);
  return value ? to_integer(*value, key) : 0;
}

bool is_true(const Json& object, const char* key) {
  const Json* value = member(object, key);
  return value && value->is_boolean() && value->get<bool>();
}

std::vector<std::int64_t> integers_member(const Json& object, const char* key) {
  const Json& list = list_member(object, key);
  if (list.size() > limits::kMaxRank) {
    bad_model("a tensor of " + std::to_string(list.size()) + " dimensions; at most " +
              std::to_string(limits::kMaxRank) + " can be");
  }
  std::vector<std::int64_t> numbers;
  for (const Json& item : list) numbers.push_back(to_integer(item, key));
  return numbers;
}

DType dtype_of(const std::string& name) {
  static const std::map<std::string, DType> kTypes = {
      {"FLOAT", DType::kFloat32}, {"DOUBLE", DType::kFloat64}, {"FLOAT16", DType::kFloat16},
      {"INT64", DType::kInt64},   {"INT32", DType::kInt32},    {"INT16", DType::kInt16},
      {"INT8", DType::kInt8},     {"UINT8", DType::kUInt8},    {"BYTE", DType::kUInt8},
      {"BOOL", DType::kBool}};
  const auto found = kTypes.find(name);
  if (found == kTypes.end()) {
    throw Error(ErrorCode::kUnsupported, "tensors of type '" + name + "' are not supported",
                {kModel, {}, {}});
  }
  return found->second;
}

class ModelJson {
 public:
  ModelJson(Package& package, Archive& archive, const Steps& steps)
      : package_(package), archive_(archive), steps_(steps), code_(package, archive) {}

  void load();

 private:
  void load_tensors(const Json& model);
  void load_attributes();
  const Value& tensor(std::int64_t id) const;
  const Value& attribute(std::int64_t id) const;
  std::shared_ptr<Object> load_module(const Json& definition, std::size_t depth);
  void load_code(const std::string& entry);
  void load_version();

  Package& package_;
  Archive& archive_;
  const Steps& steps_;
  CodeReader code_;
  std::vector<Value> tensors_;
  std::vector<Value> attributes_;
  std::optional<std::int64_t> op_version_;
};

std::shared_ptr<StoredTensor> load_tensor(Package& package, const Json& definition,
                                          std::size_t id) {
  if (is_true(definition, "isQuantized")) {
    throw Error(ErrorCode::kUnsupported,
                "quantized tensors of PyTorch 1.2 and older are not supported", {kModel, {}, {}});
  }
  auto tensor = std::make_shared<StoredTensor>();
  tensor->dtype = dtype_of(text_member(definition, "dataType"));
  tensor->shape = integers_member(definition, "dims");
  tensor->strides = integers_member(definition, "strides");
  tensor->offset = integer_member(definition, "offset");
  const std::string device = text_member(definition, "device");
  if (!device.empty() && !is_device(device)) {
    bad_model("tensor " + std::to_string(id) + " on '" + device + "', which is no device");
  }
  const Json* data = member(definition, "data");
  const std::string key = data ? text_member(*data, "key") : std::string();
  if (key.empty()) bad_model("tensor " + std::to_string(id) + " has no storage");
  tensor->storage = package.storage(key, {kModel, {}, {}});
  check_bounds(*tensor, std::string(kModel) + ": tensor " + std::to_string(id));
  constexpr auto kKind = Budget::Kind::kRepeatedBytes;
  if (!package.budget().spend(kKind, repeated_bytes(*tensor))) {
    bad_model("tensor " + std::to_string(id) + ": " + package.budget().refusal(kKind));
  }
  return tensor;
}

void ModelJson::load() {
  const Json model = parse_model(package_.text(kModel, limits::kMaxJsonBytes));
  archive_.producer = text_member(model, "producerName");
  const std::string producer_version = text_member(model, "producerVersion");
  if (!producer_version.empty()) archive_.producer += ' ' + producer_version;
  load_tensors(model);
  steps_.run([&] { load_attributes(); });
  steps_.run([&] {
    const Json* main = member(model, "mainModule");
    if (!main) bad_model("there is no 'mainModule'");
    archive_.module = load_module(*main, 0);
    if (archive_.module->class_name.empty()) bad_model("the main module has no code");
  });
  code_.parse_all(steps_);
  steps_.run([&] { load_version(); });
  // CONSTANTS.cN is the N-th of all tensors, parameters included.
  archive_.constants = std::move(tensors_);
}

void ModelJson::load_tensors(const Json& model) {
  for (const Json& definition : list_member(model, "tensors")) {
    tensors_.emplace_back(load_tensor(package_, definition, tensors_.size()));
  }
}

void ModelJson::load_attributes() {
  const auto text = package_.text_if(kAttributes, limits::kMaxPickleBytes);
  if (!text) return;
  PickleHooks hooks;
  hooks.budget = &package_.budget();
  hooks.tensor = [&](std::int64_t id, const ErrorPlace&) { return tensor(id); };
  const Value value = read_pickle(*text, kAttributes, hooks);
  if (const auto* tuple = std::get_if<std::shared_ptr<Tuple>>(&value)) {
    attributes_ = (*tuple)->items;
  } else if (const auto* list = std::get_if<std::shared_ptr<List>>(&value)) {
    attributes_ = (*list)->items;
  } else {
    throw Error(ErrorCode::kBadArchive, "the attributes are neither a tuple nor a list",
                {kAttributes, {}, {}});
  }
}

const Value& ModelJson::tensor(std::int64_t id) const {
  if (id < 0 || static_cast<std::uint64_t>(id) >= tensors_.size()) {
    bad_model("tensor " + std::to_string(id) + " is named, and there are " +
              std::to_string(tensors_.size()));
  }
  return tensors_[static_cast<std::size_t>(id)];
}

const Value& ModelJson::attribute(std::int64_t id) const {
  if (id < 0 || static_cast<std::uint64_t>(id) >= attributes_.size()) {
    bad_model("attribute " + std::to_string(id) + " is named, and there are " +
              std::to_string(attributes_.size()));
  }
  return attributes_[static_cast<std::size_t>(id)];
}

std::shared_ptr<Object> ModelJson::load_module(const Json& definition, std::size_t depth) {
  if (depth > limits::kMaxPickleDepth) {
    bad_model("modules nest deeper than " + std::to_string(limits::kMaxPickleDepth));
  }
  auto object = std::make_shared<Object>();
  auto& members = object->attributes;
  for (const Json& parameter : list_member(definition, "parameters")) {
    members.emplace_back(text_member(parameter, "name"),
                         tensor(integer_member(parameter, "tensorId")));
  }
  for (const Json& held : list_member(definition, "attributes")) {
    members.emplace_back(text_member(held, "name"), attribute(integer_member(held, "id")));
  }
  for (const Json& submodule : list_member(definition, "submodules")) {
    members.emplace_back(text_member(submodule, "name"), load_module(submodule, depth + 1));
  }
  if (const Json* arena = member(definition, "torchscriptArena")) {
    object->class_name = text_member(*arena, "key");
    if (!object->class_name.empty()) steps_.run([&] { load_code(object->class_name); });
  }
  std::set<std::string_view> names;
  for (const auto& [name, value] : members) {
    if (!names.insert(name).second) bad_model("a module has two members '" + name + "'");
  }
  return object;
}

// A module's code is functions without a class. Its methods are those whose first parameter has no
// type: "self", or what the author called it.
void ModelJson::load_code(const std::string& entry) {
  if (archive_.classes.contains(entry)) return;
  script::SourceFile file = code_.parse(entry, entry);
  script::Class methods;
  methods.name = entry;
  methods.base = "Module";
  methods.line = 1;
  methods.entry = file.entry;
  for (script::Function& function : file.functions) {
    const bool is_method = !function.parameters.empty() && !function.parameters[0].type;
    if (is_method) {
      methods.methods.push_back(std::move(function));
    } else {
      code_.add_function(std::move(function), entry);
    }
  }
  for (script::Class& parsed : file.classes) code_.add_class(std::move(parsed));
  code_.add_class(std::move(methods));
  for (const auto& [name, value] : file.assignments) {
    if (name == "op_version_set" && value && value->kind == script::ExprKind::kInt) {
      op_version_ = check_version(value->integer, entry);
    }
  }
}

void ModelJson::load_version() {
  // The entry "version" is 1 in all archives of this layout; the code tells 1.0 and 1.1 apart.
  if (op_version_) {
    archive_.version = *op_version_;
  } else if (const auto text = package_.text_if("version", kMaxNoteBytes)) {
    archive_.version = parse_version(*text, "version");
  } else {
    throw Error(ErrorCode::kBadArchive, "the entry is missing: it says what the operators mean",
                {"version", {}, {}});
  }
}

}  // namespace

void load_model_json(Package& package, Archive& archive, const Steps& steps) {
  ModelJson(package, archive, steps).load();
}

}  // namespace henson::loader
