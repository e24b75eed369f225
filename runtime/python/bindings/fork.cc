#include "runtime/python/bindings/fork.h"

#include <condition_variable>
#include <mutex>

namespace henson::python {
namespace {

/// Calls go in and out, and before a fork it is closed when the last one is out.
class Gate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !closed_; });
    ++inside_;
  }
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      --inside_;
    }
    changed_.notify_all();
  }
  void close() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !closed_; });
    closed_ = true;
    changed_.wait(lock, [&] { return inside_ == 0; });
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = false;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int inside_ = 0;
};

// Never destroyed: threads may still leave it when the process ends.
Gate*& gate() {
  static Gate* the_gate = std::make_unique<Gate>().release();
  return the_gate;
}

std::uint64_t fork_count = 0;

}  // namespace

NoFork::NoFork() { gate()->enter(); }
NoFork::~NoFork() { gate()->leave(); }

void before_fork() { gate()->close(); }
void after_fork_in_parent() { gate()->open(); }
void after_fork_in_child() {
  ++fork_count;
  gate() = std::make_unique<Gate>().release();  // threads that are not here wait at the old one
}

std::uint64_t forks() noexcept { return fork_count; }

}  // namespace henson::python
