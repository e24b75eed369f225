// The layout of PyTorch 1.3 and later: data.pkl, constants.pkl, code/__torch__/**.py.
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "loader/code.h"
#include "loader/limits.h"
#include "loader/package.h"
#include "loader/pickle.h"

namespace henson::loader {
namespace {

constexpr std::uint64_t kMaxNoteBytes = 4096;  // of "version" and the like

std::int64_t read_version(const Package& package) {
  for (const char* name : {"version", ".data/version"}) {
    if (const auto text = package.text_if(name, kMaxNoteBytes)) return parse_version(*text, name);
  }
  throw Error(ErrorCode::kBadArchive, "the entry is missing: it says what the operators mean",
              {"version", {}, {}});
}

void check_byte_order(const Package& package) {
  for (const char* name : {"byteorder", ".data/byteorder"}) {
    const auto text = package.text_if(name, kMaxNoteBytes);
    if (!text || text->starts_with("little")) continue;
    if (text->starts_with("big")) {
      throw Error(ErrorCode::kUnsupported,
                  "the archive is big-endian; load it and save it again on a little-endian machine",
                  {name, {}, {}});
    }
    throw Error(ErrorCode::kBadArchive, "neither \"little\" nor \"big\"", {name, {}, {}});
  }
}

// The pickle NAME.pkl, whose storages are in the folder NAME.
Value read_with_storages(Package& package, const std::string& name) {
  PickleHooks hooks;
  hooks.budget = &package.budget();
  hooks.storage = [&](const std::string& key, const ErrorPlace& place) {
    return package.storage(name + '/' + key, place);
  };
  const std::string entry = name + ".pkl";
  return read_pickle(package.text(entry, limits::kMaxPickleBytes), entry, hooks);
}

std::vector<Value> read_constants(Package& package) {
  if (!package.has("constants.pkl")) return {};
  const Value value = read_with_storages(package, "constants");
  if (const auto* tuple = std::get_if<std::shared_ptr<Tuple>>(&value)) return (*tuple)->items;
  if (const auto* list = std::get_if<std::shared_ptr<List>>(&value)) return (*list)->items;
  throw Error(ErrorCode::kBadArchive, "the constants are neither a tuple nor a list",
              {"constants.pkl", {}, {}});
}

using TracedInputs = decltype(Archive::traced_inputs);

// {"forward": [input, …]}. Only shapes and dtypes are wanted: storages may be empty or absent.
TracedInputs inputs_of_methods(const Value& value) {
  TracedInputs traced;
  const auto* methods = std::get_if<std::shared_ptr<Dict>>(&value);
  if (!methods) return traced;
  for (const auto& [key, inputs] : (*methods)->items) {
    const auto* name = std::get_if<std::string>(&key);
    if (!name) continue;
    if (const auto* list = std::get_if<std::shared_ptr<List>>(&inputs)) {
      traced.emplace(*name, (*list)->items);
    } else if (const auto* tuple = std::get_if<std::shared_ptr<Tuple>>(&inputs)) {
      traced.emplace(*name, (*tuple)->items);
    }
  }
  return traced;
}

TracedInputs read_traced_inputs(const Package& package) {
  PickleHooks hooks;
  hooks.budget = &package.budget();
  hooks.storage = [](const std::string&, const ErrorPlace&) { return nullptr; };
  try {
    const auto text = package.text_if("traced_inputs.pkl", limits::kMaxPickleBytes);
    if (!text) return {};
    return inputs_of_methods(read_pickle(*text, "traced_inputs.pkl", hooks));
  } catch (const Error&) {
    // A note about the dummy inputs: the archive runs without it.
    return {};
  }
}

// "__torch__.a.B" of the type that is written so; empty for another.
std::string class_named(const script::Expr* type) {
  std::vector<std::string_view> words;
  for (; type && type->kind == script::ExprKind::kAttribute; type = type->children[0].get()) {
    words.push_back(type->text);
  }
  if (!type || type->kind != script::ExprKind::kName) return {};
  std::string name = type->text;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    name += '.';
    name += *word;
  }
  return name;
}

// What a value is that an attribute holds, as declarations say it.
std::string kind_of(const Value& value) {
  if (const auto* object = std::get_if<std::shared_ptr<Object>>(&value)) {
    return (*object)->class_name;
  }
  return std::holds_alternative<std::shared_ptr<StoredTensor>>(value) ? "a Tensor"
                                                                      : "something else";
}

// An attribute is what the code declares it as, a submodule of that very class: else the code that
// runs and the code that is read would be two.
class ClassCheck {
 public:
  explicit ClassCheck(const Archive& archive) : archive_(archive) {}

  void check(const Object& object) {
    if (!seen_.insert(&object).second) return;
    std::unordered_map<std::string_view, const Value*> held;
    for (const auto& [name, value] : object.attributes) {
      held.emplace(name, &value);
      if (const auto* part = std::get_if<std::shared_ptr<Object>>(&value)) check(**part);
    }
    const auto own = archive_.classes.find(object.class_name);
    if (own == archive_.classes.end()) return;
    for (const auto& [name, type] : own->second.attributes) {
      const auto found = held.find(name);
      if (found == held.end()) continue;
      const std::string declared = class_named(type.get());
      if (is_declared(declared, *found->second)) continue;
      throw Error(ErrorCode::kBadArchive,
                  "the attribute '" + name + "' of " + object.class_name + " is declared as " +
                      declared + " and is " + kind_of(*found->second),
                  {"data.pkl", {}, {}});
    }
  }

 private:
  // Only what cannot be meant otherwise is compared; None may stand for a tensor that was never
  // set.
  bool is_declared(const std::string& declared, const Value& value) const {
    if (declared == "Tensor") {
      return std::holds_alternative<std::shared_ptr<StoredTensor>>(value) ||
             std::holds_alternative<None>(value);
    }
    const auto wanted = archive_.classes.find(declared);
    if (wanted == archive_.classes.end() || wanted->second.base != "Module") return true;
    const auto* part = std::get_if<std::shared_ptr<Object>>(&value);
    return part != nullptr && (*part)->class_name == declared;
  }

  const Archive& archive_;
  std::unordered_set<const Object*> seen_;
};

std::shared_ptr<Object> read_module(Package& package) {
  const Value module = read_with_storages(package, "data");
  const auto* object = std::get_if<std::shared_ptr<Object>>(&module);
  if (!object) {
    throw Error(ErrorCode::kBadArchive, "the archive's value is not a module",
                {"data.pkl", {}, {}});
  }
  return *object;
}

// After a fault there may be no module.
void check_classes(const Archive& archive) {
  if (archive.module == nullptr) return;
  if (!archive.classes.contains(archive.module->class_name)) {
    throw Error(
        ErrorCode::kBadArchive,
        "the module's class " + archive.module->class_name + " is not in the archive's code",
        {"data.pkl", {}, {}});
  }
  ClassCheck(archive).check(*archive.module);
}

}  // namespace

void load_data_pkl(Package& package, Archive& archive, const Steps& steps) {
  check_byte_order(package);  // of tensors it says what their bytes mean
  steps.run([&] { archive.version = read_version(package); });
  archive.mobile = package.has("bytecode.pkl");
  CodeReader(package, archive).parse_all(steps);
  steps.run([&] { archive.constants = read_constants(package); });
  steps.run([&] { archive.module = read_module(package); });
  steps.run([&] { check_classes(archive); });
  archive.traced_inputs = read_traced_inputs(package);
}

}  // namespace henson::loader
