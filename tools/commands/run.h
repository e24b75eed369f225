// henson run: one run of an archive.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_run(CommandLine& program);

}  // namespace henson::tools
