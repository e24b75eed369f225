// henson similar: how alike texts are.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_similar(CommandLine& program);

}  // namespace henson::tools
