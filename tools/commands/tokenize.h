// henson tokenize: texts to ids, and ids to texts.
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

/// Adds the command to the program. When it is given, `action` becomes what it does.
void add_tokenize(CLI::App& program, Action& action);

}  // namespace henson::tools
