// A contender of bench/compare as a process: commands by lines on standard input, an answer by line
// on standard output, so that the conductor can let one contender work at a time.
//
//   load THREADS PATH   opens the model
//   prepare BATCH PATH  reads sequences, or texts, a line each; contenders that pad take BATCH of
//                       them at a time
//   run COUNT           answers the milliseconds of each run
//   answer PATH         writes the hidden states of the last run: float32, of real tokens only, the
//                       sequences in the order of the file; or a vector a text
//   tokens              answers how many tokens the texts have, special ones too (texts only)
//   peak THREADS        answers Gop/s of multiply-adds (Henson only)
//
// Every answer is "ok ..." or "error ...".
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace henson::bench {

/// Token ids of sequences, one after another.
struct Sequences {
  std::vector<std::int64_t> lengths;
  std::vector<std::int64_t> ids;

  bool of_one_length() const {
    return std::ranges::all_of(lengths, [&](std::int64_t n) { return n == lengths.front(); });
  }
};

/// Reads a file of int64: the number of sequences, their lengths, their ids.
inline Sequences read_sequences(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto read = [&](std::size_t count) {
    std::vector<std::int64_t> values(count);
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(count * sizeof(std::int64_t)));
    if (!file) throw std::runtime_error("cannot read sequences from " + path);
    return values;
  };
  Sequences sequences;
  sequences.lengths = read(static_cast<std::size_t>(read(1).front()));
  const std::int64_t tokens =
      std::accumulate(sequences.lengths.begin(), sequences.lengths.end(), std::int64_t{0});
  sequences.ids = read(static_cast<std::size_t>(tokens));
  return sequences;
}

/// Sequences that are run together, each padded to the longest.
struct Batch {
  std::vector<std::size_t> members;  // places in Sequences
  std::int64_t longest = 0;
};

/// The sequences, longest first, `size` at a time.
inline std::vector<Batch> batches_of(const Sequences& sequences, std::size_t size) {
  std::vector<std::size_t> order(sequences.lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t place) { return sequences.lengths[place]; });
  std::vector<Batch> batches;
  for (std::size_t first = 0; first < order.size(); first += size) {
    const std::size_t last = std::min(first + size, order.size());
    Batch batch;
    batch.members.assign(order.begin() + static_cast<std::ptrdiff_t>(first),
                         order.begin() + static_cast<std::ptrdiff_t>(last));
    batch.longest = sequences.lengths[batch.members.front()];
    batches.push_back(batch);
  }
  return batches;
}

class Contender {
 public:
  virtual ~Contender() = default;
  virtual void load(const std::string& path, int threads) = 0;
  virtual void prepare(const std::string& path, std::size_t batch) = 0;
  virtual void run() = 0;
  /// Hidden states of the last run, or vectors.
  virtual std::vector<float> answer() = 0;
  virtual std::size_t tokens() { throw std::runtime_error("takes no texts"); }
  virtual double peak(int /*threads*/) { throw std::runtime_error("measures no peak"); }
};

inline void write_floats(const std::string& path, std::span<const float> values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size_bytes()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

/// Carries out one command; gives what follows "ok".
inline std::string obey(Contender& contender, const std::string& line) {
  const std::size_t first = line.find(' ');
  const std::string command = line.substr(0, first);
  const std::string rest = first == std::string::npos ? "" : line.substr(first + 1);
  const std::size_t second = rest.find(' ');
  const std::string path = second == std::string::npos ? "" : rest.substr(second + 1);
  if (command == "load") {
    contender.load(path, std::stoi(rest));
    return "";
  }
  if (command == "prepare") {
    contender.prepare(path, std::stoul(rest));
    return "";
  }
  if (command == "run") {
    std::string times;
    for (int left = std::stoi(rest); left > 0; --left) {
      const auto start = std::chrono::steady_clock::now();
      contender.run();
      const std::chrono::duration<double, std::milli> time =
          std::chrono::steady_clock::now() - start;
      times += ' ' + std::to_string(time.count());
    }
    return times;
  }
  if (command == "answer") {
    write_floats(rest, contender.answer());
    return "";
  }
  if (command == "tokens") return ' ' + std::to_string(contender.tokens());
  if (command == "peak") return ' ' + std::to_string(contender.peak(std::stoi(rest)));
  throw std::runtime_error("unknown command: " + line);
}

/// Serves commands until standard input ends.
inline int serve(Contender& contender) {
  for (std::string line; std::getline(std::cin, line);) {
    std::string answer;
    try {
      answer = "ok" + obey(contender, line);
    } catch (const std::exception& error) {
      const std::string message = error.what();
      answer = "error " + message.substr(0, message.find('\n'));  // libtorch adds its stack
    }
    std::cout << answer << std::endl;
  }
  return 0;
}

}  // namespace henson::bench
