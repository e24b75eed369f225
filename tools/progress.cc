#include "tools/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kNameWidth = 40;

}  // namespace

Progress::Progress(std::size_t total)
    : total_(std::max<std::size_t>(total, 1)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::show(std::size_t done, std::string_view what) {
  if (!on_terminal_) return;
  const std::size_t filled = std::min(done, total_) * kBarWidth / total_;
  std::string bar = "\r\x1b[K[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') +
                    "] " + std::to_string(done) + "/" + std::to_string(total_) + " ";
  bar += printable(what.substr(0, kNameWidth));
  std::fputs(bar.c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::show(std::string_view what) {
  if (!on_terminal_) return;
  std::fputs(("\r\x1b[K" + printable(what)).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace henson::tools
