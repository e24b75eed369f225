#include "tools/benchmark.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

#include "tools/interrupt.h"
#include "tools/random_batch.h"

namespace henson::tools {
namespace {

constexpr std::size_t kMinRuns = 3;

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Milliseconds of runs for so many seconds.
std::vector<double> time_runs(const std::function<void()>& run, double seconds) {
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < kMinRuns || milliseconds_since(start) < 1e3 * seconds) {
    Work::check();
    const auto begin = Clock::now();
    run();
    times.push_back(milliseconds_since(begin));
  }
  return times;
}

/// What steps took since `before`, of the same steps.
std::vector<StepTime> time_since(const std::vector<StepTime>& before, std::vector<StepTime> now) {
  if (before.size() != now.size()) return now;
  for (std::size_t i = 0; i < now.size(); ++i) now[i].seconds -= before[i].seconds;
  return now;
}

/// Of a sorted list.
double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace

Timing time_shape(const Model& model, const BatchShape& shape, const BenchmarkOptions& options) {
  const RandomBatch batch(model, shape);
  Session session(model, options.session);
  Timing timing;
  timing.shape = shape;
  const auto start = Clock::now();
  batch.run(session);
  timing.first_ms = milliseconds_since(start);
  const std::vector<StepTime> first_steps = session.profile();
  std::vector<double> times = time_runs([&] { batch.run(session); }, options.seconds);
  std::sort(times.begin(), times.end());
  timing.runs = times.size();
  timing.min_ms = times.front();
  timing.median_ms = median(times);
  timing.operations = session.operations();
  timing.profile = group_steps(time_since(first_steps, session.profile()), timing.runs);
  return timing;
}

double count_operations(const Model& model, const BatchShape& shape, SessionOptions options) {
  options.executor = Executor::kPlan;
  Session session(model, options);
  RandomBatch(model, shape).run(session);
  return session.operations();
}

std::vector<StepGroup> group_steps(const std::vector<StepTime>& steps, std::size_t runs) {
  std::map<std::string, StepGroup> found;
  for (const auto& [line, seconds] : steps) {
    const std::string step = line.substr(0, line.rfind("  "));  // behind it: the place
    StepGroup& group = found[step];
    group.step = step;
    ++group.count;
    group.milliseconds += 1e3 * seconds / static_cast<double>(runs);
  }
  std::vector<StepGroup> groups;
  for (auto& [step, group] : found) groups.push_back(std::move(group));
  std::stable_sort(groups.begin(), groups.end(), [](const StepGroup& a, const StepGroup& b) {
    return a.milliseconds > b.milliseconds;
  });
  return groups;
}

}  // namespace henson::tools
