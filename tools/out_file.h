// Where a command writes: a file that is there whole or not at all, a device, or standard output.
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
  enum class Access {
    kForward,    // from front to back
    kRewinding,  // with write_start at the end; what cannot go back gets it all by `finish`
  };

  /// Standard output when the path is empty or "-". A new or a regular file is written beside the
  /// path, under a name that nobody has, and takes its place by `finish`, with the old one's mode
  /// and owner. Through a link its target is written; in place what is no regular file (a device, a
  /// FIFO), what has other names too, and what lies in a folder that takes no new files. Throws
  /// henson::Error that names the file, for a read-only one before anything is written.
  explicit OutFile(const std::filesystem::path& path, Access access = Access::kForward);
  /// Removes what was not finished.
  ~OutFile();
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  /// Throws henson::Error when it cannot be written, BrokenPipe when nobody reads standard output.
  void write(std::string_view bytes);
  /// Writes over the start. With Access::kRewinding.
  void write_start(std::string_view bytes);
  /// Hands on what is buffered.
  void flush();
  void finish();

 private:
  bool standard() const { return path_.empty(); }
  bool opens_beside();
  void open_in_place();
  void copy_spooled();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;     // as given; empty: standard output
  std::filesystem::path target_;   // where links lead to
  std::filesystem::path partial_;  // what takes the target's place; empty: written in place
  std::FILE* file_ = nullptr;
  std::FILE* spool_ = nullptr;  // of what cannot go back: all so far
};

}  // namespace henson::tools
