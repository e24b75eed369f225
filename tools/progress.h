// A progress bar on standard error, when that is a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace henson::tools {

/// Erases itself when destroyed. Prints nothing when standard error is no terminal.
class Progress {
 public:
  explicit Progress(std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows that `done` steps of the total are done, and what is being done now.
  void show(std::size_t done, std::string_view what);
  /// Shows what is being done alone, when nobody knows how much there is to do.
  void show(std::string_view what);
  /// Takes the bar away, so that other lines can be printed.
  void clear();

 private:
  std::size_t total_;
  bool on_terminal_;
  bool shown_ = false;
};

}  // namespace henson::tools
