// An archive of any bytes: opened, asked for all that it says of itself, run on both executors.
#pragma once

#include <string>

namespace henson::fuzz {

/// Fails when the plan refuses what the interpreter answers, or answers otherwise, and rounding is
/// not the reason. Runs are bounded in memory and time, and of inputs that are small.
void open_and_run(const std::string& archive);

}  // namespace henson::fuzz
