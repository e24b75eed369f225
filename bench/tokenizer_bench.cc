// Megabytes of text a second, on one thread, a line at a time. The text is that of
// HENSON_BENCH_TEXT, the vocabulary that of HENSON_BENCH_VOCAB. bench/rivals/tokenizer.py runs this
// beside another.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/report.h"
#include "henson/tokenizer.h"

namespace henson::bench {
namespace {

std::filesystem::path file_to_measure(const char* variable, const char* otherwise) {
  const char* const named = std::getenv(variable);
  const std::filesystem::path path = named != nullptr ? named : otherwise;
  if (!std::filesystem::is_regular_file(path)) {
    throw std::runtime_error(path.string() + ": no such file; name one in the environment " +
                             "variable " + variable);
  }
  return path;
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void encode_lines(benchmark::State& state, const Tokenizer& tokenizer,
                  const std::vector<std::string>& lines) {
  std::int64_t bytes = 0;
  for (const std::string& line : lines) bytes += static_cast<std::int64_t>(line.size());
  std::size_t tokens = 0;
  for ([[maybe_unused]] auto _ : state) {
    tokens = 0;
    for (const std::string& line : lines) tokens += tokenizer.encode(line).size();
  }
  state.SetBytesProcessed(bytes * static_cast<std::int64_t>(state.iterations()));
  state.counters["tokens"] = static_cast<double>(tokens);
}

void add_benchmarks() {
  const auto vocabulary = file_to_measure("HENSON_BENCH_VOCAB", "build/sample/vocab.txt");
  const auto lines = read_lines(file_to_measure("HENSON_BENCH_TEXT", "HACKING.md"));
  const Tokenizer tokenizer = Tokenizer::open(vocabulary);
  benchmark::RegisterBenchmark("encode", [=](benchmark::State& state) {
    encode_lines(state, tokenizer, lines);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("open", [=](benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(Tokenizer::open(vocabulary));
  })->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  return henson::bench::run_benchmarks(argc, argv, &henson::bench::add_benchmarks);
}
