// What libzip reads an archive from.
#pragma once

#include <memory>

#include "loader/file.h"

struct zip;

namespace henson::loader {

/// Opens a file with libzip, for reading, by positions of its own: a descriptor that others have
/// too stays where it is. Null, with libzip's error code, where it is no zip file.
struct zip* open_zip(std::shared_ptr<const File> file, struct zip_error& error);

}  // namespace henson::loader
