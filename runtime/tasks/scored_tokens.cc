// The tokens of a text of any length, each with the scores of the window where it has the most text
// around it.
#include <algorithm>
#include <cmath>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

using tasks::ScoredToken;

// A quarter of a window stands in the next one again.
constexpr std::size_t kStrideShare = 4;

/// Distance of token i from the ends of its window behind which the text goes on.
std::size_t margin_of(std::size_t i, std::size_t tokens, bool is_first, bool is_last) {
  const std::size_t before = is_first ? tokens : i;
  const std::size_t after = is_last ? tokens : tokens - 1 - i;
  return std::min(before, after);
}

std::vector<double> probabilities_of(std::span<const float> scores, OutputMaker maker) {
  if (maker == OutputMaker::kLinear) return tasks::softmax(scores);
  std::vector<double> values(scores.begin(), scores.end());
  if (maker == OutputMaker::kLogSoftmax) {
    for (double& value : values) value = std::exp(value);
  }
  return values;
}

bool same_token(const ScoredToken& a, const ScoredToken& b) {
  return a.id == b.id && a.range == b.range && a.word == b.word;
}

/// How many tokens at the end of one are those at the start of the other.
std::size_t overlap_of(const std::vector<ScoredToken>& before,
                       const std::vector<ScoredToken>& after) {
  for (std::size_t count = std::min(before.size(), after.size()); count > 0; --count) {
    if (std::equal(before.end() - static_cast<std::ptrdiff_t>(count), before.end(), after.begin(),
                   same_token)) {
      return count;
    }
  }
  return 0;
}

void join(std::vector<ScoredToken>& tokens, std::vector<ScoredToken> more) {
  const std::size_t overlap = overlap_of(tokens, more);
  const std::size_t start = tokens.size() - overlap;
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (i >= overlap) {
      tokens.push_back(std::move(more[i]));
    } else if (more[i].margin > tokens[start + i].margin) {
      tokens[start + i] = std::move(more[i]);
    }
  }
}

}  // namespace

std::vector<ScoredToken> TextModel::Impl::score_tokens(std::string_view text, std::size_t output) {
  EncodeOptions windowing = truncating();
  windowing.stride = max_length / kStrideShare;
  const std::vector<Encoding> windows = tokenizer.encode_windows(text, windowing);
  std::vector<ScoredToken> tokens;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const Encoding& window = windows[w];
    const std::vector<float> scores = tasks::floats_of(run(window)[output]);
    const std::size_t size = scores.size() / window.size();
    std::vector<ScoredToken> found;
    for (std::size_t i = 0; i < window.size(); ++i) {
      if (window.sequences[i] != 0) continue;
      found.push_back(
          {window.offsets[i], window.ids[i], window.words[i],
           margin_of(i, window.size(), w == 0, w + 1 == windows.size()),
           probabilities_of(std::span(scores).subspan(i * size, size), heads[output].maker)});
    }
    join(tokens, std::move(found));
  }
  return tokens;
}

}  // namespace henson
