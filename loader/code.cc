#include "loader/code.h"

#include <algorithm>
#include <utility>

#include "loader/limits.h"
#include "loader/script/parser.h"

namespace henson::loader {
namespace {

constexpr std::string_view kFolder = "code/";
constexpr std::string_view kSuffix = ".py";

// "code/__torch__/a/b.py" is the module "__torch__.a.b".
std::string module_of(std::string_view entry) {
  entry.remove_prefix(kFolder.size());
  entry.remove_suffix(kSuffix.size());
  std::string module(entry);
  std::replace(module.begin(), module.end(), '/', '.');
  return module;
}

}  // namespace

script::SourceFile CodeReader::parse(const std::string& entry, const std::string& module) {
  parsed_[entry] = true;
  const std::string text =
      package_.text(entry, limits::kMaxCodeBytes - std::min(bytes_, limits::kMaxCodeBytes));
  bytes_ += text.size();
  return script::parse_source(text, entry, module, &package_.budget());
}

void CodeReader::add_class(script::Class parsed) {
  ErrorPlace place{parsed.entry ? *parsed.entry : std::string(), {}, parsed.line};
  std::string name = parsed.name;
  if (!archive_.classes.emplace(name, std::move(parsed)).second) {
    throw Error(ErrorCode::kBadArchive, "the class " + name + " is defined twice",
                std::move(place));
  }
}

void CodeReader::add_function(script::Function parsed, const std::string& module) {
  ErrorPlace place{parsed.entry ? *parsed.entry : std::string(), {}, parsed.line};
  std::string name = module + '.' + parsed.name;
  if (!archive_.functions.emplace(name, std::move(parsed)).second) {
    throw Error(ErrorCode::kBadArchive, "the function " + name + " is defined twice",
                std::move(place));
  }
}

void CodeReader::parse_all(const Steps& steps) {
  for (const Entry& entry : package_.entries()) {
    if (!entry.name.starts_with(kFolder) || !entry.name.ends_with(kSuffix)) continue;
    if (parsed_.contains(entry.name)) continue;
    steps.run([&] {
      const std::string module = module_of(entry.name);
      script::SourceFile file = parse(entry.name, module);
      for (script::Class& parsed : file.classes) add_class(std::move(parsed));
      for (script::Function& parsed : file.functions) add_function(std::move(parsed), module);
    });
  }
}

}  // namespace henson::loader
