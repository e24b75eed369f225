#include "loader/zip.h"

#include <zip.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "henson/error.h"
#include "loader/checksum.h"
#include "loader/limits.h"
#include "loader/zip_directory.h"
#include "loader/zip_source.h"

namespace henson::loader {
namespace {

// Deflate cannot do better than 258 bytes for two bits.
constexpr std::uint64_t kMaxDeflateRatio = 1032;
constexpr std::uint64_t kDeflateSlack = 1024;
// libzip computes the checksum of what one call returns: pieces that fit the cache go faster.
constexpr std::size_t kPiece = 256 << 10;

struct CloseEntry {
  void operator()(zip_file* file) const noexcept { zip_fclose(file); }
};
using EntryFile = std::unique_ptr<zip_file, CloseEntry>;

[[noreturn]] void bad_zip(const std::string& message, const std::string& entry = {}) {
  throw Error(ErrorCode::kBadArchive, message, {entry, {}, {}});
}

void check_sizes(const ZipEntry& entry, std::uint64_t file_bytes) {
  if (entry.packed_bytes > file_bytes) {
    bad_zip("the entry claims " + std::to_string(entry.packed_bytes) + " bytes of a file of " +
                std::to_string(file_bytes),
            entry.name);
  }
  if (entry.method == ZIP_CM_STORE && !entry.encrypted && entry.bytes != entry.packed_bytes) {
    bad_zip("a stored entry with two sizes, " + std::to_string(entry.bytes) + " and " +
                std::to_string(entry.packed_bytes) + " bytes",
            entry.name);
  }
  if (entry.bytes / kMaxDeflateRatio > entry.packed_bytes + kDeflateSlack) {
    bad_zip("the entry claims to inflate from " + std::to_string(entry.packed_bytes) + " to " +
                std::to_string(entry.bytes) + " bytes, more than deflate can",
            entry.name);
  }
}

// A name that unpacking would put outside of the folder is one that another reader may look for
// elsewhere.
void check_name(const std::string& name) {
  if (name.empty()) bad_zip("an entry of the zip file has no name");
  const bool absolute = name.starts_with('/') || name.find('\\') != std::string::npos;
  const std::string path = '/' + name + '/';
  if (absolute || path.find("/../") != std::string::npos || path.find("/./") != std::string::npos) {
    bad_zip("an entry's name leaves its folder", name);
  }
}

EntryFile open_entry(zip* archive, std::size_t index, const ZipEntry& entry,
                     const std::string& label) {
  if (entry.encrypted) {
    throw Error(ErrorCode::kUnsupported,
                "the entry is encrypted; pack the archive without a password", {label, {}, {}});
  }
  if (entry.method != ZIP_CM_STORE && entry.method != ZIP_CM_DEFLATE) {
    throw Error(ErrorCode::kUnsupported,
                "the entry is compressed by zip's method " + std::to_string(entry.method) +
                    "; only stored and deflated entries can be read",
                {label, {}, {}});
  }
  EntryFile file(zip_fopen_index(archive, index, 0));
  if (!file) bad_zip(std::string("cannot read the entry: ") + zip_strerror(archive), label);
  return file;
}

[[noreturn]] void read_failed(zip_file* file, const std::string& label) {
  const zip_error_t* error = zip_file_get_error(file);
  if (zip_error_code_zip(error) == ZIP_ER_CRC) {
    bad_zip("bad checksum: the entry's bytes are damaged", label);
  }
  bad_zip(std::string("cannot read the entry: ") + zip_file_strerror(file), label);
}

std::size_t read_piece(zip_file* file, std::span<std::byte> out, const std::string& label) {
  const zip_int64_t got = zip_fread(file, out.data(), out.size());
  if (got < 0) read_failed(file, label);
  return static_cast<std::size_t>(got);
}

// libzip compares checksum and size when it meets the end.
void finish_entry(zip_file* file, std::uint64_t done, std::uint64_t claimed,
                  const std::string& label) {
  if (done < claimed) {
    bad_zip(
        "the entry holds " + std::to_string(done) + " bytes and claims " + std::to_string(claimed),
        label);
  }
  std::byte extra{};
  if (read_piece(file, {&extra, 1}, label) > 0) {
    bad_zip("the entry holds more than the " + std::to_string(claimed) + " bytes that it claims",
            label);
  }
}

// The entries by where their headers lie.
std::vector<std::size_t> in_file_order(const Directory& directory) {
  std::vector<std::size_t> order(directory.entries.size());
  std::iota(order.begin(), order.end(), 0);
  const std::vector<DirectoryEntry>& entries = directory.entries;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return entries[a].header < entries[b].header; });
  return order;
}

