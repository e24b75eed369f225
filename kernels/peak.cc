#include "kernels/peak.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include "kernels/dot_product.h"
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

constexpr int kTries = 8;
constexpr double kTryOperations = 2e8;  // about so many, a millisecond or more

/// Runs multiply-adds for so many rounds; returns their number.
using Run = std::function<double(std::size_t rounds)>;

Run run_of(WeightType type) {
  if (type == WeightType::kInt8) return int8_kernel().run_tiles;
  if (type == WeightType::kBFloat16 && bf16_kernel() != nullptr) return bf16_kernel()->run_tiles;
  return [](std::size_t rounds) {
    float result = 0;
    const double count = HENSON_PICK(run_multiply_adds)(rounds, &result);
    volatile float kept = result;
    (void)kept;
    return count;
  };
}

/// Gop/s of one thread, its best.
double measure_thread(const Run& run) {
  const auto rounds = static_cast<std::size_t>(kTryOperations / (2 * run(1))) + 1;
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double count = run(rounds);
    const std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - start;
    best = std::max(best, 2 * count / passed.count());
  }
  return best;
}

}  // namespace

double measure_peak_gops(int threads, WeightType type) {
  const Run run = run_of(type);
  std::vector<double> gops(static_cast<std::size_t>(std::max(1, threads)));
  std::vector<std::jthread> helpers;  // join by themselves, also where not all can be made
  for (std::size_t i = 1; i < gops.size(); ++i) {
    helpers.emplace_back([&gops, &run, i] { gops[i] = measure_thread(run); });
  }
  gops[0] = measure_thread(run);
  helpers.clear();
  double sum = 0;
  for (const double each : gops) sum += each;
  return sum;
}

}  // namespace henson::kernels
#endif
