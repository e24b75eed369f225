// henson diff: what changed from one archive to another.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

void add_diff(CommandLine& program);

}  // namespace henson::tools
