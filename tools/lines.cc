#include "tools/lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "henson/error.h"

namespace henson::tools {
namespace {

constexpr std::size_t kReadAtOnce = 256 << 10;

}  // namespace

Lines::Lines(const std::filesystem::path& path)
    : name_(path == "-" ? "standard input" : path.string()) {
  file_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw Error(ErrorCode::kNotFound, name_ + ": " + std::strerror(errno));
  struct stat facts {};
  if (fstat(file_, &facts) == 0 && S_ISREG(facts.st_mode)) {
    total_ = static_cast<std::uint64_t>(facts.st_size);
  }
}

Lines::~Lines() {
  if (file_ != STDIN_FILENO) close(file_);
}

std::optional<std::string> Lines::next() {
  std::size_t searched = position_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos || buffer_.size() - position_ > kMaxLine) {
      const std::size_t size = std::min(end, buffer_.size()) - position_;
      if (size > kMaxLine) {
        throw Error(ErrorCode::kBadInput,
                    name_ + ": a line has more than " + std::to_string(kMaxLine >> 20) + " MiB");
      }
      std::string line = buffer_.substr(position_, size);
      position_ = end + 1;
      bytes_ += size + 1;
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    buffer_.erase(0, position_);
    position_ = 0;
    searched = buffer_.size();
    if (fill()) continue;
    if (buffer_.empty()) return std::nullopt;
    std::string line = std::move(buffer_);
    buffer_.clear();
    bytes_ += line.size();
    return line;
  }
}

bool Lines::fill() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadAtOnce);
  const ssize_t count = read(file_, buffer_.data() + before, kReadAtOnce);
  const int error = errno;
  buffer_.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
  if (count < 0 && error == EINTR) {
    buffer_.clear();  // the line under way is not whole
  } else if (count < 0) {
    throw Error(ErrorCode::kBadInput, name_ + ": " + std::strerror(error));
  }
  return count > 0;
}

}  // namespace henson::tools
