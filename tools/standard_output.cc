#include "tools/standard_output.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <streambuf>

#include "henson/error.h"
#include "tools/out_file.h"

namespace henson::tools {
namespace {

/// A buffer before file descriptor 1 that throws for what the system refuses.
class CheckedBuffer : public std::streambuf {
 public:
  CheckedBuffer() { setp(bytes_.data(), bytes_.data() + bytes_.size()); }

 protected:
  int_type overflow(int_type character) override {
    sync();
    if (character != traits_type::eof()) sputc(traits_type::to_char_type(character));
    return traits_type::not_eof(character);
  }

  int sync() override {
    const char* at = pbase();
    const char* const end = pptr();
    setp(bytes_.data(), bytes_.data() + bytes_.size());  // what failed is not tried again
    while (at < end) {
      const ssize_t written = ::write(STDOUT_FILENO, at, static_cast<std::size_t>(end - at));
      if (written > 0) at += written;
      if (written >= 0 || errno == EINTR) continue;
      if (errno == EPIPE) throw BrokenPipe();
      throw Error(ErrorCode::kNotFound,
                  std::string("standard output: cannot be written: ") + std::strerror(errno));
    }
    return 0;
  }

 private:
  std::array<char, 1 << 14> bytes_;
};

CheckedBuffer& buffer() {
  static CheckedBuffer only;
  return only;
}

}  // namespace

CheckedOutput::CheckedOutput() : before_(std::cout.rdbuf(&buffer())) {
  std::cout.exceptions(std::ios::badbit);  // hands on what the buffer throws
}

CheckedOutput::~CheckedOutput() {
  std::cout.exceptions(std::ios::goodbit);
  std::cout.rdbuf(before_);
}

void write_standard_output(std::string_view bytes) {
  buffer().sputn(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void flush_standard_output() { buffer().pubsync(); }

}  // namespace henson::tools
