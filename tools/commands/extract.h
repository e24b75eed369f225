// henson extract: the entries of an archive, as they are.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

void add_extract(CommandLine& program);

}  // namespace henson::tools
