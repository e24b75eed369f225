// henson sparse: the tokens that a text weighs.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_sparse(CommandLine& program);

}  // namespace henson::tools
