#include "runtime/execution/thread_team.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "henson/error.h"
#include "runtime/tensor/stop.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace henson::runtime {
namespace {

constexpr int kSpins = 4000;  // some 50 microseconds
constexpr std::chrono::milliseconds kBetweenStops(10);

/// Leaves the core to others for a moment, without sleeping.
void pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

/// The turn of one caller. Throws what stop_point() does while it waits for it.
class ThreadTeam::Turn {
 public:
  explicit Turn(Turns& turns) : turns_(turns) {
    std::unique_lock<std::mutex> lock(turns_.mutex);
    while (turns_.taken) {
      stop_point();
      turns_.free.wait_for(lock, kBetweenStops);
    }
    turns_.taken = true;
  }
  ~Turn() {
    {
      const std::lock_guard<std::mutex> lock(turns_.mutex);
      turns_.taken = false;
    }
    turns_.free.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turns& turns_;
};

ThreadTeam::ThreadTeam(int threads) {
  try {
    helpers_.reserve(static_cast<std::size_t>(std::max(threads, 1)));
    for (int i = 1; i < threads; ++i) {
      helpers_.emplace_back([this, i] { serve(static_cast<std::size_t>(i)); });
    }
  } catch (const std::system_error& error) {
    const std::size_t made = size();
    stop();
    throw Error(ErrorCode::kOutOfMemory, "the system gives " + std::to_string(made) + " of " +
                                             std::to_string(threads) + " threads: " + error.what());
  } catch (...) {
    stop();
    throw;
  }
}

ThreadTeam::~ThreadTeam() { stop(); }

void ThreadTeam::stop() noexcept {
  stop_.store(true, std::memory_order_relaxed);  // round_ publishes it
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadTeam::take_tasks(std::size_t thread) {
  for (;;) {
    const std::uint64_t ticket = tickets_.fetch_add(1, std::memory_order_acquire);
    const std::size_t task = ticket & 0xFFFFFFFFU;
    if (task >= ticket >> 32) return;
    const StopScope scope(*stop_token_);
    try {
      stop_point();
      (*work_)(task, thread);
    } catch (...) {
      keep_error();
    }
    done_.fetch_add(1, std::memory_order_release);
  }
}

void ThreadTeam::keep_error() noexcept {
  if (!failed_.exchange(true, std::memory_order_relaxed)) error_ = std::current_exception();
}

void ThreadTeam::serve(std::size_t thread) {
  std::uint32_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && round_.load(std::memory_order_acquire) == seen; ++i) pause();
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (stop_.load(std::memory_order_relaxed)) return;
    take_tasks(thread);
  }
}

void ThreadTeam::work_alone(std::size_t tasks,
                            const std::function<void(std::size_t, std::size_t)>& work) {
  for (std::size_t task = 0; task < tasks; ++task) {
    stop_point();
    work(task, 0);
  }
}

void ThreadTeam::for_each(std::size_t tasks,
                          const std::function<void(std::size_t, std::size_t)>& work) {
  if (tasks < 2) return work_alone(tasks, work);  // as much as a caller does between its steps
  const Turn turn(turns_);
  if (helpers_.empty()) return work_alone(tasks, work);
  work_ = &work;
  stop_token_ = &current_stop();
  done_.store(0, std::memory_order_relaxed);
  tickets_.store(std::uint64_t{tasks} << 32, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  take_tasks(0);
  for (int i = 0; done_.load(std::memory_order_acquire) != tasks; ++i) {
    if (i < kSpins) {
      pause();
    } else {
      std::this_thread::yield();  // whoever has the last task may be waiting for this core
    }
  }
  if (failed_.exchange(false, std::memory_order_relaxed)) {
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
}

}  // namespace henson::runtime
