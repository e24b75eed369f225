#include "loader/mapped_file.h"

#include <sys/mman.h>
#include <unistd.h>

namespace henson::loader {

std::shared_ptr<const MappedFile> MappedFile::open(const File& file) {
  const auto size = static_cast<std::size_t>(file.size());
  if (size == 0) return nullptr;
  if (file.in_memory()) {
    return std::shared_ptr<const MappedFile>(new MappedFile(file.memory(), true, file.owner()));
  }
  void* const start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (start == MAP_FAILED) return nullptr;
  return std::shared_ptr<const MappedFile>(
      new MappedFile({static_cast<const std::byte*>(start), size}, false, nullptr));
}

MappedFile::~MappedFile() {
  if (!in_memory_) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::release_pages(std::span<const std::byte> part) const noexcept {
  if (in_memory_) return;  // these pages are not read again from anywhere
  static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t first = (start + page - 1) / page * page;
  const std::uintptr_t end = (start + part.size()) / page * page;
  // The mapping is never written, so its pages hold nothing but what the file does.
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

}  // namespace henson::loader
