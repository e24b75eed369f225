// henson fill-mask: what may stand in the place of [MASK].
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

/// Adds the command to the program. When it is given, `action` becomes what it does.
void add_fill_mask(CLI::App& program, Action& action);

}  // namespace henson::tools
