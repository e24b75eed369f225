// An opened archive: the module tree, the constants, the code and the dummy inputs, as inert data.
// Both layouts (PyTorch 1.0 to 1.2, and 1.3 and later) come out the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/budget.h"
#include "loader/script/ast.h"
#include "loader/value.h"

namespace henson::loader {

enum class Layout {
  kModelJson,  // PyTorch 1.0 to 1.2: model.json, code/NAME.py, tensors/N
  kDataPkl,    // PyTorch 1.3 and later: data.pkl, code/__torch__/**.py, data/N
};

struct Entry {
  std::string name;  // without the root folder
  std::uint64_t bytes = 0;
  bool deflated = false;
};

struct Archive {
  Layout layout = Layout::kDataPkl;
  std::string root;            // the root folder's name, "" when entries lie at the top
  std::string producer;        // model.json's producer ("pytorch 1.0"), or empty
  std::int64_t version = 0;    // the archive's version: what operators mean (div below 4, …)
  bool mobile = false;         // has bytecode.pkl
  std::vector<Entry> entries;  // all of them, in the archive's order

  /// The root module. An old archive's modules get as class the entry of their code.
  std::shared_ptr<Object> module;
  /// CONSTANTS.c0, c1, … The old layout numbers all tensors of the file in one row, weights too:
  /// there this holds every tensor, and the code says which of them are constants.
  std::vector<Value> constants;
  /// The dummy inputs by method, where the archive tells: tensors have dtype, shape and strides,
  /// and a null storage. An item that could not be read is None.
  std::map<std::string, std::vector<Value>, std::less<>> traced_inputs;

  Budget budget;  // what reading it took: building a graph goes on from there

  std::map<std::string, script::Class, std::less<>> classes;       // by qualified name
  std::map<std::string, script::Function, std::less<>> functions;  // free ones, by qualified name
};

/// Opens and checks an archive; opens every storage that the module or the constants name, once
/// each, and verifies the checksum of what it reads. Storages stay in the file, which is kept open,
/// until their bytes are asked for (Storage); or they lie in the mapped file, which must not be
/// changed or cut short while any of them is held (MappedFile). Throws henson::Error, saying what a
/// file is that is no archive. May be called concurrently.
Archive open_archive(std::shared_ptr<const File> file, FileAccess access = FileAccess::kRead);
/// The same of a path (loader/source.h).
Archive open_archive(const std::filesystem::path& path, FileAccess access = FileAccess::kRead);

}  // namespace henson::loader
