// Whole models over shapes and threads. The archive is that of HENSON_BENCH_ARCHIVE.
#include <string>

#include "bench/report.h"
#include "henson/henson.h"
#include "tools/random_batch.h"

namespace henson::bench {
namespace {

constexpr const char* kShapes[] = {"1x14", "1x128", "8x128", "1x512", "64x8..128"};
constexpr int kThreads[] = {1, 2};

void run_model(benchmark::State& state, const Model& model, const tools::BatchShape& shape,
               int threads) {
  try {
    Session session(model, {.threads = threads});
    const tools::RandomBatch batch(model, shape);
    batch.run(session);  // packs the weights and makes the session's buffers
    const double seconds = time_iterations(state, [&] { batch.run(session); });
    report_operations(state, session.operations(), seconds, threads);
    state.counters["tokens/s"] = static_cast<double>(shape.tokens()) / seconds;
  } catch (const Error& error) {  // of an archive that is locked to another shape, say
    state.SkipWithError(error.what());
  }
}

void add_benchmarks() {
  const Model model = Model::open(archive_to_measure());
  for (const char* const text : kShapes) {
    const tools::BatchShape shape = *tools::parse_batch_shape(text);
    for (const int threads : kThreads) {
      const std::string name = "model/" + shape.text + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(
          name.c_str(), [=](benchmark::State& state) { run_model(state, model, shape, threads); })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  return henson::bench::run_benchmarks(argc, argv, &henson::bench::add_benchmarks);
}
