// Standard output, every write of which is checked.
#pragma once

#include <streambuf>
#include <string_view>

namespace henson::tools {

/// While it lives, std::cout goes through write_standard_output: what cannot be written throws
/// where it is flushed, henson::Error with the reason, or BrokenPipe when nobody reads any more.
class CheckedOutput {
 public:
  CheckedOutput();
  ~CheckedOutput();
  CheckedOutput(const CheckedOutput&) = delete;
  CheckedOutput& operator=(const CheckedOutput&) = delete;

 private:
  std::streambuf* before_;
};

void write_standard_output(std::string_view bytes);
void flush_standard_output();

}  // namespace henson::tools
