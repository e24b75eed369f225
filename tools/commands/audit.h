// henson audit: whether an archive is safe and sound.
#pragma once

#include "tools/command_line.h"

namespace henson::tools {

void add_audit(CommandLine& program);

}  // namespace henson::tools
