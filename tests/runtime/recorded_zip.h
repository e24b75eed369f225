// Recorded data that is kept compressed.
#pragma once

#include <map>
#include <string>

namespace henson {

/// The files of an archive of tests/tokenizer, by their names in it; none when it cannot be read.
std::map<std::string, std::string> files_of_zip(const std::string& name);

}  // namespace henson
