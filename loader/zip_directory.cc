#include "loader/zip_directory.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "henson/error.h"
#include "loader/bytes.h"
#include "loader/limits.h"

namespace henson::loader {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;

constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kEnd64LocatorBytes = 20;
constexpr std::size_t kMaxComment = 0xffff;
constexpr std::uint16_t kZip64Field = 1;
// A field that stands for one in the zip64 records.
constexpr std::uint16_t kElsewhere16 = 0xffff;
constexpr std::uint32_t kElsewhere32 = 0xffffffff;
// Flags.
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint16_t kRecordBehind = 8;  // has sizes and checksum

// The end record, or both.
struct End {
  std::uint64_t at = 0;  // where the first of them starts
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // of the directory
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // of the last of them, its comment included
};

[[noreturn]] void bad_zip(const std::string& message, const std::string& entry = {}) {
  throw Error(ErrorCode::kBadArchive, message, {entry, {}, {}});
}

ByteReader reader_of(std::string_view bytes) { return {std::as_bytes(std::span(bytes)), {}}; }

// Where the end record starts within the file's last bytes: the last whose comment ends with the
// file, or else before it.
std::optional<std::size_t> find_end(std::string_view tail) {
  std::optional<std::size_t> found;
  for (std::size_t back = kEndBytes; back <= tail.size(); ++back) {
    ByteReader reader = reader_of(tail.substr(tail.size() - back));
    if (reader.u32() != kEnd) continue;
    reader.text(16);
    const std::size_t comment = reader.u16();
    if (comment == back - kEndBytes) return tail.size() - back;
    if (comment < back - kEndBytes && !found) found = tail.size() - back;
  }
  return found;
}

// The zip64 record that the locator before the end record points to, if there is one.
void read_end64(const File& file, End& end) {
  if (end.at < kEnd64LocatorBytes) return;
  const std::string locator_bytes = file.text(end.at - kEnd64LocatorBytes, kEnd64LocatorBytes);
  ByteReader locator = reader_of(locator_bytes);
  if (locator.u32() != kEnd64Locator) return;
  locator.u32();
  const std::uint64_t at = locator.u64();
  const std::string record = file.text(at, kEnd64Bytes);
  if (record.size() != kEnd64Bytes || at + kEnd64Bytes > end.at - kEnd64LocatorBytes) {
    bad_zip("the zip64 end record is not where its locator says");
  }
  ByteReader end64 = reader_of(record);
  if (end64.u32() != kEnd64) bad_zip("the zip64 end record is not where its locator says");
  end64.text(28);
  const End before = end;
  end = {at, end64.u64(), end64.u64(), end64.u64(), before.end};
  if ((before.count != kElsewhere16 && before.count != end.count) ||
      (before.bytes != kElsewhere32 && before.bytes != end.bytes) ||
      (before.start != kElsewhere32 && before.start != end.start)) {
    bad_zip("the zip file's two end records disagree on its directory");
  }
}

End read_end(const File& file) {
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(file.size(), kEndBytes + kMaxComment);
  const std::string tail = file.text(file.size() - tail_bytes, tail_bytes);
  const auto found = find_end(tail);
  if (!found) bad_zip("a zip file without its end: truncated; copy it again");
  ByteReader reader = reader_of(std::string_view(tail).substr(*found));
  reader.text(10);
  End end;
  end.at = file.size() - tail_bytes + *found;
  end.count = reader.u16();
  end.bytes = reader.u32();
  end.start = reader.u32();
  end.end = end.at + kEndBytes + reader.u16();
  read_end64(file, end);
  if (end.start > end.at || end.bytes != end.at - end.start) {
    bad_zip("the zip file's directory does not lie where its end record says: " +
            std::to_string(end.bytes) + " bytes from byte " + std::to_string(end.start) +
            ", before byte " + std::to_string(end.at));
  }
  return end;
}

// Fills in the numbers that stand in the zip64 field of `extra`, in this order. It is not looked at
// for nothing: some tools pad it with what are no fields.
void read_zip64(std::string_view extra, std::initializer_list<std::uint64_t*> numbers) {
  const auto elsewhere = [](const std::uint64_t* number) { return *number == kElsewhere32; };
  if (std::none_of(numbers.begin(), numbers.end(), elsewhere)) return;
  ByteReader reader = reader_of(extra);
  while (extra.size() - reader.position() >= 4) {
    const std::uint16_t id = reader.u16();
    const std::string_view field = reader.text(reader.u16());
    if (id != kZip64Field) continue;
    ByteReader found = reader_of(field);
    for (std::uint64_t* number : numbers) {
      if (*number == kElsewhere32) *number = found.u64();
    }
    return;
  }
}

DirectoryEntry read_entry(ByteReader& reader) {
  DirectoryEntry entry;
  if (reader.u32() != kDirectoryHeader) bad_zip("not an entry of a directory");
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
  read_zip64(reader.text(extra_bytes), {&entry.bytes, &entry.packed_bytes, &entry.header});
  reader.text(comment_bytes);
  return entry;
}

struct LocalHeader {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::string name;
  std::uint64_t header_bytes = 0;
};

// Nothing when there is none, or not all of it.
std::optional<LocalHeader> read_local_header(const File& file, const DirectoryEntry& entry) {
  // What a header mostly takes; a longer extra field is read again.
  std::string bytes = file.text(entry.header, kLocalHeaderBytes + entry.name.size() + 128);
  if (bytes.size() < kLocalHeaderBytes) return std::nullopt;
  ByteReader reader = reader_of(bytes);
  if (reader.u32() != kLocalHeader) return std::nullopt;
  reader.text(2);
  LocalHeader header;
  header.flags = reader.u16();
  header.method = reader.u16();
  reader.u32();
  header.checksum = reader.u32();
  header.packed_bytes = reader.u32();
  header.bytes = reader.u32();
  const std::size_t name_bytes = reader.u16();
  header.header_bytes = kLocalHeaderBytes + name_bytes + reader.u16();
  if (bytes.size() < header.header_bytes) bytes = file.text(entry.header, header.header_bytes);
  if (bytes.size() < header.header_bytes) return std::nullopt;
  header.name = bytes.substr(kLocalHeaderBytes, name_bytes);
  try {
    read_zip64(std::string_view(bytes).substr(
                   kLocalHeaderBytes + name_bytes,
                   static_cast<std::size_t>(header.header_bytes) - kLocalHeaderBytes - name_bytes),
               {&header.bytes, &header.packed_bytes});
  } catch (const Error&) {  // a read past the field's end
    return std::nullopt;
  }
  return header;
}

// Says what differs, in both.
void check_same(std::uint64_t local, std::uint64_t central, const char* what,
                const DirectoryEntry& entry) {
  if (local == central) return;
  bad_zip(std::string("the entry's own header and the directory disagree on its ") + what + ", " +
              std::to_string(local) + " and " + std::to_string(central),
          entry.name);
}

}  // namespace

