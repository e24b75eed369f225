// What Henson may take of the machine, and how sessions share it.
#pragma once

#include <cstddef>
#include <memory>

#include "henson/visibility.h"

namespace henson {

/// Of one session, or of one ThreadPool.
inline constexpr int kMostThreads = 512;

struct RuntimeOptions {
  /// 0: as many as can run at once, by the process's affinity and its control group's share of the
  /// processors. At most kMostThreads; another number is refused.
  int threads = 0;
  /// Bytes that runs may have alive at once, outputs and what a run uses again included; not the
  /// model, nor what it is prepared to. Before an allocation that would exceed it the run is
  /// refused (kOutOfMemory), with the operator and its line. 0: what the machine has left at the
  /// time, seven eighths of it at once, its control group's limit included.
  std::size_t memory_limit = 0;
};

/// Threads and memory that any number of sessions share (SessionOptions::pool), where each would
/// otherwise have its own. The steps of their runs take turns, each on all of the threads, the
/// caller's among them: however many callers there are, no more than threads() compute at once. A
/// short run waits for a step of a long one and not for its end. RuntimeOptions::memory_limit holds
/// for all runs together, with those of their outputs that are still held; what sessions keep while
/// they do nothing does not count (Session::memory).
///
/// May be used by any number of threads at once. Copies are cheap, and the same pool; its threads
/// end with the last copy and the last session. One that was moved from throws kBadInput where it
/// is given to a session, and has no threads.
class HENSON_API ThreadPool {
 public:
  /// Throws kBadInput for a number of threads that cannot be, and kOutOfMemory when the system
  /// gives less.
  explicit ThreadPool(RuntimeOptions options = {});

  int threads() const noexcept;
  /// Bytes that its runs and their outputs have now.
  std::size_t memory() const noexcept;

 private:
  friend class ThreadPoolAccess;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace henson
