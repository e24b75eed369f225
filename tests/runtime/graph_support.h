// Archives made of a few lines of code, for tests of the graph and its passes.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "loader/archive.h"
#include "loader/script/parser.h"
#include "runtime/import/builder.h"

namespace henson::runtime::test {

/// A float32 tensor over a storage of its own.
inline std::shared_ptr<loader::StoredTensor> stored(std::vector<std::int64_t> shape,
                                                    const std::vector<float>& values) {
  auto storage = std::make_shared<loader::Storage>("data/0", values.size() * sizeof(float));
  std::memcpy(storage->data(), values.data(), values.size() * sizeof(float));
  auto tensor = std::make_shared<loader::StoredTensor>();
  tensor->strides = contiguous_strides(shape);
  tensor->shape = std::move(shape);
  tensor->storage = std::move(storage);
  return tensor;
}

/// An archive whose root is an instance of `M` of the code, with attributes.
inline loader::Archive archive_of(
    const std::string& code, std::vector<std::pair<std::string, loader::Value>> attributes = {},
    std::int64_t version = 6) {
  loader::Archive archive;
  archive.version = version;
  script::SourceFile file = script::parse_source(code, "code/__torch__.py", "__torch__");
  for (script::Class& parsed : file.classes) {
    const std::string name = parsed.name;
    archive.classes.emplace(name, std::move(parsed));
  }
  for (script::Function& function : file.functions) {
    const std::string name = "__torch__." + function.name;
    archive.functions.emplace(name, std::move(function));
  }
  archive.module = std::make_shared<loader::Object>();
  archive.module->class_name = "__torch__.M";
  archive.module->attributes = std::move(attributes);
  return archive;
}

/// `class M` with one method of these parameters and this body, each line indented by four.
inline std::string method(const std::string& parameters, const std::vector<std::string>& lines) {
  std::string code = "class M(Module):\n  def forward(self, " + parameters + ") -> Tensor:\n";
  for (const std::string& line : lines) code += "    " + line + "\n";
  return code;
}

}  // namespace henson::runtime::test
