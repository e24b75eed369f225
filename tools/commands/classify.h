// henson classify, henson next-sentence: the class of a text or of two.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Add the commands to the program.
void add_classify(CommandLine& program);
void add_next_sentence(CommandLine& program);

}  // namespace henson::tools
