// henson embed: embeddings of texts.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_embed(CommandLine& program);

}  // namespace henson::tools
