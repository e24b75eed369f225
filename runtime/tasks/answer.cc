#include <limits>
#include <map>
#include <string>

#include "runtime/tasks/python_text.h"
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

/// A span of tokens of one window.
struct TokenSpan {
  std::size_t start = 0;
  std::size_t end = 0;  // the last
  double score = 0;
};

/// The best `count` spans of a window.
std::vector<TokenSpan> best_spans(const Encoding& window, const Ends& probabilities,
                                  std::size_t longest, std::size_t count) {
  std::vector<TokenSpan> spans;
  for (std::size_t start = 1; start < window.size(); ++start) {
    if (!can_answer(window, start)) continue;
    for (std::size_t end = start; end < std::min(start + longest, window.size()); ++end) {
      const double score = probabilities.starts[start] * probabilities.ends[end];
      if (can_answer(window, end) && score > 0) spans.push_back({start, end, score});
    }
  }
  const auto better = [](const TokenSpan& a, const TokenSpan& b) { return a.score > b.score; };
  count = std::min(count, spans.size());
  std::partial_sort(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(count), spans.end(),
                    better);
  spans.resize(count);
  return spans;
}

/// Answers by their text, whatever its case: those of spans within the same words, or of several
/// windows, are one, and their scores add up.
class Answers {
 public:
  explicit Answers(std::string_view context) : context_(context) {}

  void add(const ByteRange& range, double score) {
    const std::string text = tasks::lowered(context_.substr(range.begin, range.end - range.begin));
    const auto [known, is_new] = places_.try_emplace(text, answers_.size());
    if (is_new) {
      answers_.push_back({range, score});
    } else {
      answers_[known->second].score += score;
    }
  }
  void add_none(double score) { answers_.push_back({{0, 0}, score}); }

  /// Best first.
  std::vector<Answer> best(std::size_t count) {
    std::stable_sort(answers_.begin(), answers_.end(),
                     [](const Answer& a, const Answer& b) { return a.score > b.score; });
    if (answers_.size() > count) answers_.resize(count);
    return std::move(answers_);
  }

 private:
  std::string_view context_;
  std::map<std::string, std::size_t> places_;
  std::vector<Answer> answers_;
};

/// How many of a window's spans are looked at for so many answers: several may be one.
std::size_t spans_for(std::size_t answers) { return 2 * answers + 10; }

}  // namespace

EncodeOptions TextModel::Impl::answer_windows(std::string_view question,
                                              const AnswerOptions& options_of) const {
  EncodeOptions windowing = truncating();
  if (windowing.max_length == 0 || options_of.window_length < windowing.max_length) {
    windowing.max_length = options_of.window_length;
  }
  windowing.stride = std::min(options_of.stride, windowing.max_length / 2);
  windowing.truncation = Truncation::kOnlySecond;
  // Beside a long question, windows still go on by half of what they have room for.
  const std::size_t taken = tokenizer.encode(question, std::string_view()).size();
  const std::size_t room = windowing.max_length - std::min(windowing.max_length, taken);
  if (windowing.stride >= room) windowing.stride = room / 2;
  return windowing;
}

std::vector<Answer> TextModel::answer(std::string_view question, std::string_view context,
                                      const AnswerOptions& options) {
  const auto outputs = impl().heads.spans();
  const EncodeOptions windowing = impl().answer_windows(question, options);
  Answers answers(context);
  double none = 1;  // every window must have no answer
  for (const Encoding& window : impl().tokenizer.encode_windows(question, context, windowing)) {
    const Ends probabilities = ends_of(impl().run(window), outputs, window);
    none = std::min(none, probabilities.starts[0] * probabilities.ends[0]);
    const std::vector<ByteRange> words = word_ranges(window);
    for (const TokenSpan& span :
         best_spans(window, probabilities, options.longest, spans_for(options.count))) {
      answers.add({words[span.start].begin, words[span.end].end}, span.score);
    }
  }
  if (options.may_be_none) answers.add_none(none);
  return answers.best(options.count);
}

}  // namespace henson
