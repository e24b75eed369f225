// Work over the elements of weights: shared out to threads, told of, stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

#include "henson/statistics.h"
#include "runtime/execution/thread_team.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {

/// The tensor of a weight, or null where the archive holds no elements.
const Tensor* elements_of(const WeightInfo& weight);

/// Elements that are read at once: a task of some milliseconds.
inline constexpr std::int64_t kBlock = 1 << 18;

class WeightWork {
 public:
  /// `total`: what all calls of did() add up to.
  WeightWork(const StatisticsOptions& options, std::uint64_t total);

  /// work(task) for each task below `tasks`, on all threads. Throws kCancelled when it is stopped.
  void for_each(std::size_t tasks, const std::function<void(std::size_t)>& work);
  /// Tells how far the work is. From any thread.
  void did(std::uint64_t amount);

 private:
  const StatisticsOptions& options_;
  ThreadTeam team_;
  std::uint64_t total_;
  std::mutex telling_;
  std::uint64_t done_ = 0;
};

}  // namespace henson::runtime
