// henson fill-mask: what may stand in the place of [MASK].
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_fill_mask(CommandLine& program);

}  // namespace henson::tools
