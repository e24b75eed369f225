// henson tag: a label for each word of a text.
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

/// Adds the command to the program. When it is given, `action` becomes what it does.
void add_tag(CLI::App& program, Action& action);

}  // namespace henson::tools
