#include "tools/interrupt.h"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstring>
#include <string_view>

namespace henson::tools {
namespace {

constexpr suseconds_t kPatience = 700'000;  // microseconds

// Read by signal handlers: atomics without locks.
std::atomic<bool> g_interrupted = false;
std::atomic<const char*> g_pieces = nullptr;
std::atomic<std::uint64_t> g_done = 0;
std::atomic<const char*> g_partial = nullptr;
static_assert(std::atomic<const char*>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

/// What may be called in a signal handler, and nothing else.
void append(char*& to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  to += text.size();
}

void end_now(int) {
  if (const char* const partial = g_partial) unlink(partial);
  report_interrupt();
  _exit(kInterrupted);
}

void remember(int signal) {
  if (g_pieces == nullptr || g_interrupted.exchange(true)) end_now(signal);
  std::signal(SIGALRM, end_now);
  const itimerval patience{{0, 0}, {0, kPatience}};
  setitimer(ITIMER_REAL, &patience, nullptr);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember;  // and no SA_RESTART: reads return
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Work::Work(const char* pieces) {
  g_done = 0;
  g_pieces = pieces;
}

Work::~Work() {
  if (!g_interrupted) g_pieces = nullptr;  // else it is told of
}

void Work::done(std::uint64_t count) {
  g_done += count;
  check();
}

void Work::check() {
  if (g_interrupted) throw Interrupted();
}

void remove_when_interrupted(const char* path) noexcept { g_partial = path; }

void report_interrupt() noexcept {
  char text[128];
  char* at = text;
  append(at, "henson: interrupted");
  if (const char* const pieces = g_pieces) {
    append(at, " after ");
    at = std::to_chars(at, at + 20, g_done.load()).ptr;
    append(at, " ");
    append(at, pieces);
  }
  append(at, "\n");
  const ssize_t ignored = ::write(STDERR_FILENO, text, static_cast<std::size_t>(at - text));
  (void)ignored;
}

}  // namespace henson::tools
