// The lines of a file or of standard input, one after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace henson::tools {

class Lines {
 public:
  /// "-" is standard input. Throws henson::Error (kNotFound) that names the file.
  explicit Lines(const std::filesystem::path& path);
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  /// The next line, without its end ("\n" or "\r\n"). Nothing at the end of the file, and when a
  /// signal came while waiting. Throws henson::Error (kBadInput) for lines of more than kMaxLine
  /// bytes and when reading fails.
  std::optional<std::string> next();

  /// Bytes of the lines so far, and of the whole file where that is known.
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::optional<std::uint64_t> total_bytes() const noexcept { return total_; }

  static constexpr std::size_t kMaxLine = 64 << 20;

 private:
  bool fill();

  std::string name_;
  int file_ = -1;
  std::string buffer_;
  std::size_t position_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> total_;
};

}  // namespace henson::tools
