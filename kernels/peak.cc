#include "kernels/peak.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

inline constexpr std::size_t kChains = 12;  // enough to hide the latency, few enough for registers

/// Multiply-adds that depend on nothing but their own chain. Returns their number.
double run_multiply_adds(std::size_t rounds, float* result) {
  const FloatTag d;
  const FloatVector factor = hn::Set(d, 0.999F);
  FloatVector sums[kChains];
#pragma GCC unroll 12
  for (std::size_t i = 0; i < kChains; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (std::size_t i = 0; i < kChains; ++i) sums[i] = hn::MulAdd(sums[i], factor, factor);
  }
  FloatVector all = sums[0];
  for (std::size_t i = 1; i < kChains; ++i) all = hn::Add(all, sums[i]);
  *result = hn::GetLane(hn::SumOfLanes(d, all));
  return static_cast<double>(rounds) * static_cast<double>(kChains * kLanes);
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/pick.h"

namespace henson::kernels {
namespace {

constexpr std::size_t kRounds = 200000;
constexpr int kTries = 8;

/// Gop/s of one thread, its best.
double measure_thread() {
  const auto run = HENSON_PICK(run_multiply_adds);
  double best = 0;
  volatile float kept = 0;
  for (int i = 0; i < kTries; ++i) {
    float result = 0;
    const auto start = std::chrono::steady_clock::now();
    const double count = run(kRounds, &result);
    const std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - start;
    kept = result;
    best = std::max(best, 2 * count / passed.count());
  }
  (void)kept;
  return best;
}

}  // namespace

double measure_peak_gops(int threads) {
  std::vector<double> gops(static_cast<std::size_t>(std::max(1, threads)));
  std::vector<std::jthread> helpers;  // join by themselves, also where not all can be made
  for (std::size_t i = 1; i < gops.size(); ++i) {
    helpers.emplace_back([&gops, i] { gops[i] = measure_thread(); });
  }
  gops[0] = measure_thread();
  helpers.clear();
  double sum = 0;
  for (const double each : gops) sum += each;
  return sum;
}

}  // namespace henson::kernels
#endif
