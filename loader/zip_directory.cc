#include "loader/zip_directory.h"

#include <algorithm>

#include "henson/error.h"
#include "loader/bytes.h"

namespace henson::loader {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEnd64LocatorBytes = 20;
constexpr std::size_t kMaxComment = 0xffff;
constexpr std::uint16_t kZip64Field = 1;
// A field that stands for one in the zip64 records.
constexpr std::uint16_t kElsewhere16 = 0xffff;
constexpr std::uint32_t kElsewhere32 = 0xffffffff;

constexpr std::uint16_t kEncrypted = 1;  // a flag

struct Directory {
  std::uint64_t count = 0;
  std::uint64_t start = 0;
};

// Reads from `offset` on; throws past the end, as every read of ByteReader does.
ByteReader reader_at(std::span<const std::byte> file, std::uint64_t offset) {
  return {file.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, file.size()))), {}};
}

// Where the end record starts: the last whose comment ends with the file.
std::optional<std::size_t> find_end(std::span<const std::byte> file) {
  if (file.size() < kEndBytes) return std::nullopt;
  const std::size_t farthest = std::min(file.size(), kEndBytes + kMaxComment);
  for (std::size_t back = kEndBytes; back <= farthest; ++back) {
    ByteReader reader = reader_at(file, file.size() - back);
    if (reader.u32() != kEnd) continue;
    reader.text(16);
    if (reader.u16() == back - kEndBytes) return file.size() - back;
  }
  return std::nullopt;
}

std::optional<Directory> find_directory(std::span<const std::byte> file) {
  const auto end = find_end(file);
  if (!end) return std::nullopt;
  ByteReader reader = reader_at(file, *end);
  reader.text(10);
  Directory directory;
  directory.count = reader.u16();
  reader.u32();
  directory.start = reader.u32();
  if (directory.count != kElsewhere16 && directory.start != kElsewhere32) return directory;
  if (*end < kEnd64LocatorBytes) return std::nullopt;
  ByteReader locator = reader_at(file, *end - kEnd64LocatorBytes);
  if (locator.u32() != kEnd64Locator) return directory;
  locator.u32();
  ByteReader end64 = reader_at(file, locator.u64());
  if (end64.u32() != kEnd64) return std::nullopt;
  end64.text(28);
  directory.count = end64.u64();
  end64.u64();
  directory.start = end64.u64();
  return directory;
}

// Fills in the sizes and the offset of `entry` that stand in the zip64 field of `extra`.
void read_zip64(std::string_view extra, DirectoryEntry& entry) {
  ByteReader reader(std::as_bytes(std::span(extra)), {});
  while (extra.size() - reader.position() >= 4) {
    const std::uint16_t id = reader.u16();
    const std::string_view field = reader.text(reader.u16());
    if (id != kZip64Field) continue;
    ByteReader numbers(std::as_bytes(std::span(field)), {});
    for (std::uint64_t* number : {&entry.bytes, &entry.packed_bytes, &entry.header}) {
      if (*number == kElsewhere32) *number = numbers.u64();
    }
    return;
  }
}

std::optional<DirectoryEntry> read_entry(ByteReader& reader) {
  DirectoryEntry entry;
  if (reader.u32() != kDirectoryHeader) return std::nullopt;
  reader.text(4);
  entry.flags = reader.u16();
  entry.method = reader.u16();
  reader.u32();
  entry.checksum = reader.u32();
  entry.packed_bytes = reader.u32();
  entry.bytes = reader.u32();
  const std::uint16_t name_bytes = reader.u16();
  const std::uint16_t extra_bytes = reader.u16();
  const std::uint16_t comment_bytes = reader.u16();
  reader.text(8);
  entry.header = reader.u32();
  entry.name = reader.text(name_bytes);
  read_zip64(reader.text(extra_bytes), entry);
  reader.text(comment_bytes);
  return entry;
}

}  // namespace

std::optional<std::vector<DirectoryEntry>> read_directory(std::span<const std::byte> file,
                                                          std::size_t count) {
  try {
    const auto directory = find_directory(file);
    if (!directory || directory->count != count) return std::nullopt;
    ByteReader reader = reader_at(file, directory->start);
    std::vector<DirectoryEntry> entries;
    for (std::size_t i = 0; i < count; ++i) {
      const auto entry = read_entry(reader);
      if (!entry) return std::nullopt;
      entries.push_back(*entry);
    }
    return entries;
  } catch (const Error&) {  // a read past the end
    return std::nullopt;
  }
}

std::optional<std::span<const std::byte>> locate(std::span<const std::byte> file,
                                                 const DirectoryEntry& entry) {
  try {
    ByteReader reader = reader_at(file, entry.header);
    if (reader.u32() != kLocalHeader) return std::nullopt;
    reader.u16();
    const std::uint16_t flags = reader.u16();
    if (((flags ^ entry.flags) & kEncrypted) != 0 || reader.u16() != entry.method) {
      return std::nullopt;
    }
    reader.text(16);  // the sizes may be left to a record behind the bytes: the directory has them
    const std::uint16_t name_bytes = reader.u16();
    const std::uint16_t extra_bytes = reader.u16();
    if (reader.text(name_bytes) != entry.name) return std::nullopt;
    reader.text(extra_bytes);
    const std::string_view bytes = reader.text(entry.packed_bytes);
    return std::as_bytes(std::span(bytes));
  } catch (const Error&) {  // a read past the end
    return std::nullopt;
  }
}

}  // namespace henson::loader
