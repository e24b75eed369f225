// Ctrl-C: every command stops within a second, says after how much, and leaves no half file.
#pragma once

#include <cstdint>

namespace henson::tools {

/// Thrown where a command sees that it was interrupted.
struct Interrupted {};

/// From now on SIGINT and SIGTERM end the process: in an orderly way where a Work looks for them
/// within kPatience, else at once. A closed pipe is an error of the write, not a signal.
void catch_interrupts();

/// Work that is done piece by piece.
class Work {
 public:
  /// `pieces`: what is counted, "texts"; it must be a literal.
  explicit Work(const char* pieces);
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  /// So many pieces are done. Throws Interrupted when a signal came.
  void done(std::uint64_t count = 1);
  /// Throws Interrupted when a signal came.
  static void check();
};

/// A file that goes away when the process is ended by a signal; null: none any more. The text must
/// live until then.
void remove_when_interrupted(const char* path) noexcept;

/// "henson: interrupted after 12 texts" on standard error.
void report_interrupt() noexcept;

/// What a shell expects of a process that Ctrl-C ended.
inline constexpr int kInterrupted = 130;

}  // namespace henson::tools
