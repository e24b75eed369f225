// henson generate: the help in the forms that packages install.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

/// Hidden: for who makes packages. `program` must outlive the command.
void add_generate(CommandLine& program);

}  // namespace henson::tools
