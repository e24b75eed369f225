#include "runtime/tensor/stop.h"

#include <utility>

#include "henson/error.h"

namespace henson::runtime {
namespace {

thread_local const std::stop_token* t_stop = nullptr;

}  // namespace

StopScope::StopScope(const std::stop_token& stop) noexcept
    : before_(std::exchange(t_stop, &stop)) {}

StopScope::~StopScope() { t_stop = before_; }

const std::stop_token& current_stop() noexcept {
  static const std::stop_token kNever;
  return t_stop == nullptr ? kNever : *t_stop;
}

void stop_point() {
  if (t_stop != nullptr && t_stop->stop_requested()) {
    throw Error(ErrorCode::kCancelled, "the run was stopped");
  }
}

}  // namespace henson::runtime
