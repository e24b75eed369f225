// henson tokenize: texts to ids, and ids to texts.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_tokenize(CommandLine& program);

}  // namespace henson::tools
