// What the programs on Google Benchmark share: what they report, and how they run.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>

namespace henson::bench {

/// Gop/s of the machine's multiply-adds on so many threads, as measured when this run first asked.
double peak_gops(int threads);

/// The benchmark's loop around `run`. Seconds of one iteration, on average.
template <typename Run>
double time_iterations(benchmark::State& state, const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  for ([[maybe_unused]] auto _ : state) run();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return passed.count() / static_cast<double>(state.iterations());
}

/// Counters Gop/s and share_of_peak. `operations` are those of one iteration on so many threads, a
/// multiply-add counted as two.
void report_operations(benchmark::State& state, double operations, double seconds, int threads);

/// The archive to measure: the environment variable HENSON_BENCH_ARCHIVE, or the sample that
/// tools/quickstart makes. Throws std::runtime_error when there is no such file.
std::filesystem::path archive_to_measure();

/// `main` of a program: runs the benchmarks that `add` registers. What it throws is printed.
int run_benchmarks(int argc, char** argv, void (*add)());

}  // namespace henson::bench
