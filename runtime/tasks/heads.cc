#include "runtime/tasks/heads.h"

#include <algorithm>

namespace henson::tasks {
namespace {

constexpr std::int64_t kLength = OutputFacts::kLength;

/// [1, length, n]
bool is_per_token(const OutputFacts& output) {
  return output.floating && output.shape.size() == 3 && output.shape[0] == 1 &&
         output.shape[1] == kLength && output.shape[2] > 0;
}

/// [1, n]
bool is_per_text(const OutputFacts& output) {
  return output.floating && output.shape.size() == 2 && output.shape[0] == 1 && output.shape[1] > 0;
}

/// [1, length]
bool is_number_per_token(const OutputFacts& output) {
  return output.floating && output.shape.size() == 2 && output.shape[0] == 1 &&
         output.shape[1] == kLength;
}

bool is_scores(const OutputFacts& output) {
  return output.maker != OutputMaker::kOther && output.maker != OutputMaker::kTanh;
}

}  // namespace

Heads::Heads(std::vector<OutputFacts> outputs, std::int64_t vocabulary, std::int64_t tokens,
             const std::string& chosen)
    : outputs_(std::move(outputs)), vocabulary_(vocabulary), tokens_(tokens), chosen_(chosen) {
  const auto is_chosen = [&](const OutputFacts& output) { return output.name == chosen; };
  if (chosen.empty() || std::any_of(outputs_.begin(), outputs_.end(), is_chosen)) return;
  throw Error(ErrorCode::kBadInput,
              "the model has no output `" + chosen + "`: it returns " + listing());
}

std::vector<std::size_t> Heads::all(const Fits& fits) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const bool open = chosen_.empty() || outputs_[i].name == chosen_;
    if (open && fits(outputs_[i])) found.push_back(i);
  }
  return found;
}

std::string Heads::listing() const {
  std::string text;
  for (const OutputFacts& output : outputs_) {
    text += (text.empty() ? "`" : ", `") + output.name + "` " + describe(output);
  }
  return text.empty() ? "no tensors" : text;
}

void Heads::refuse(std::string_view wanted) const {
  const std::string which = chosen_.empty() ? "" : " in the output `" + chosen_ + "`";
  throw Error(ErrorCode::kUnsupported,
              "the model has no " + std::string(wanted) + which + ": it returns " + listing());
}

bool Heads::scores_vocabulary(const OutputFacts& output) const {
  return is_per_token(output) && (output.shape[2] == vocabulary_ || output.shape[2] == tokens_);
}

bool Heads::is_hidden_states(const OutputFacts& output) const {
  if (!chosen_.empty()) return is_per_token(output);
  return is_per_token(output) && !is_scores(output) && !scores_vocabulary(output);
}

bool Heads::is_own_sentence(const OutputFacts& output) const {
  return is_per_text(output) && (output.maker == OutputMaker::kOther || !chosen_.empty());
}

bool Heads::has_hidden_states() const {
  return !all([&](const OutputFacts& output) { return is_hidden_states(output); }).empty();
}

std::size_t Heads::hidden_states() const {
  const auto found = all([&](const OutputFacts& output) { return is_hidden_states(output); });
  if (found.empty()) refuse("hidden states [1, length, size]");
  return *std::max_element(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
    return outputs_[a].order < outputs_[b].order;
  });
}

bool Heads::has_sentence() const {
  return !all([&](const OutputFacts& output) { return is_own_sentence(output); }).empty();
}

std::size_t Heads::sentence() const {
  const auto own = all([&](const OutputFacts& output) { return is_own_sentence(output); });
  if (!own.empty()) return own.front();
  const auto any =
      all([](const OutputFacts& output) { return is_per_text(output) && !is_scores(output); });
  if (any.empty()) refuse("hidden states [1, length, size] and no embedding [1, size]");
  return any.front();
}

bool Heads::has_vector() const { return !all(is_per_text).empty(); }

std::size_t Heads::vector() const {
  const auto any = all(is_per_text);
  if (any.empty()) refuse("hidden states [1, length, size] and no embedding [1, size]");
  const auto whole =
      all([](const OutputFacts& output) { return is_per_text(output) && !is_scores(output); });
  return has_sentence() || !whole.empty() ? sentence() : any.front();
}

std::size_t Heads::vocabulary_scores() const {
  const auto found = all([&](const OutputFacts& output) { return scores_vocabulary(output); });
  if (found.empty()) {
    refuse("scores of the vocabulary [1, length, " + std::to_string(vocabulary_) + "]");
  }
  return found.front();
}

bool Heads::has_vocabulary_scores() const {
  return !all([&](const OutputFacts& output) { return scores_vocabulary(output); }).empty();
}

std::size_t Heads::vocabulary_weights() const {
  const auto found = all([&](const OutputFacts& output) {
    return is_per_text(output) && (output.shape[1] == vocabulary_ || output.shape[1] == tokens_);
  });
  if (found.empty()) {
    refuse("scores of the vocabulary [1, length, " + std::to_string(vocabulary_) +
           "] and no weights [1, " + std::to_string(vocabulary_) + "]");
  }
  return found.front();
}

std::size_t Heads::token_vectors() const {
  if (has_hidden_states()) return hidden_states();
  const auto found = all([&](const OutputFacts& output) {
    return is_per_token(output) && !scores_vocabulary(output);
  });
  if (found.empty()) refuse("vectors of tokens [1, length, size]");
  return found.back();
}

std::size_t Heads::class_scores(std::int64_t classes) const {
  const auto found = all([&](const OutputFacts& output) {
    return is_per_text(output) && (is_scores(output) || !chosen_.empty()) &&
           (classes == 0 || output.shape[1] == classes);
  });
  const std::string size = classes == 0 ? "classes" : std::to_string(classes);
  if (found.empty()) refuse("scores [1, " + size + "] of a classifier");
  return found.front();
}

std::size_t Heads::token_scores() const {
  const auto found = all([&](const OutputFacts& output) {
    return is_per_token(output) && !scores_vocabulary(output) &&
           (is_scores(output) || !chosen_.empty());
  });
  if (found.empty()) refuse("scores [1, length, classes] of a tagger");
  return found.front();
}

std::pair<std::size_t, std::size_t> Heads::spans() const {
  const auto pairs = all(is_number_per_token);
  if (pairs.size() == 2) return {pairs[0], pairs[1]};
  const auto one = all([](const OutputFacts& output) {
    return is_per_token(output) && output.shape[2] == 2 && is_scores(output);
  });
  if (one.size() == 1) return {one.front(), one.front()};
  refuse("scores of starts and ends, twice [1, length] or [1, length, 2]");
}

}  // namespace henson::tasks
