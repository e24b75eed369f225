// henson verify: whether archives answer as recorded, or as the interpreter does.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_verify(CommandLine& program);

}  // namespace henson::tools
