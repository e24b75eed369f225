// `henson accuracy`: what an archive's answers lose in lower precisions.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

void add_accuracy(CommandLine& program);

}  // namespace henson::tools
