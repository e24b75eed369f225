// henson export: the weights of an archive as other programs take them.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

void add_export(CommandLine& program);

}  // namespace henson::tools
