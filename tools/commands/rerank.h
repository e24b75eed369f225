// henson rerank: texts in the order in which they go with a query.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_rerank(CommandLine& program);

}  // namespace henson::tools
