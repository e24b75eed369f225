// How a run is stopped on its way: the thread that it is on knows who may ask for it, and whatever
// takes long looks now and then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stop_token>

namespace henson::runtime {

/// While it lives, what this thread does is stopped by `stop`, which must outlive it.
class StopScope {
 public:
  explicit StopScope(const std::stop_token& stop) noexcept;
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  const std::stop_token* before_;
};

/// What stops this thread, to be handed on to those that help it; never asked to stop outside of
/// any StopScope.
const std::stop_token& current_stop() noexcept;

/// Throws henson::Error (kCancelled) when what this thread does is asked to stop.
void stop_point();

/// Multiply-adds of a fast kernel between two stop points: some ten milliseconds.
inline constexpr std::size_t kMultiplyAddsBetweenStops = std::size_t{1} << 28;

/// A stop_point() each so many operations, of some nanoseconds each: for loops that may be long.
class StopPace {
 public:
  static constexpr std::int64_t kOperations = 1 << 19;

  void did(std::int64_t operations) {
    done_ += operations;
    if (done_ < kOperations) return;
    done_ = 0;
    stop_point();
  }

 private:
  std::int64_t done_ = 0;
};

/// f(first, last) over all of [0, count), a piece after the other, with stop points between.
template <typename F>
void in_pieces(std::int64_t count, F&& f) {
  for (std::int64_t first = 0; first < count; first += StopPace::kOperations) {
    if (first > 0) stop_point();
    f(first, std::min(count, first + StopPace::kOperations));
  }
}

}  // namespace henson::runtime
