// What the fuzzers have in common: files in memory, zip files made and taken apart, and what an
// error may look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace henson::fuzz {

/// A file that lies in memory alone, and goes with the object.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  std::filesystem::path path() const;

 private:
  int descriptor_;
};

struct FileEntry {
  std::string name;
  std::string bytes;
};

/// The entries of a zip file, unpacked; nothing when it has none that can be read, or more bytes
/// than a fuzzer has time for.
std::optional<std::vector<FileEntry>> entries_of(std::string_view zip);
/// A sound zip file of these entries, each stored as it is, in their order.
std::string zip_of(const std::vector<FileEntry>& entries);

/// Ends the process, after a line that says why.
[[noreturn]] void fail(const std::string& why);

/// Runs `work`. False when it is refused; fails when the error is not one that a user may see: a
/// defect of Henson, a message of more than a line or of more than 400 bytes.
bool accepted(const std::function<void()>& work);

std::string read_file(const std::filesystem::path& path);

/// Of an archive: the entries that a fuzzer of one kind of entry begins with.
std::vector<std::string> entries_that_end_in(const std::string& file, std::string_view suffix);

}  // namespace henson::fuzz

/// The inputs that a file of tests/ gives a fuzzer; the file itself unless the fuzzer says
/// otherwise.
std::vector<std::string> henson_fuzz_seeds(const std::string& file);