// No two entries may share bytes, headers included, and none the directory's: which of them a
// change means would be a guess.
void check_apart(const Directory& directory, std::span<const std::uint64_t> ends) {
  const std::vector<std::size_t> order = in_file_order(directory);
  const std::vector<DirectoryEntry>& entries = directory.entries;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (ends[order[i]] > directory.start) {
      bad_zip("the entry reaches into the zip file's directory", entries[order[i]].name);
    }
    if (i == 0 || entries[order[i]].header >= ends[order[i - 1]]) continue;
    bad_zip("the entry lies over the bytes of " + entries[order[i - 1]].name,
            entries[order[i]].name);
  }
}

// What lies before, between and behind entries and directory.
std::vector<FileRange> gaps_between(const Directory& directory, std::span<const std::uint64_t> ends,
                                    std::uint64_t file_bytes) {
  std::vector<FileRange> gaps;
  std::uint64_t end = 0;  // of what has an owner
  const auto owned = [&](std::uint64_t first, std::uint64_t last) {
    if (first > end) gaps.push_back({end, first - end});
    end = std::max(end, last);
  };
  for (const std::size_t i : in_file_order(directory)) {
    const DirectoryEntry& entry = directory.entries[i];
    owned(entry.header, ends[i]);
    // The record behind is as long as the space up to 24 bytes allows.
    end += most_bytes_behind(entry);
  }
  end = std::min(end, directory.start);
  owned(directory.start, directory.end);
  owned(file_bytes, file_bytes);
  return gaps;
}

// libzip tells an encrypted entry's method and sizes as they are once it is decrypted.
bool same(const ZipEntry& entry, const DirectoryEntry& found) {
  return found.name == entry.name &&
         (entry.encrypted ||
          (found.method == entry.method && found.bytes == entry.bytes &&
           found.packed_bytes == entry.packed_bytes && found.checksum == entry.checksum));
}

}  // namespace

void Zip::Close::operator()(zip* archive) const noexcept { zip_discard(archive); }

Zip::Zip(const std::filesystem::path& path) : Zip(std::make_shared<const File>(path)) {}

Zip::Zip(std::shared_ptr<const File> file, FileAccess access)
    : file_(std::move(file)), file_bytes_(file_->size()) {
  zip_error_t error;
  zip_error_init(&error);
  archive_.reset(open_zip(file_, error));
  const int code = zip_error_code_zip(&error);
  const std::string reason = archive_ ? "" : zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!archive_) {
    if (code == ZIP_ER_NOZIP) bad_zip("a zip file without its end: truncated; copy it again");
    bad_zip("the zip file is damaged (" + reason + "); copy it again");
  }
  list_entries();
  locate_entries();
  if (access == FileAccess::kMap) mapping_ = MappedFile::open(*file_);
}

void Zip::list_entries() {
  const auto count =
      static_cast<std::uint64_t>(std::max<zip_int64_t>(zip_get_num_entries(archive_.get(), 0), 0));
  if (count > limits::kMaxEntries) {
    bad_zip(std::to_string(count) + " entries; at most " + std::to_string(limits::kMaxEntries) +
            " are read");
  }
  entries_.reserve(count);
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive_.get(), i, ZIP_FL_ENC_RAW, &stat) != 0) {
      bad_zip(std::string("cannot list the zip file: ") + zip_strerror(archive_.get()));
    }
    ZipEntry entry{stat.name,
                   stat.size,
                   stat.comp_size,
                   stat.comp_method,
                   stat.encryption_method != ZIP_EM_NONE,
                   stat.crc};
    check_name(entry.name);
    check_sizes(entry, file_bytes_);
    total += entry.packed_bytes;
    if (total > file_bytes_) {
      bad_zip("the entries overlap: together they claim more than the file's " +
                  std::to_string(file_bytes_) + " bytes",
              entry.name);
    }
    if (!by_name_.emplace(entry.name, i).second) bad_zip("two entries have this name", entry.name);
    entries_.push_back(std::move(entry));
  }
}

