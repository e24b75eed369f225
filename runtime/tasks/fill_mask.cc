#include <numeric>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

/// The numbers of the largest, the first of equal ones first.
std::vector<std::size_t> largest_of(std::span<const double> values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return values[a] != values[b] ? values[a] > values[b] : a < b;
                    });
  order.resize(count);
  return order;
}

std::vector<TokenGuess> guesses_of(std::span<const float> scores, std::size_t count,
                                   const Tokenizer& tokenizer) {
  const std::vector<double> probabilities = tasks::softmax(scores);
  std::vector<TokenGuess> guesses;
  for (const std::size_t id : largest_of(probabilities, count)) {
    const auto number = static_cast<std::int64_t>(id);
    guesses.push_back(
        {number, std::string(tokenizer.token(number).value_or("")), probabilities[id]});
  }
  return guesses;
}

}  // namespace

std::vector<FilledMask> TextModel::fill_mask(std::string_view text, std::size_t count) {
  const std::size_t output = impl().heads.vocabulary_scores();
  const auto mask = impl().tokenizer.mask_id();
  if (!mask) {
    throw Error(ErrorCode::kUnsupported, "the vocabulary has no mask token ([MASK], <mask>)");
  }
  const Encoding encoding = impl().encode(text);
  if (std::find(encoding.ids.begin(), encoding.ids.end(), *mask) == encoding.ids.end()) {
    throw Error(ErrorCode::kBadInput, "the text has no " +
                                          std::string(impl().tokenizer.token(*mask).value_or("")) +
                                          " among the tokens that the model reads");
  }
  const std::vector<float> scores = tasks::floats_of(impl().run(encoding)[output]);
  const std::size_t size = scores.size() / encoding.size();
  std::vector<FilledMask> filled;
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    if (encoding.ids[i] != *mask) continue;
    const auto of_token = std::span(scores).subspan(i * size, size);
    filled.push_back({encoding.offsets[i], guesses_of(of_token, count, impl().tokenizer)});
  }
  return filled;
}

}  // namespace henson
