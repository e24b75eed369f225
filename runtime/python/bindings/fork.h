// What a process that was forked may not touch: sessions, whose threads are the parent's.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace henson::python {

/// While it lives, the process is not forked by Python: a child would find locks that nobody
/// opens. To be made without the GIL.
class NoFork {
 public:
  NoFork();
  ~NoFork();
  NoFork(const NoFork&) = delete;
  NoFork& operator=(const NoFork&) = delete;
};

/// Waits for every NoFork, and holds up new ones. Without the GIL.
void before_fork();
void after_fork_in_parent();
void after_fork_in_child();

/// How many forks lie between this process and the one that loaded the module.
std::uint64_t forks() noexcept;

/// A T that is destroyed by the process that made it, and by no child of it.
template <typename T>
class OfProcess {
 public:
  explicit OfProcess(T value) : value_(std::make_unique<T>(std::move(value))) {}
  ~OfProcess() { leave(); }
  OfProcess(OfProcess&& other) noexcept = default;
  OfProcess& operator=(OfProcess&& other) noexcept {
    leave();
    value_ = std::move(other.value_);
    forks_ = other.forks_;
    return *this;
  }

  bool is_ours() const noexcept { return forks_ == forks(); }
  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_.get(); }

 private:
  /// The child's copy of the memory stays as it is until the child ends.
  void leave() noexcept {
    if (!is_ours()) static_cast<void>(value_.release());
  }

  std::unique_ptr<T> value_;
  std::uint64_t forks_ = forks();
};

}  // namespace henson::python
