// henson explain: what a folder's files say of a model, and what comes of it.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_explain(CommandLine& program);

}  // namespace henson::tools
