#include "tools/out_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "henson/error.h"
#include "tools/interrupt.h"
#include "tools/standard_output.h"

namespace henson::tools {
namespace {

/// The file that the links of a path lead to.
std::filesystem::path target_of(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::path target = std::filesystem::canonical(path, failed);
  return failed ? path : target;
}

/// The mode of a new file: what the process's mask leaves of rw-rw-rw-.
mode_t new_file_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

OutFile::OutFile(const std::filesystem::path& path, Access access)
    : path_(path == "-" ? std::filesystem::path() : path) {
  if (!standard() && !opens_beside()) open_in_place();
  const bool rewinds = file_ != nullptr && std::fseek(file_, 0, SEEK_SET) == 0;
  if (access == Access::kForward || rewinds) return;
  spool_ = std::tmpfile();
  if (spool_ == nullptr) fail(errno);
}

/// False when it must be written in place.
bool OutFile::opens_beside() {
  struct stat old {};
  const bool exists = stat(path_.c_str(), &old) == 0;
  std::error_code ignored;
  if (!exists && std::filesystem::is_symlink(path_, ignored)) return false;
  if (exists && (!S_ISREG(old.st_mode) || old.st_nlink > 1)) return false;
  target_ = target_of(path_);
  if (exists && (old.st_mode & 0222) == 0) fail(EACCES);  // for root too
  if (exists && access(target_.c_str(), W_OK) != 0) fail(errno);
  std::string name = (target_.parent_path() / ".henson-XXXXXX").string();
  const int file = mkstemp(name.data());
  if (file < 0) return false;
  partial_ = name;
  remove_when_interrupted(partial_.c_str());
  const bool owned = !exists || (old.st_uid == geteuid() && old.st_gid == getegid()) ||
                     fchown(file, old.st_uid, old.st_gid) == 0;
  const bool ready = owned && fchmod(file, exists ? old.st_mode & 07777 : new_file_mode()) == 0;
  file_ = ready ? fdopen(file, "wb") : nullptr;
  if (file_ != nullptr) return true;
  close(file);
  unlink(partial_.c_str());
  partial_.clear();
  return false;
}

void OutFile::open_in_place() {
  file_ = std::fopen(path_.c_str(), "wb");
  if (file_ == nullptr) fail(errno);
}

OutFile::~OutFile() {
  if (spool_ != nullptr) std::fclose(spool_);
  if (file_ != nullptr) std::fclose(file_);
  if (!partial_.empty()) unlink(partial_.c_str());
  remove_when_interrupted(nullptr);
}

void OutFile::fail(int error) const {
  throw Error(ErrorCode::kNotFound, (standard() ? "standard output" : path_.string()) +
                                        ": cannot be written: " + std::strerror(error));
}

void OutFile::write(std::string_view bytes) {
  std::FILE* const file = spool_ != nullptr ? spool_ : file_;
  if (file == nullptr) return write_standard_output(bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) fail(errno);
}

void OutFile::write_start(std::string_view bytes) {
  if (std::fseek(spool_ != nullptr ? spool_ : file_, 0, SEEK_SET) != 0) fail(errno);
  write(bytes);
}

void OutFile::flush() {
  if (spool_ != nullptr) return;
  if (file_ == nullptr) return flush_standard_output();
  if (std::fflush(file_) != 0) fail(errno);
}

/// To where no one can go back.
void OutFile::copy_spooled() {
  std::FILE* const spool = spool_;
  spool_ = nullptr;
  std::rewind(spool);
  std::array<char, 1 << 16> part;
  for (;;) {
    const std::size_t size = std::fread(part.data(), 1, part.size(), spool);
    if (size == 0) break;
    write({part.data(), size});
  }
  std::fclose(spool);
}

void OutFile::finish() {
  if (spool_ != nullptr) copy_spooled();
  flush();
  if (standard()) return;
  std::FILE* const file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) fail(errno);
  if (partial_.empty()) return;
  if (std::rename(partial_.c_str(), target_.c_str()) != 0) fail(errno);
  partial_.clear();
}

}  // namespace henson::tools
