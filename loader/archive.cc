#include "loader/archive.h"

#include <utility>

#include "loader/package.h"
#include "loader/partial_archive.h"
#include "loader/recognize.h"
#include "loader/source.h"

namespace henson::loader {
namespace {

Archive read(std::shared_ptr<const File> file, FileAccess access, const Steps& steps) {
  refuse_other_files(*file);
  Package package(std::move(file), access);
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
  return open_archive(open_source(path), access);
}

Archive open_archive(std::shared_ptr<const File> file, FileAccess access) {
  return read(std::move(file), access, Steps(nullptr));
}

PartialArchive open_archive_partly(std::shared_ptr<const File> file, FileAccess access) {
  PartialArchive result;
  result.archive = read(std::move(file), access, Steps(&result.faults));
  if (result.faults.empty()) return result;
  result.fault = result.faults.front();
  if (result.archive.module == nullptr && result.archive.constants.empty()) throw *result.fault;
  return result;
}

}  // namespace henson::loader
