#include "bench/report.h"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "kernels/isa.h"
#include "kernels/peak.h"

namespace henson::bench {

double peak_gops(int threads) {
  static std::map<int, double> known;
  const auto [entry, added] = known.try_emplace(threads);
  if (added) entry->second = kernels::measure_peak_gops(threads);
  return entry->second;
}

void report_operations(benchmark::State& state, double operations, double seconds, int threads) {
  const double gops = 1e-9 * operations / seconds;
  state.counters["Gop/s"] = gops;
  state.counters["share_of_peak"] = gops / peak_gops(threads);
}

std::filesystem::path archive_to_measure() {
  const char* const named = std::getenv("HENSON_BENCH_ARCHIVE");
  const std::filesystem::path path = named != nullptr ? named : "build/sample/minilm.pt";
  if (!std::filesystem::is_regular_file(path)) {
    throw std::runtime_error(path.string() + ": no such archive; name one in the environment " +
                             "variable HENSON_BENCH_ARCHIVE, or run tools/quickstart");
  }
  return path;
}

int run_benchmarks(int argc, char** argv, void (*add)()) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    benchmark::AddCustomContext("instruction set", std::string(name_of(kernels::active_isa())));
    benchmark::AddCustomContext("peak of one thread, Gop/s", std::to_string(peak_gops(1)));
    add();
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace henson::bench
