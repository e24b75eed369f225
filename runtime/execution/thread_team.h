// The threads of a session, or of several.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace henson::runtime {

/// A number of threads that work on one thing at a time, the caller among them. They wait awake for
/// a short while, since the next step of a plan comes at once, then asleep. Callers take turns.
class ThreadTeam {
 public:
  /// `threads` of 1 starts none. Throws henson::Error (kOutOfMemory) when the system gives less.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  std::size_t size() const noexcept { return helpers_.size() + 1; }

  /// Calls work(task, thread) for each task below `tasks`, each once, on whichever thread is free;
  /// thread is below size(). Returns when all are done: a thread that was not there in time to take
  /// a task is not waited for. What `work` throws reaches the caller once all tasks are done: the
  /// first of several. What stops
  /// the caller (StopScope) stops the tasks: those that have not begun by then do nothing. While
  /// another caller has its turn this waits. `work` must not call it.
  void for_each(std::size_t tasks, const std::function<void(std::size_t, std::size_t)>& work);

 private:
  void work_alone(std::size_t tasks, const std::function<void(std::size_t, std::size_t)>& work);
  void stop() noexcept;
  void serve(std::size_t thread);
  void take_tasks(std::size_t thread);
  void keep_error() noexcept;

  /// Who is at work. Costs no call of the system while nobody waits.
  struct Turns {
    std::mutex mutex;
    std::condition_variable free;
    bool taken = false;
  };
  class Turn;

  Turns turns_;
  std::vector<std::thread> helpers_;
  const std::function<void(std::size_t, std::size_t)>* work_ = nullptr;
  const std::stop_token* stop_token_ = nullptr;       // of the caller
  alignas(64) std::atomic<std::uint32_t> round_ = 0;  // counts calls; the helpers wait for it
  /// How many tasks there are (the upper half) and the next one to take (the lower). In one word,
  /// so that who takes a task knows that it is there: work_ then stays until the task is done.
  alignas(64) std::atomic<std::uint64_t> tickets_ = 0;
  alignas(64) std::atomic<std::size_t> done_ = 0;  // tasks of this round
  std::atomic<bool> failed_ = false;               // a task of this round threw
  std::exception_ptr error_;                       // what it threw; published by done_
  // A helper that comes late to a round may read it while the destructor writes.
  std::atomic<bool> stop_ = false;
};

}  // namespace henson::runtime
