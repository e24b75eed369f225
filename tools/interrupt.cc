#include "tools/interrupt.h"

#include <csignal>

namespace henson::tools {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void remember(int) { g_interrupted = 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: reads return
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() noexcept { return g_interrupted != 0; }

}  // namespace henson::tools