void Zip::locate_entries() {
  const Directory directory = read_directory(*file_);
  if (directory.entries.size() != entries_.size()) {
    bad_zip("the zip file can be read in two ways, with " + std::to_string(entries_.size()) +
            " entries and with " + std::to_string(directory.entries.size()));
  }
  places_.resize(entries_.size());
  std::vector<std::uint64_t> ends;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const DirectoryEntry& found = directory.entries[i];
    if (!same(entries_[i], found) || found.packed_bytes > file_bytes_) {
      bad_zip("the entry can be read in two ways", entries_[i].name);
    }
    places_[i].offset = check_local_header(*file_, found);
    ends.push_back(places_[i].offset + found.packed_bytes);
  }
  check_apart(directory, ends);
  gaps_ = gaps_between(directory, ends, file_bytes_);
}

bool Zip::is_stored(std::size_t index) const {
  return entries_.at(index).method == ZIP_CM_STORE && !entries_[index].encrypted;
}

void Zip::verify(std::span<const std::size_t> indices) const {
  std::vector<std::size_t> stored;
  std::vector<FileRange> ranges;
  for (const std::size_t index : indices) {
    if (!is_stored(index) || places_[index].state != Place::kUnverified) continue;
    stored.push_back(index);
    ranges.push_back({places_[index].offset, entries_[index].bytes});
  }
  std::vector<Checksums> checksums = checksums_of(*file_, ranges);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    Place& place = places_[stored[i]];
    const bool right = checksums[i].readable && checksums[i].whole == entries_[stored[i]].checksum;
    place.state = right ? Place::kVerified : Place::kDamaged;
    if (right) place.checksums = std::move(checksums[i].pieces);
  }
}

std::optional<StoredPlace> Zip::place(std::size_t index) const {
  verify({&index, 1});
  const Place& place = places_.at(index);
  if (place.state != Place::kVerified) return std::nullopt;
  return StoredPlace{place.offset, place.checksums};
}

std::optional<std::size_t> Zip::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

void Zip::read(std::size_t index, std::span<std::byte> out, const std::string& label) const {
  const ZipEntry& entry = entries_.at(index);
  const EntryFile file = open_entry(archive_.get(), index, entry, label);
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t got =
        read_piece(file.get(), out.subspan(done, std::min(out.size() - done, kPiece)), label);
    if (got == 0) break;
    done += got;
  }
  finish_entry(file.get(), done, out.size(), label);
}

void Zip::unpack(std::size_t index, const std::string& label,
                 const std::function<void(std::span<const std::byte>)>& take) const {
  const ZipEntry& entry = entries_.at(index);
  const EntryFile file = open_entry(archive_.get(), index, entry, label);
  std::vector<std::byte> piece(std::min<std::uint64_t>(entry.bytes, kPiece));
  std::uint64_t done = 0;
  while (done < entry.bytes) {
    const auto wanted = std::min<std::uint64_t>(entry.bytes - done, piece.size());
    const std::size_t got =
        read_piece(file.get(), std::span(piece).first(static_cast<std::size_t>(wanted)), label);
    if (got == 0) break;
    take(std::span(piece).first(got));
    done += got;
  }
  finish_entry(file.get(), done, entry.bytes, label);
}

std::string Zip::read_text(std::size_t index, std::uint64_t cap, const std::string& label) const {
  const std::uint64_t size = entries_.at(index).bytes;
  if (size > cap) {
    bad_zip("the entry has " + std::to_string(size) + " bytes; at most " + std::to_string(cap) +
                " are read",
            label);
  }
  std::string text(size, '\0');
  read(index, std::as_writable_bytes(std::span<char>(text)), label);
  return text;
}

std::string Zip::read_start(std::size_t index, std::size_t size) const {
  const EntryFile file(zip_fopen_index(archive_.get(), index, 0));
  if (!file) return {};
  std::string text(size, '\0');
  const zip_int64_t got = zip_fread(file.get(), text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace henson::loader
