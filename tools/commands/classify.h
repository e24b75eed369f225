// henson classify, henson next-sentence: the class of a text or of two.
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

/// Add the commands to the program. When one is given, `action` becomes what it does.
void add_classify(CLI::App& program, Action& action);
void add_next_sentence(CLI::App& program, Action& action);

}  // namespace henson::tools
