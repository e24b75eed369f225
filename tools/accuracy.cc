#include "tools/accuracy.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include "tools/interrupt.h"
#include "tools/numbers.h"
#include "tools/resident.h"

namespace henson::tools {
namespace {

using Clock = std::chrono::steady_clock;
using Rows = std::vector<std::vector<float>>;

constexpr std::size_t kMostKept = 2000;  // vectors whose pairs are ranked
constexpr int kFewestTurns = 2;
constexpr int kMostTurns = 5;
constexpr double kEnough = 300;  // milliseconds of all turns at a batch

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

bool is_scores(OutputMaker maker) {
  return maker != OutputMaker::kOther && maker != OutputMaker::kTanh;
}

/// Which tokens of a batch a mask hides. Nothing is hidden where none is [batch, length].
class HiddenTokens {
 public:
  HiddenTokens(const Model& model, const std::vector<NamedInput>& inputs) {
    for (const NamedInput& input : inputs) {
      const auto is_mask = [&](const InputInfo& info) {
        return info.role == InputRole::kMask && (input.key == info.path || input.key == info.name);
      };
      const bool mask = std::ranges::any_of(model.inputs(), is_mask);
      if (mask && input.tensor.shape().size() == 2) mask_ = &input.tensor;
    }
  }

  /// Of a tensor of `count` rows, by its shape.
  bool hides(const std::vector<std::int64_t>& shape, std::size_t count, std::size_t row) const {
    if (mask_ == nullptr || shape.size() < 3) return false;
    if (shape[0] != mask_->shape()[0] || shape[1] != mask_->shape()[1]) return false;
    const std::size_t rows_a_token =
        count / (static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]));
    return number_at(*mask_, row / rows_a_token) == 0;
  }

 private:
  const Tensor* mask_ = nullptr;
};

/// Calls `use` with each row (along the last dimension) that is no hidden token's, and its number.
void for_each_row(const Tensor& tensor, const HiddenTokens& hidden,
                  const std::function<void(std::size_t, std::size_t)>& use) {
  const std::vector<std::int64_t>& shape = tensor.shape();
  const std::size_t width = shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
  if (width == 0) return;
  const std::size_t count = static_cast<std::size_t>(tensor.element_count()) / width;
  for (std::size_t row = 0; row < count; ++row) {
    if (!hidden.hides(shape, count, row)) use(row, width);
  }
}

/// The last hidden states, or else the vector that the model returns: what is no scores.
std::optional<std::size_t> find_pooled(const Model& model) {
  std::optional<std::size_t> best;
  for (const std::size_t rank : {std::size_t{3}, std::size_t{2}}) {
    for (std::size_t i = 0; i < model.outputs().size(); ++i) {
      const OutputInfo& info = model.outputs()[i];
      if (!info.shape || info.shape->size() != rank || is_scores(info.maker)) continue;
      if (info.dtype && !is_floating(*info.dtype)) continue;
      if (!best || model.outputs()[*best].order < info.order) best = i;
    }
    if (best) break;
  }
  return best;
}

/// A vector a sequence of a batch: the mean of its tokens' rows, or its row.
Rows pool(const Tensor& tensor, const HiddenTokens& hidden) {
  const std::vector<float> values = to_floats(tensor);
  const auto batch = static_cast<std::size_t>(tensor.shape().front());
  const auto width = static_cast<std::size_t>(tensor.shape().back());
  Rows sums(batch, std::vector<float>(width));
  std::vector<float> counts(batch);
  const std::size_t rows = values.size() / std::max<std::size_t>(width * batch, 1);
  for_each_row(tensor, hidden, [&](std::size_t row, std::size_t) {
    const std::size_t sequence = row / rows;
    counts[sequence] += 1;
    for (std::size_t k = 0; k < width; ++k) sums[sequence][k] += values[row * width + k];
  });
  for (std::size_t i = 0; i < batch; ++i) {
    for (float& sum : sums[i]) sum /= std::max(counts[i], 1.0F);
  }
  return sums;
}

Rows rows_of(const Embeddings& embeddings) {
  Rows rows;
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    const std::span<const float> row = embeddings.row(i);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

std::vector<OutputAccuracy> start_outputs(const Model& model) {
  std::vector<OutputAccuracy> outputs;
  for (const OutputInfo& info : model.outputs()) {
    outputs.push_back({info.path, to_string(info.shape), is_scores(info.maker), {}});
  }
  return outputs;
}

}  // namespace

void AccuracyMeter::add_precision(Precision precision, Model model) {
  PrecisionAccuracy result;
  result.precision = precision;
  result.outputs = start_outputs(model);
  contestants_.push_back({std::move(result), std::move(model), {}, {}, {}, {}});
}

void AccuracyMeter::add_precision(Precision precision, TextModel text) {
  const Model model = text.model();
  add_precision(precision, model);
  contestants_.back().text.emplace(std::move(text));
}

void AccuracyMeter::run(const AccuracyBatch& batch) {
  if (!started_) {
    for (Contestant& contestant : contestants_) prepare(contestant, batch);
    choose_vectors(batch);
    started_ = true;
  }
  time_turns(batch);
  for (Contestant& contestant : contestants_) {
    contestant.result.buffers = contestant.session->memory();
    if (&contestant != &contestants_.front()) compare_outputs(contestant, batch);
  }
  compare_vectors(batch);
}

