// A file that is there whole or not at all, or standard output.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace henson::tools {

/// Nobody reads standard output any more: there is nothing left to do.
struct BrokenPipe {};

class OutFile {
 public:
  /// Standard output when the path is empty. A file is written beside the path, and takes its name
  /// by `finish`. Throws henson::Error that names the file.
  explicit OutFile(const std::filesystem::path& path);
  /// Removes what was not finished.
  ~OutFile();
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  /// Throws henson::Error when it cannot be written, BrokenPipe when standard output is closed.
  void write(std::string_view bytes);
  /// Writes over the start of a file.
  void write_start(std::string_view bytes);
  /// Hands on what is buffered.
  void flush();
  void finish();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::FILE* file_ = nullptr;
};

}  // namespace henson::tools
