// henson tag: a label for each word of a text.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_tag(CommandLine& program);

}  // namespace henson::tools
