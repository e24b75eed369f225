// A main for fuzzers where there is no libFuzzer: runs one over files, and over changes of them. An
// input that ends the process, or takes 20 seconds of processors' time, is written to
// fuzz_PID.input.
//   NAME_replay [--changes N] FILE_OR_FOLDER...   N changes of each seed, the same at each run
//   NAME_replay --seconds N FILE_OR_FOLDER...     changes of any seed, others at each run
//   NAME_replay --write FOLDER FILE_OR_FOLDER...  writes the seeds, for libFuzzer to begin with
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// A fuzzer that knows its format changes inputs itself.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                                             std::size_t most, unsigned seed);
[[gnu::weak]] std::vector<std::string> henson_fuzz_seeds(const std::string& file) { return {file}; }

namespace {

constexpr std::size_t kLongest = 1 << 20;
constexpr time_t kMostSeconds = 20;  // of an input, on all processors: the machine may be busy

std::mt19937 random_bits(1);

std::size_t below(std::size_t limit) { return random_bits() % std::max<std::size_t>(limit, 1); }

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> files_of(std::span<char* const> arguments) {
  std::vector<std::filesystem::path> files;
  for (const char* const argument : arguments) {
    if (!std::filesystem::is_directory(argument)) {
      files.emplace_back(argument);
      continue;
    }
    for (const auto& file : std::filesystem::recursive_directory_iterator(argument)) {
      if (file.is_regular_file()) files.push_back(file.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// One small change of any bytes.
void change(std::string& bytes) {
  constexpr char kEdges[] = {'\0', '\1', '\x7f', '\x80', '\xff'};
  const std::size_t at = below(bytes.size());
  switch (bytes.empty() ? 4 : below(6)) {
    case 0:
      bytes[at] = static_cast<char>(random_bits());
      break;
    case 1:
      bytes[at] = kEdges[below(std::size(kEdges))];
      break;
    case 2:
      bytes.erase(at, 1 + below(8));
      break;
    case 3:
      bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(16)));
      break;
    case 4:
      bytes.insert(at, 1, static_cast<char>(random_bits()));
      break;
    default:
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
  }
}

std::string changed(std::string bytes) {
  if (&LLVMFuzzerCustomMutator != nullptr) {
    const std::size_t size = bytes.size();
    bytes.resize(std::max(kLongest, size));
    auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
    bytes.resize(
        LLVMFuzzerCustomMutator(data, size, bytes.size(), static_cast<unsigned>(random_bits())));
    return bytes;
  }
  for (std::size_t count = 1 + below(3); count > 0; --count) change(bytes);
  return bytes;
}

std::span<const std::uint8_t> tried;  // the input that is being tried
char kept_name[64];

/// Keeps what was tried, and lets the signal do what it does.
void keep_input(int signal) {
  const int file = open(kept_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const ssize_t written = write(file, tried.data(), tried.size());
  static_cast<void>(written);
  close(file);
  ::signal(signal, SIG_DFL);
  raise(signal);
}

void keep_inputs_of_signals() {
  std::snprintf(kept_name, sizeof kept_name, "fuzz_%d.input", static_cast<int>(getpid()));
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF}) {
    ::signal(signal, keep_input);
  }
}

/// 0: without end.
void limit_time(time_t seconds) {
  const itimerval limit{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
}

void try_input(const std::string& bytes) {
  // Of its own size, so that a read past the end is seen.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  tried = input;
  limit_time(kMostSeconds);
  LLVMFuzzerTestOneInput(input.data(), input.size());
  limit_time(0);
}

/// Changes of changes, up to a few, of one seed.
std::size_t try_changes(const std::string& seed, std::size_t changes) {
  std::string bytes = seed;
  for (std::size_t i = 0; i < changes; ++i) {
    bytes = changed(i % 4 == 0 ? seed : bytes);
    try_input(bytes);
  }
  return changes;
}

int run_for(std::chrono::seconds time, std::span<char* const> arguments) {
  std::vector<std::string> seeds;
  for (const std::filesystem::path& file : files_of(arguments)) {
    for (std::string& seed : henson_fuzz_seeds(read(file))) seeds.push_back(std::move(seed));
  }
  random_bits.seed(std::random_device()());
  std::size_t count = 0;
  const auto end = std::chrono::steady_clock::now() + time;
  while (!seeds.empty() && std::chrono::steady_clock::now() < end) {
    count += try_changes(seeds[below(seeds.size())], 8);
  }
  std::printf("%zu inputs\n", count);
  return count == 0 ? 2 : 0;
}

int run(std::span<char* const> arguments, std::size_t changes) {
  std::size_t count = 0;
  for (const std::filesystem::path& file : files_of(arguments)) {
    for (const std::string& seed : henson_fuzz_seeds(read(file))) {
      try_input(seed);
      count += 1 + try_changes(seed, changes);
    }
  }
  std::printf("%zu inputs\n", count);
  return count == 0 ? 2 : 0;
}

int write(const std::filesystem::path& folder, std::span<char* const> arguments) {
  std::filesystem::create_directories(folder);
  std::size_t count = 0;
  for (const std::filesystem::path& file : files_of(arguments)) {
    for (const std::string& seed : henson_fuzz_seeds(read(file))) {
      std::ofstream out(folder / ("seed_" + std::to_string(count++)), std::ios::binary);
      out.write(seed.data(), static_cast<std::streamsize>(seed.size()));
    }
  }
  std::printf("%zu seeds\n", count);
  return count == 0 ? 2 : 0;
}

}  // namespace

int main(int count, char** values) {
  keep_inputs_of_signals();
  const std::span<char* const> arguments(values + 1, static_cast<std::size_t>(count - 1));
  if (arguments.size() > 2 && std::strcmp(arguments[0], "--write") == 0) {
    return write(arguments[1], arguments.subspan(2));
  }
  if (arguments.size() > 2 && std::strcmp(arguments[0], "--changes") == 0) {
    return run(arguments.subspan(2), std::stoul(arguments[1]));
  }
  if (arguments.size() > 2 && std::strcmp(arguments[0], "--seconds") == 0) {
    return run_for(std::chrono::seconds(std::stoul(arguments[1])), arguments.subspan(2));
  }
  return run(arguments, 0);
}
