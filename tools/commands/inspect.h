// henson inspect: what an archive is and holds.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_inspect(CommandLine& program);

}  // namespace henson::tools
