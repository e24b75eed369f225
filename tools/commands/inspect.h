// henson inspect: what an archive is and holds.
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

/// Adds the command to the program. When it is given, `action` becomes what it does.
void add_inspect(CLI::App& program, Action& action);

}  // namespace henson::tools
