// How long an archive takes until its first answer: it is opened, its weights are packed, it runs.
// The archive is that of HENSON_BENCH_ARCHIVE; its file is in the page cache.
#include <string>

#include "bench/report.h"
#include "henson/henson.h"
#include "tools/random_batch.h"

namespace henson::bench {
namespace {

constexpr int kThreads[] = {1, 2};

void report_file(benchmark::State& state, const std::filesystem::path& archive) {
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(archive));
  state.SetBytesProcessed(bytes * static_cast<std::int64_t>(state.iterations()));
}

void open_archive(benchmark::State& state, const std::filesystem::path& archive) {
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(Model::open(archive));
  report_file(state, archive);
}

void answer_first(benchmark::State& state, const std::filesystem::path& archive, int threads) {
  const tools::RandomBatch batch(Model::open(archive), *tools::parse_batch_shape("1x14"));
  for ([[maybe_unused]] auto _ : state) {
    const Model model = Model::open(archive);
    Session session(model, {.threads = threads});
    batch.run(session);
  }
  report_file(state, archive);
}

void add_benchmarks() {
  const std::filesystem::path archive = archive_to_measure();
  const auto add = [](const std::string& name, auto function) {
    benchmark::RegisterBenchmark(name.c_str(), function)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  add("open", [=](benchmark::State& state) { open_archive(state, archive); });
  for (const int threads : kThreads) {
    add("first_answer/1x14/threads:" + std::to_string(threads),
        [=](benchmark::State& state) { answer_first(state, archive, threads); });
  }
}

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  return henson::bench::run_benchmarks(argc, argv, &henson::bench::add_benchmarks);
}
