#include "loader/source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "henson/error.h"
#include "loader/recognize.h"
#include "loader/storage.h"

namespace henson::loader {
namespace {

constexpr std::size_t kFirstRoom = std::size_t{1} << 20;

[[noreturn]] void refuse_size(std::uint64_t most) {
  throw Error(ErrorCode::kOutOfMemory, "the archive is read into memory, and has more than the " +
                                           std::to_string(most) + " bytes that there are for it");
}

/// Whole pages of memory that grow, moved by the system and not copied.
class GrowingPages {
 public:
  std::span<std::byte> room() const noexcept {
    return {pages_.get() + used_, pages_.get_deleter().bytes - used_};
  }
  std::size_t used() const noexcept { return used_; }
  std::span<const std::byte> bytes() const noexcept { return {pages_.get(), used_}; }
  void use(std::size_t bytes) noexcept { used_ += bytes; }

  void grow(std::size_t bytes) {
    void* const grown =
        pages_ ? mremap(pages_.get(), pages_.get_deleter().bytes, bytes, MREMAP_MAYMOVE)
               : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (grown == MAP_FAILED) throw std::bad_alloc();
    pages_.release();
    pages_ = Pages(static_cast<std::byte*>(grown), {bytes});
  }

  std::shared_ptr<const File> to_file() && {
    const std::span<const std::byte> all = bytes();
    return std::make_shared<const File>(all, std::shared_ptr<const std::byte>(std::move(pages_)));
  }

 private:
  Pages pages_;
  std::size_t used_ = 0;
};

std::size_t read_some(int descriptor, std::span<std::byte> out) {
  for (;;) {
    const ssize_t got = ::read(descriptor, out.data(), out.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) {
      throw Error(ErrorCode::kNotFound, std::string("cannot be read: ") + std::strerror(errno));
    }
  }
}

std::string_view start_of(const GrowingPages& pages) {
  return {reinterpret_cast<const char*>(pages.bytes().data()), std::min(pages.used(), kStartBytes)};
}

std::shared_ptr<const File> read_stream(int descriptor, std::uint64_t most) {
  GrowingPages pages;
  bool recognized = false;
  pages.grow(kFirstRoom);
  for (;;) {
    const std::uint64_t left = most - pages.used();  // and one more, to see whether there is
    const std::span<std::byte> room = pages.room();
    const std::size_t got = read_some(
        descriptor,
        room.first(static_cast<std::size_t>(std::min<std::uint64_t>(room.size() - 1, left)) + 1));
    if (got == 0) break;
    if (got > left) refuse_size(most);
    pages.use(got);
    if (!recognized && pages.used() >= kStartBytes) {
      refuse_other_starts(start_of(pages));
      recognized = true;
    }
    if (pages.room().empty()) pages.grow(2 * pages.used());
  }
  if (!recognized) refuse_other_starts(start_of(pages));
  return std::move(pages).to_file();
}

struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number;
};

}  // namespace

std::shared_ptr<const File> open_source(const std::filesystem::path& path, std::uint64_t most) {
  refuse_other_paths(path);
  if (std::filesystem::is_regular_file(path)) return std::make_shared<const File>(path);
  const Descriptor stream(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (stream.number < 0) throw Error(ErrorCode::kNotFound, "the pipe cannot be opened");
  return read_stream(stream.number, most);
}

std::shared_ptr<const File> open_source(int descriptor, std::uint64_t most) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) {
    throw Error(ErrorCode::kNotFound,
                std::to_string(descriptor) + " is no descriptor of an open file");
  }
  if (S_ISREG(status.st_mode)) return std::make_shared<const File>(descriptor);
  if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) return read_stream(descriptor, most);
  throw Error(ErrorCode::kBadArchive, S_ISDIR(status.st_mode)
                                          ? "a folder; give a TorchScript archive, a .pt file"
                                          : "neither a file nor a pipe");
}

std::shared_ptr<const File> copy_source(std::span<const std::byte> bytes, std::uint64_t most) {
  if (bytes.size() > most) refuse_size(most);
  GrowingPages pages;
  pages.grow(std::max<std::size_t>(bytes.size(), 1));
  if (!bytes.empty()) std::memcpy(pages.room().data(), bytes.data(), bytes.size());
  pages.use(bytes.size());
  return std::move(pages).to_file();
}

}  // namespace henson::loader