Directory read_directory(const File& file) {
  const End end = read_end(file);
  if (end.count > limits::kMaxEntries) {
    bad_zip(std::to_string(end.count) + " entries; at most " + std::to_string(limits::kMaxEntries) +
            " are read");
  }
  const std::string bytes = file.text(end.start, end.bytes);
  ByteReader reader = reader_of(bytes);
  Directory directory;
  directory.start = end.start;
  directory.end = end.end;
  for (std::uint64_t i = 0; i < end.count; ++i) {
    try {
      directory.entries.push_back(read_entry(reader));
    } catch (const Error&) {  // a read past the end
      bad_zip("the zip file's directory is damaged at its entry " + std::to_string(i));
    }
  }
  if (reader.position() != bytes.size()) {
    bad_zip("the zip file's directory has " + std::to_string(bytes.size()) + " bytes, and its " +
            std::to_string(end.count) + " entries end after " + std::to_string(reader.position()));
  }
  return directory;
}

std::uint64_t most_bytes_behind(const DirectoryEntry& entry) noexcept {
  // A signature, the checksum and two sizes of 8 bytes.
  return (entry.flags & kRecordBehind) != 0 ? 24 : 0;
}

std::uint64_t check_local_header(const File& file, const DirectoryEntry& entry) {
  const auto header = read_local_header(file, entry);
  if (!header) {
    bad_zip("the entry does not start at byte " + std::to_string(entry.header) +
                ", where the directory says",
            entry.name);
  }
  if (header->name != entry.name) {
    bad_zip("the directory calls so an entry that calls itself " + header->name, entry.name);
  }
  check_same(header->method, entry.method, "method", entry);
  check_same(header->flags & kEncrypted, entry.flags & kEncrypted, "encryption", entry);
  const bool behind = (header->flags & kRecordBehind) != 0;
  if (!behind || header->checksum != 0) {
    check_same(header->checksum, entry.checksum, "checksum", entry);
  }
  if (!behind || header->packed_bytes != 0) {
    check_same(header->packed_bytes, entry.packed_bytes, "packed size", entry);
  }
  if (!behind || header->bytes != 0) check_same(header->bytes, entry.bytes, "size", entry);
  return entry.header + header->header_bytes;
}

}  // namespace henson::loader
