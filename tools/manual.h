// The manual page, of what the command line's help says.
#pragma once

#include <ostream>

#include "tools/command_line.h"

namespace henson::tools {

/// As man reads it (roff with its macros).
void write_manual(std::ostream& out, const ProgramText& program);

}  // namespace henson::tools
