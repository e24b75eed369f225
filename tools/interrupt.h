// Ctrl-C, for commands that must not stop in the middle.
#pragma once

namespace henson::tools {

/// From now on SIGINT and SIGTERM are remembered; the second one ends the process as before. A
/// closed pipe is an error of the write, not a signal.
void catch_interrupts();
/// Whether one came.
bool interrupted() noexcept;

/// What a shell expects of a process that Ctrl-C ended.
inline constexpr int kInterrupted = 130;

}  // namespace henson::tools
