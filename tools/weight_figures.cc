#include "tools/weight_figures.h"

#include <string>

#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

/// Steps of a progress bar: more of them only cost time.
constexpr std::uint64_t kSteps = 100;

/// Runs `work` with options that show its progress and stop it at Ctrl-C.
template <typename F>
auto watched(int threads, Progress& progress, const std::string& what, F&& f) {
  std::stop_source interrupted;
  StatisticsOptions options;
  options.threads = threads;
  options.stop = interrupted.get_token();
  std::uint64_t shown = 0;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    try {
      Work::check();
    } catch (const Interrupted&) {
      interrupted.request_stop();
    }
    const std::uint64_t step = done * kSteps / total;
    if (step != shown) progress.show(shown = step, what);
  };
  try {
    return f(options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) Work::check();
    throw;
  }
}

}  // namespace

void measure(std::span<TensorRow> rows, const FigureOptions& options) {
  Work work("tensors");
  if (options.statistics) {
    std::vector<WeightInfo> weights;
    for (const TensorRow& row : rows) weights.push_back(*row.weight);
    Progress progress(kSteps);
    const auto found = watched(
        options.threads, progress, "reading the weights",
        [&](const StatisticsOptions& watching) { return statistics_of(weights, watching); });
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].statistics = found[i];
  }
  if (!options.spectrum) return;
  Progress progress(kSteps);
  for (TensorRow& row : rows) {
    row.spectrum = watched(
        options.threads, progress, "spectrum of " + row.name,
        [&](const StatisticsOptions& watching) { return spectrum_of(*row.weight, watching); });
    work.done();
  }
}

std::optional<std::vector<double>> measure_row_norms(const WeightInfo& weight, int threads) {
  const Work work("rows");
  Progress progress(kSteps);
  return watched(threads, progress, "norms of the rows",
                 [&](const StatisticsOptions& watching) { return row_norms_of(weight, watching); });
}

}  // namespace henson::tools
