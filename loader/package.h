// The entries of one archive by their names below its root folder, and its storages, each read
// once. Internal to the loader.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "loader/archive.h"
#include "loader/zip.h"

namespace henson::loader {

class Package {
 public:
  /// Finds the root folder. Throws henson::Error, saying what the file is, when it holds no
  /// archive.
  Package(std::shared_ptr<const File> file, FileAccess access);

  const std::string& root() const noexcept { return root_; }  // "" or "name/"
  Layout layout() const noexcept { return layout_; }
  std::vector<Entry> entries() const;

  /// Counts what the archive takes, this package's reading first.
  Budget& budget() const noexcept { return budget_; }

  bool has(std::string_view name) const { return index_of(name).has_value(); }
  std::optional<std::string> text_if(std::string_view name, std::uint64_t cap) const;
  std::string text(std::string_view name, std::uint64_t cap) const;
  /// The storage in the entry `name`, opened at the first call: it stays in the file when the entry
  /// is stored as it is, in place when that is mapped and the entry aligned; else it is a copy.
  /// `place` is who asks, for the error when the entry is missing.
  std::shared_ptr<const Storage> storage(const std::string& name, const ErrorPlace& place);

 private:
  std::optional<std::size_t> index_of(std::string_view name) const;
  void verify_storages() const;
  std::shared_ptr<const Storage> open_storage(std::size_t index, const std::string& name) const;

  /// Throws henson::Error when the budget has no room for so many bytes of an entry.
  void unpack(std::uint64_t bytes, const std::string& name) const;

  Zip zip_;
  mutable Budget budget_;
  std::string root_;
  Layout layout_ = Layout::kDataPkl;
  std::map<std::string, std::shared_ptr<const Storage>, std::less<>> storages_;
};

/// How an archive is read: up to its first fault, or past it, as far as it goes.
class Steps {
 public:
  /// `faults` null: the first one is thrown.
  explicit Steps(std::vector<Error>* faults) noexcept : faults_(faults) {}

  /// Runs a step that others do not need.
  template <typename Step>
  void run(Step&& step) const {
    if (faults_ == nullptr) return step();
    try {
      step();
    } catch (const Error& fault) {
      faults_->push_back(fault);
    }
  }

 private:
  std::vector<Error>* faults_;
};

/// Fill an Archive, one for each layout.
void load_data_pkl(Package& package, Archive& archive, const Steps& steps);
void load_model_json(Package& package, Archive& archive, const Steps& steps);

/// The number that an entry "version" holds.
std::int64_t parse_version(std::string_view text, const std::string& entry);
/// The version again, when operators of that version are known. Throws kUnsupported when not.
std::int64_t check_version(std::int64_t version, const std::string& entry);

}  // namespace henson::loader