/// Packs the weights, by a first run.
void AccuracyMeter::prepare(Contestant& contestant, const AccuracyBatch& batch) {
  give_back_free_memory();  // what others left would be taken again, and not seen
  const std::uint64_t before = resident_bytes();
  const bool peak_known = forget_peak_resident();
  SessionOptions options = options_;
  options.precision = contestant.result.precision;
  contestant.session.emplace(contestant.model, options);
  answer(contestant, batch);
  give_back_free_memory();
  const auto since = [&](std::uint64_t now) { return now > before ? now - before : 0; };
  contestant.result.resident = since(resident_bytes());
  if (peak_known) contestant.result.peak = since(peak_resident_bytes());
}

void AccuracyMeter::answer(Contestant& contestant, const AccuracyBatch& batch) {
  Session& session = *contestant.session;
  if (batch.sequences.size() == 1) {
    contestant.answers.assign(1, session.run(std::span<const NamedInput>(batch.sequences[0])));
  } else {
    contestant.answers =
        session.run_ragged(std::span<const std::vector<NamedInput>>(batch.sequences));
  }
}

void AccuracyMeter::time_turns(const AccuracyBatch& batch) {
  std::vector<double> best(contestants_.size(), std::numeric_limits<double>::infinity());
  double spent = 0;
  for (int turn = 0; turn < kFewestTurns || (turn < kMostTurns && spent < kEnough); ++turn) {
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      Work::check();
      const auto start = Clock::now();
      answer(contestants_[i], batch);
      const double taken = milliseconds_since(start);
      best[i] = std::min(best[i], taken);
      spent += taken;
    }
  }
  for (std::size_t i = 0; i < best.size(); ++i) contestants_[i].result.milliseconds += best[i];
}

void AccuracyMeter::compare_outputs(Contestant& contestant, const AccuracyBatch& batch) {
  for (std::size_t k = 0; k < contestant.answers.size(); ++k) {
    const HiddenTokens hidden(contestant.model, batch.sequences[k]);
    const std::vector<Tensor> exact = contestants_.front().answers[k].tensors();
    const std::vector<Tensor> found = contestant.answers[k].tensors();
    std::vector<OutputAccuracy>& outputs = contestant.result.outputs;
    for (std::size_t i = 0; i < std::min(exact.size(), outputs.size()); ++i) {
      if (!is_floating(exact[i].dtype())) continue;
      const std::vector<float> a = to_floats(exact[i]);
      const std::vector<float> b = to_floats(found[i]);
      for_each_row(exact[i], hidden, [&](std::size_t row, std::size_t width) {
        outputs[i].rows.add(std::span(a).subspan(row * width, width),
                            std::span(b).subspan(row * width, width));
      });
    }
  }
}

/// The text model's embeddings; where it has none, what the outputs offer.
void AccuracyMeter::choose_vectors(const AccuracyBatch& batch) {
  Contestant& exact = contestants_.front();
  if (exact.text && !batch.texts.empty()) {
    try {
      exact.text->embed(std::span(batch.texts).first(1));
      embeds_ = true;
      vectors_name_ = "embeddings";
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
    }
  }
  pooled_ = find_pooled(exact.model);
  if (!pooled_) return;
  const OutputInfo& info = exact.model.outputs()[*pooled_];
  vectors_name_ = (info.shape->size() == 3 ? "mean of output " : "output ") + info.path;
}

std::vector<std::vector<float>> AccuracyMeter::vectors_of(Contestant& contestant,
                                                          const AccuracyBatch& batch) {
  if (embeds_) return rows_of(contestant.text->embed(std::span(batch.texts)));
  Rows all;
  for (std::size_t k = 0; k < contestant.answers.size(); ++k) {
    const Tensor tensor = contestant.answers[k].tensors().at(*pooled_);
    if (tensor.element_count() == 0) continue;
    const HiddenTokens hidden(contestant.model, batch.sequences[k]);
    for (std::vector<float>& row : pool(tensor, hidden)) all.push_back(std::move(row));
  }
  return all;
}

void AccuracyMeter::compare_vectors(const AccuracyBatch& batch) {
  if (!embeds_ && !pooled_) return;
  const Rows exact = vectors_of(contestants_.front(), batch);
  for (Contestant& contestant : contestants_) {
    const bool is_exact = &contestant == &contestants_.front();
    const Rows found = is_exact ? exact : vectors_of(contestant, batch);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      if (!is_exact) contestant.result.vectors.add(exact[i], found[i]);
      if (contestant.kept.size() < kMostKept) contestant.kept.push_back(found[i]);
    }
  }
}

std::vector<PrecisionAccuracy> AccuracyMeter::results() const {
  std::vector<PrecisionAccuracy> results;
  std::vector<double> exact;
  for (const Contestant& contestant : contestants_) {
    results.push_back(contestant.result);
    std::erase_if(results.back().outputs,
                  [](const OutputAccuracy& output) { return output.rows.rows() == 0; });
    const std::vector<double> cosines = pair_cosines(contestant.kept);
    if (results.size() == 1) exact = cosines;
    if (results.size() > 1) results.back().rank_correlation = rank_correlation(exact, cosines);
  }
  return results;
}

std::size_t AccuracyMeter::pairs() const noexcept {
  const std::size_t count = contestants_.empty() ? 0 : contestants_.front().kept.size();
  return count * (count - std::min<std::size_t>(count, 1)) / 2;
}

}  // namespace henson::tools
