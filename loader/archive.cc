#include "loader/archive.h"

#include "loader/package.h"
#include "loader/partial_archive.h"
#include "loader/recognize.h"

namespace henson::loader {
namespace {

Archive read(const std::filesystem::path& path, FileAccess access, const Steps& steps) {
  refuse_other_files(path);
  Package package(path, access);
  Archive archive;
  archive.layout = package.layout();
  archive.root = package.root();
  if (!archive.root.empty()) archive.root.pop_back();
  archive.entries = package.entries();
  if (archive.layout == Layout::kDataPkl) {
    load_data_pkl(package, archive, steps);
  } else {
    load_model_json(package, archive, steps);
  }
  archive.budget = package.budget();
  return archive;
}

}  // namespace

Archive open_archive(const std::filesystem::path& path, FileAccess access) {
  return read(path, access, Steps(nullptr));
}

PartialArchive open_archive_partly(const std::filesystem::path& path, FileAccess access) {
  PartialArchive result;
  result.archive = read(path, access, Steps(&result.faults));
  if (result.faults.empty()) return result;
  result.fault = result.faults.front();
  if (result.archive.module == nullptr && result.archive.constants.empty()) throw *result.fault;
  return result;
}

}  // namespace henson::loader
