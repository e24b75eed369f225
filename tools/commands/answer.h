// henson answer: where a text answers a question.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_answer(CommandLine& program);

}  // namespace henson::tools
