#include "loader/archive.h"

#include <utility>

#include "loader/package.h"
#include "loader/recognize.h"
#include "loader/source.h"

namespace henson::loader {

Archive open_archive(const std::filesystem::path& path, FileAccess access) {
  return open_archive(open_source(path), access);
}

Archive open_archive(std::shared_ptr<const File> file, FileAccess access) {
  refuse_other_files(*file);
  Package package(std::move(file), access);
  Archive archive;
  archive.layout = package.layout();
  archive.root = package.root();
  if (!archive.root.empty()) archive.root.pop_back();
  archive.entries = package.entries();
  if (archive.layout == Layout::kDataPkl) {
    load_data_pkl(package, archive);
  } else {
    load_model_json(package, archive);
  }
  archive.budget = package.budget();
  return archive;
}

}  // namespace henson::loader
