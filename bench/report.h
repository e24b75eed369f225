// What the programs on Google Benchmark share: what they report, and how they run.
#pragma once

#include <benchmark/benchmark.h>

#include <filesystem>

namespace henson::bench {

/// Gop/s of the machine's multiply-adds on so many threads, as measured when this run first asked.
double peak_gops(int threads);

/// Counters Gop/s and share_of_peak, for benchmarks in real time: `operations` are those of one
/// iteration, a multiply-add counted as two, on so many threads.
void report_operations(benchmark::State& state, double operations, int threads);

/// The archive to measure: the environment variable HENSON_BENCH_ARCHIVE, or the sample that
/// tools/quickstart makes. Throws std::runtime_error when there is no such file.
std::filesystem::path archive_to_measure();

/// `main` of a program: runs the benchmarks that `add` registers. What it throws is printed.
int run_benchmarks(int argc, char** argv, void (*add)());

}  // namespace henson::bench
