#include "loader/archive.h"

#include <utility>

#include "loader/package.h"
#include "loader/partial_archive.h"
#include "loader/recognize.h"

namespace henson::loader {

namespace {

Archive describe(const Package& package) {
  Archive archive;
  archive.layout = package.layout();
  archive.root = package.root();
  if (!archive.root.empty()) archive.root.pop_back();
  archive.entries = package.entries();
  return archive;
}

void load(Package& package, Archive& archive) {
  if (archive.layout == Layout::kDataPkl) {
    load_data_pkl(package, archive);
  } else {
    load_model_json(package, archive);
  }
  archive.budget = package.budget();
}

}  // namespace

Archive open_archive(const std::filesystem::path& path, FileAccess access) {
  refuse_other_files(path);
  Package package(path, access);
  Archive archive = describe(package);
  load(package, archive);
  return archive;
}

PartialArchive open_archive_partly(const std::filesystem::path& path, FileAccess access) {
  refuse_other_files(path);
  Package package(path, access);
  PartialArchive result{describe(package), std::nullopt};
  const Budget fresh = package.budget();
  try {
    load(package, result.archive);
  } catch (const Error& error) {
    result.fault = error;
    result.archive = describe(package);
    package.budget() = fresh;
    const bool any = result.archive.layout == Layout::kDataPkl
                         ? salvage_data_pkl(package, result.archive)
                         : salvage_model_json(package, result.archive);
    if (!any) throw;
    result.archive.budget = package.budget();
  }
  return result;
}

}  // namespace henson::loader
