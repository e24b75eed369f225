// henson answer: where a text answers a question.
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

/// Adds the command to the program. When it is given, `action` becomes what it does.
void add_answer(CLI::App& program, Action& action);

}  // namespace henson::tools
