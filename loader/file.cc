#include "loader/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "henson/error.h"

namespace henson::loader {

File::File(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  take_size();
}

File::File(int descriptor) : descriptor_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) { take_size(); }

File::File(std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
    : memory_(bytes), owner_(std::move(owner)), size_(bytes.size()) {}

void File::take_size() {
  struct stat status {};
  if (descriptor_ < 0 || fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Error(ErrorCode::kNotFound, "the file cannot be read");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

File::~File() {
  if (!in_memory()) ::close(descriptor_);
}

bool File::read(std::uint64_t offset, std::span<std::byte> out) const noexcept {
  if (in_memory()) {
    if (offset > size_ || out.size() > size_ - offset) return false;
    if (!out.empty()) std::memcpy(out.data(), memory_.data() + offset, out.size());
    return true;
  }
  while (!out.empty()) {
    const ssize_t got = pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

std::string File::text(std::uint64_t offset, std::uint64_t size) const {
  size = std::min(size, size_ - std::min(offset, size_));
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!read(offset, std::as_writable_bytes(std::span<char>(text)))) text.clear();
  return text;
}

}  // namespace henson::loader
