#include "tests/fuzz/support.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>

#include "henson/error.h"
#include "loader/checksum.h"
#include "loader/zip.h"

namespace henson::fuzz {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;      // of a zip file's entries
constexpr std::size_t kLongestMessage = 400;     // that SECURITY.md promises
constexpr std::string_view kLocal = "PK\3\4";    // before an entry
constexpr std::string_view kCentral = "PK\1\2";  // of one in the directory
constexpr std::string_view kEnd = "PK\5\6";

/// Appends integers, least significant byte first.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& text(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  Writer& u16(std::uint64_t value) { return put(value, 2); }
  Writer& u32(std::uint64_t value) { return put(value, 4); }

 private:
  Writer& put(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }

  std::string& out_;
};

/// What the local header and the directory both say of an entry, from the version needed on.
void write_facts(Writer& to, const FileEntry& entry) {
  const std::uint32_t checksum =
      loader::checksum_of(std::as_bytes(std::span<const char>(entry.bytes)));
  to.u16(20).u16(0).u16(0).u16(0).u16(33).u32(checksum);
  to.u32(entry.bytes.size()).u32(entry.bytes.size()).u16(entry.name.size()).u16(0);
}

}  // namespace

MemoryFile::MemoryFile(std::string_view bytes) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
  const auto wanted = static_cast<ssize_t>(bytes.size());
  if (descriptor_ < 0 || ::write(descriptor_, bytes.data(), bytes.size()) != wanted) {
    std::perror("a file in memory");
    std::exit(2);
  }
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

std::filesystem::path MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

std::optional<std::vector<FileEntry>> entries_of(std::string_view zip) {
  try {
    const MemoryFile file(zip);
    const loader::Zip opened(file.path());
    std::vector<FileEntry> entries;
    std::size_t total = 0;
    for (std::size_t i = 0; i < opened.entries().size(); ++i) {
      const std::string& name = opened.entries()[i].name;
      total += opened.entries()[i].bytes;
      if (total > kMostBytes) return std::nullopt;
      entries.push_back({name, opened.read_text(i, kMostBytes, name)});
    }
    return entries;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string zip_of(const std::vector<FileEntry>& entries) {
  std::string body;
  std::string directory;
  Writer head(body);
  Writer tail(directory);
  for (const FileEntry& entry : entries) {
    const std::size_t at = body.size();
    write_facts(head.text(kLocal), entry);
    head.text(entry.name).text(entry.bytes);
    write_facts(tail.text(kCentral).u16(20), entry);
    tail.u16(0).u16(0).u16(0).u32(0).u32(at).text(entry.name);
  }
  const std::size_t start = body.size();
  head.text(directory).text(kEnd).u32(0).u16(entries.size()).u16(entries.size());
  head.u32(directory.size()).u32(start).u16(0);
  return body;
}

void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

bool accepted(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    const std::string_view what = error.what();
    if (error.code() == ErrorCode::kInternal) fail("a defect: " + std::string(what));
    if (what.size() > kLongestMessage) fail("a message too long: " + std::string(what));
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; };
    if (what.empty() || std::any_of(what.begin(), what.end(), control)) {
      fail("a message of more than a line, or none: " + std::string(what));
    }
    return false;
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> entries_that_end_in(const std::string& file, std::string_view suffix) {
  std::vector<std::string> found;
  for (FileEntry& entry : entries_of(file).value_or(std::vector<FileEntry>{})) {
    if (entry.name.ends_with(suffix)) found.push_back(std::move(entry.bytes));
  }
  return found;
}

}  // namespace henson::fuzz
