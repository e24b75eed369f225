// What an archive's answers lose in lower precisions, and what is won by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "henson/tasks.h"
#include "tools/statistics.h"

namespace henson::tools {

/// Sequences that are run together, each a batch of one, or a single batch of any size.
struct AccuracyBatch {
  std::vector<std::vector<NamedInput>> sequences;
  std::vector<std::string> texts;  // that the sequences were made of, or none
};

/// One tensor of the output.
struct OutputAccuracy {
  std::string path;   // as Model::outputs() has it
  std::string shape;  // "[batch, length, 384]"
  bool is_scores = false;
  RowComparison rows;
};

/// One precision beside float32.
struct PrecisionAccuracy {
  Precision precision = Precision::kFloat32;
  double milliseconds = 0;     // of all batches, the fastest run of each
  std::uint64_t resident = 0;  // by which the process grew for weights and buffers, in bytes
  std::uint64_t peak = 0;      // likewise at most, on the way there; 0: the system does not say
  std::size_t buffers = 0;     // of that what a session keeps for later runs
  std::vector<OutputAccuracy> outputs;  // those of floating point
  RowComparison vectors;                // one a sequence
  std::optional<double> rank_correlation;
};

/// Runs the same batches in all precisions, in turn.
class AccuracyMeter {
 public:
  /// Each precision has a model of its own, since models keep what they pack.
  explicit AccuracyMeter(SessionOptions options) : options_(options) {}
  /// float32 comes first: the others are compared with it.
  void add_precision(Precision precision, Model model);
  /// Vectors are its embeddings, where it has any.
  void add_precision(Precision precision, TextModel text);

  /// All batches have texts, or none has.
  void run(const AccuracyBatch& batch);

  /// float32 first. Of it times and memory alone are told.
  std::vector<PrecisionAccuracy> results() const;
  /// What the vectors are: "embeddings", "mean of output 0", "output 1"; empty: there are none.
  const std::string& vectors() const noexcept { return vectors_name_; }
  /// How many pairs of vectors the rank correlation is of: those of the first 2,000 at most.
  std::size_t pairs() const noexcept;

 private:
  struct Contestant {
    PrecisionAccuracy result;
    Model model;
    std::optional<TextModel> text;
    std::optional<Session> session;
    std::vector<Output> answers;           // to the last batch
    std::vector<std::vector<float>> kept;  // the first vectors
  };

  void prepare(Contestant& contestant, const AccuracyBatch& batch);
  void answer(Contestant& contestant, const AccuracyBatch& batch);
  void time_turns(const AccuracyBatch& batch);
  void compare_outputs(Contestant& contestant, const AccuracyBatch& batch);
  void compare_vectors(const AccuracyBatch& batch);
  void choose_vectors(const AccuracyBatch& batch);
  std::vector<std::vector<float>> vectors_of(Contestant& contestant, const AccuracyBatch& batch);

  SessionOptions options_;
  std::vector<Contestant> contestants_;
  bool started_ = false;
  bool embeds_ = false;
  std::optional<std::size_t> pooled_;  // the output that vectors are made of
  std::string vectors_name_;
};

}  // namespace henson::tools
