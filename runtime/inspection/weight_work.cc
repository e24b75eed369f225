#include "runtime/inspection/weight_work.h"

#include "runtime/api/guarded.h"
#include "runtime/api/weight_elements.h"
#include "runtime/tensor/stop.h"

namespace henson::runtime {

const Tensor* elements_of(const WeightInfo& weight) {
  return weight.elements == nullptr ? nullptr : &weight.elements->tensor();
}

WeightWork::WeightWork(const StatisticsOptions& options, std::uint64_t total)
    : options_(options), team_(checked_threads(options.threads)), total_(total) {}

void WeightWork::for_each(std::size_t tasks, const std::function<void(std::size_t)>& work) {
  const StopScope scope(options_.stop);
  team_.for_each(tasks, [&](std::size_t task, std::size_t) { work(task); });
}

void WeightWork::did(std::uint64_t amount) {
  if (!options_.progress) return;
  const std::lock_guard<std::mutex> lock(telling_);
  done_ += amount;
  options_.progress(done_, total_);
}

}  // namespace henson::runtime
