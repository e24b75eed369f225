#include <limits>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

/// The probabilities that an answer starts or ends at each token of a window. Tokens that no answer
/// can have take no part; [CLS] does, where the model puts what has no answer.
struct Ends {
  std::vector<double> starts;
  std::vector<double> ends;
};

bool can_answer(const Encoding& window, std::size_t i) { return window.sequences[i] == 1; }

std::vector<double> among_candidates(std::vector<float> scores, const Encoding& window) {
  for (std::size_t i = 1; i < scores.size(); ++i) {
    if (!can_answer(window, i)) scores[i] = -std::numeric_limits<float>::infinity();
  }
  return tasks::softmax(scores);
}

/// Every second number of pairs.
std::vector<float> column_of(const std::vector<float>& pairs, std::size_t column) {
  std::vector<float> values;
  for (std::size_t i = column; i < pairs.size(); i += 2) values.push_back(pairs[i]);
  return values;
}

Ends ends_of(const std::vector<Tensor>& tensors, std::pair<std::size_t, std::size_t> outputs,
             const Encoding& window) {
  std::vector<float> starts = tasks::floats_of(tensors[outputs.first]);
  std::vector<float> ends = tasks::floats_of(tensors[outputs.second]);
  if (outputs.first == outputs.second) {
    starts = column_of(ends, 0);
    ends = column_of(ends, 1);
  }
  return {among_candidates(std::move(starts), window), among_candidates(std::move(ends), window)};
}

/// For each token, the bytes of its whole word as far as the window has them.
std::vector<ByteRange> word_ranges(const Encoding& window) {
  std::vector<ByteRange> ranges = window.offsets;
  const auto same_word = [&](std::size_t a, std::size_t b) {
    return window.words[a] == window.words[b] && window.sequences[a] == window.sequences[b];
  };
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (same_word(i, i - 1)) ranges[i].begin = ranges[i - 1].begin;
  }
  for (std::size_t i = ranges.size(); i-- > 1;) {
    if (same_word(i, i - 1)) ranges[i - 1].end = ranges[i].end;
  }
  return ranges;
}

bool overlap(const ByteRange& a, const ByteRange& b) { return a.begin < b.end && b.begin < a.end; }

/// The best, none overlapping a better one.
std::vector<Answer> best_of(std::vector<Answer> answers, std::size_t count) {
  std::stable_sort(answers.begin(), answers.end(),
                   [](const Answer& a, const Answer& b) { return a.score > b.score; });
  std::vector<Answer> best;
  for (const Answer& answer : answers) {
    if (best.size() == count) break;
    const bool taken = std::any_of(best.begin(), best.end(), [&](const Answer& other) {
      return overlap(answer.range, other.range);
    });
    if (!taken) best.push_back(answer);
  }
  return best;
}

std::vector<Answer> spans_of(const Encoding& window, const Ends& probabilities,
                             const AnswerOptions& options) {
  const std::vector<ByteRange> ranges = word_ranges(window);
  std::vector<Answer> answers;
  for (std::size_t start = 1; start < window.size(); ++start) {
    if (!can_answer(window, start)) continue;
    for (std::size_t end = start; end < std::min(start + options.longest, window.size()); ++end) {
      if (!can_answer(window, end)) break;
      answers.push_back({{ranges[start].begin, ranges[end].end},
                         probabilities.starts[start] * probabilities.ends[end]});
    }
  }
  return best_of(std::move(answers), options.count);
}

}  // namespace

std::vector<Answer> TextModel::answer(std::string_view question, std::string_view context,
                                      const AnswerOptions& options) {
  const auto outputs = impl().heads.spans();
  EncodeOptions windowing = impl().truncating();
  if (windowing.max_length == 0 || options.window_length < windowing.max_length) {
    windowing.max_length = options.window_length;
  }
  windowing.stride = std::min(options.stride, windowing.max_length / 3);
  windowing.truncation = Truncation::kOnlySecond;
  std::vector<Answer> answers;
  double none = 1;  // every window must have no answer
  for (const Encoding& window : impl().tokenizer.encode_windows(question, context, windowing)) {
    const Ends probabilities = ends_of(impl().run(window), outputs, window);
    none = std::min(none, probabilities.starts[0] * probabilities.ends[0]);
    const std::vector<Answer> found = spans_of(window, probabilities, options);
    answers.insert(answers.end(), found.begin(), found.end());
  }
  if (options.may_be_none) answers.push_back({{0, 0}, none});
  return best_of(std::move(answers), options.count);
}

}  // namespace henson
