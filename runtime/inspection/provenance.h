// Who made an archive, with what, and what is in the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "henson/inspect.h"
#include "loader/archive.h"
#include "runtime/inspection/ties.h"

namespace henson::runtime {

/// What stands in the file beside the archive's own data: read as inert bytes, once.
struct FileFacts {
  std::uint64_t bytes = 0;
  std::vector<SizePart> parts;
  std::map<std::string, StorageFacts> storages;  // by entry, without the root folder
  std::vector<std::string> devices;              // that the tables of storages name
  std::vector<std::string> debug_texts;          // the strings of the debug entries, each once
};
FileFacts read_file_facts(std::shared_ptr<const loader::File> file, const loader::Archive& archive);

Provenance find_provenance(const loader::Archive& archive, const ModelInfo& info,
                           const FileFacts& file);

/// The modules of libraries that the archive's classes are of: "transformers.models.bert".
std::vector<std::string> library_modules(const loader::Archive& archive);

}  // namespace henson::runtime
