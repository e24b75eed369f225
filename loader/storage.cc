#include "loader/storage.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "henson/error.h"
#include "loader/checksum.h"

namespace henson::loader {
namespace {

// From this size on a storage is worth huge pages: the first touch of small ones costs as much as
// reading.
constexpr std::size_t kHugeStorage = 4 << 20;
constexpr std::size_t kHugePage = 2 << 20;

AlignedBytes allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > SIZE_MAX - alignment) throw std::bad_alloc();
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  AlignedBytes memory(static_cast<std::byte*>(std::aligned_alloc(alignment, rounded)));
  if (!memory) throw std::bad_alloc();
  return memory;
}

Pages allocate_pages(std::size_t bytes) {
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<std::byte*>(mapped), {bytes}};
}

// What stays for as long as the storage does.
AlignedBytes allocate_kept(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  AlignedBytes memory = allocate(bytes, bytes >= kHugeStorage ? kHugePage : Storage::kAlignment);
  // Whole pages only, so that no memory past the end is ever touched.
  if (bytes >= kHugeStorage) madvise(memory.get(), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return memory;
}

// Pieces that have a byte in [0, end).
std::size_t pieces_below(std::size_t end) {
  return end / kChecksumPiece + (end % kChecksumPiece != 0 ? 1 : 0);
}

}  // namespace

void PagesDelete::operator()(std::byte* data) const noexcept { munmap(data, bytes); }

void AlignedDelete::operator()(std::byte* data) const noexcept { std::free(data); }

Storage::Storage(std::string entry, std::size_t bytes)
    : entry_(std::move(entry)), size_(bytes), owned_(allocate_kept(bytes)), whole_(owned_.get()) {}

Storage::Storage(std::string entry, FilePart part)
    : entry_(std::move(entry)),
      size_(part.bytes),
      part_(std::move(part)),
      present_(pieces_below(size_)) {}

Storage::Storage(std::string entry, std::span<const std::byte> bytes,
                 std::shared_ptr<const MappedFile> mapping)
    : entry_(std::move(entry)),
      size_(bytes.size()),
      mapping_(std::move(mapping)),
      whole_(bytes.data()) {}

const std::byte* Storage::load(std::size_t first, std::size_t last) const {
  if (present_.empty()) return nullptr;  // no bytes
  last = std::min(std::max(last, first + 1), size_);
  const std::size_t end = pieces_below(last);
  const auto is_present = [](const std::atomic<bool>& piece) {
    return piece.load(std::memory_order_acquire);
  };
  const auto from = present_.begin() + static_cast<std::ptrdiff_t>(first / kChecksumPiece);
  const auto to = present_.begin() + static_cast<std::ptrdiff_t>(end);
  if (std::all_of(from, to, is_present)) return owned_.get();

  const std::lock_guard<std::mutex> lock(mutex_);
  if (!owned_) owned_ = allocate_kept(size_);
  for (auto piece = from; piece != to; ++piece) {
    if (is_present(*piece)) continue;
    const std::size_t start = static_cast<std::size_t>(piece - present_.begin()) * kChecksumPiece;
    read_pieces(start, {owned_.get() + start, std::min(kChecksumPiece, size_ - start)});
    piece->store(true, std::memory_order_release);
  }
  if (std::all_of(present_.begin(), present_.end(), is_present)) {
    whole_.store(owned_.get(), std::memory_order_release);
  }
  return owned_.get();
}

StorageReading Storage::read_once(std::size_t first, std::size_t last) const {
  if (first >= last) return {};
  if (const std::byte* const whole = whole_.load(std::memory_order_acquire)) {
    return {{whole + first, last - first}, nullptr};
  }
  // Whole pieces, which have checksums.
  const std::size_t from = first / kChecksumPiece * kChecksumPiece;
  const std::size_t to = std::min(pieces_below(last) * kChecksumPiece, size_);
  Pages memory = allocate_pages(to - from);
  read_pieces(from, {memory.get(), to - from});
  const std::byte* const start = memory.get() + (first - from);
  return {{start, last - first}, std::move(memory)};
}

void Storage::read_pieces(std::size_t first, std::span<std::byte> out) const {
  for (std::size_t at = 0; at < out.size(); at += kChecksumPiece) {
    const auto piece = out.subspan(at, std::min(kChecksumPiece, out.size() - at));
    if (part_.file->read(part_.offset + first + at, piece) &&
        checksum_of(piece) == part_.checksums[(first + at) / kChecksumPiece]) {
      continue;
    }
    throw Error(ErrorCode::kBadArchive,
                "the archive's file was changed or cut short after it was opened; open it again",
                {entry_, {}, {}});
  }
}

void Storage::release_pages() const noexcept {
  if (mapping_) mapping_->release_pages({whole_.load(std::memory_order_relaxed), size_});
}

}  // namespace henson::loader
