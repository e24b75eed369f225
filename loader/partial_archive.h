// An archive as far as it can be read, for those who want to know what is in a file that does not
// run.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "henson/error.h"
#include "loader/archive.h"

namespace henson::loader {

struct PartialArchive {
  Archive archive;             // without `module` where there is a fault in its pickle
  std::optional<Error> fault;  // what open_archive would have thrown
  std::vector<Error> faults;   // that one and those that come behind it
};

/// As open_archive, but that a fault in the code, the constants or the version is told and not
/// thrown, and the tensors are read all the same. Throws henson::Error where no archive is found,
/// and where none of its tensors can be read.
PartialArchive open_archive_partly(std::shared_ptr<const File> file,
                                   FileAccess access = FileAccess::kRead);

}  // namespace henson::loader
