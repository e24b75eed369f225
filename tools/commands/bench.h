// henson bench: how long an archive's runs take.
#pragma once

#include "tools/commands/command.h"

namespace henson::tools {

void add_bench(CLI::App& program, Action& action);

}  // namespace henson::tools
