// What shells complete a command line by, of what its help says.
#pragma once

#include <ostream>

#include "tools/command_line.h"

namespace henson::tools {

void write_bash_completions(std::ostream& out, const ProgramText& program);
void write_zsh_completions(std::ostream& out, const ProgramText& program);
void write_fish_completions(std::ostream& out, const ProgramText& program);

}  // namespace henson::tools
