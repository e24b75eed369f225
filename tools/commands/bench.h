// henson bench: how long an archive's runs take.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Adds the command to the program.
void add_bench(CommandLine& program);

}  // namespace henson::tools
