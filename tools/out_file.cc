#include "tools/out_file.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "henson/error.h"

namespace henson::tools {

OutFile::OutFile(const std::filesystem::path& path) : path_(path) {
  if (path.empty()) {
    file_ = stdout;
    return;
  }
  partial_ = path.string() + ".part";
  file_ = std::fopen(partial_.c_str(), "wb");
  if (file_ == nullptr) fail();
}

OutFile::~OutFile() {
  if (path_.empty() || file_ == nullptr) return;
  std::fclose(file_);
  std::error_code ignored;
  std::filesystem::remove(partial_, ignored);
}

void OutFile::fail() const {
  if (path_.empty() && errno == EPIPE) throw BrokenPipe();
  throw Error(ErrorCode::kNotFound, (path_.empty() ? "standard output" : path_.string()) +
                                        ": cannot be written: " + std::strerror(errno));
}

void OutFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail();
}

void OutFile::write_start(std::string_view bytes) {
  if (std::fseek(file_, 0, SEEK_SET) != 0) fail();
  write(bytes);
}

void OutFile::flush() {
  if (std::fflush(file_) != 0) fail();
}

void OutFile::finish() {
  flush();
  if (path_.empty()) return;
  std::FILE* const file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) fail();
  std::error_code failed;
  std::filesystem::rename(partial_, path_, failed);
  if (failed) {
    errno = failed.value();
    fail();
  }
}

}  // namespace henson::tools
