#include <cmath>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// What is left to do with scores that the model may have made probabilities of.
std::vector<double> probabilities_of(std::span<const float> scores, OutputMaker maker,
                                     Scoring scoring) {
  std::vector<double> values(scores.begin(), scores.end());
  if (scoring == Scoring::kAuto) {
    if (maker == OutputMaker::kLogSoftmax) {
      for (double& value : values) value = std::exp(value);
    }
    if (maker != OutputMaker::kLinear) return values;
    scoring = scores.size() == 1 ? Scoring::kSigmoid : Scoring::kSoftmax;
  }
  if (scoring == Scoring::kSoftmax) return tasks::softmax(scores);
  if (scoring == Scoring::kSigmoid) {
    for (double& value : values) value = sigmoid(value);
  }
  return values;
}

std::vector<LabelScore> labelled(std::span<const double> values,
                                 std::span<const std::string> labels) {
  std::vector<LabelScore> scores;
  for (std::size_t i = 0; i < values.size(); ++i) {
    scores.push_back({i, tasks::label_of(labels, i), values[i]});
  }
  return scores;
}

}  // namespace

std::vector<double> TextModel::Impl::class_scores(const Encoding& encoding, std::size_t output,
                                                  Scoring scoring) {
  const OutputMaker maker = heads[output].maker;
  return probabilities_of(tasks::floats_of(run(encoding)[output]), maker,
                          scoring_for(scoring, maker));
}

Scoring TextModel::Impl::scoring_for(Scoring scoring, OutputMaker maker) const {
  if (scoring != Scoring::kAuto || !folder.scoring) return scoring;
  const Scoring stated = folder.scoring->value;
  if (maker == OutputMaker::kLinear || maker == OutputMaker::kOther) return stated;
  // The archive makes probabilities itself; they must be those that the folder speaks of.
  const bool softmax = maker == OutputMaker::kSoftmax || maker == OutputMaker::kLogSoftmax;
  if (stated == (softmax ? Scoring::kSoftmax : Scoring::kSigmoid)) return Scoring::kAuto;
  throw Error(ErrorCode::kUnsupported,
              folder.scoring->origin + " wants other scores than the archive's, which " +
                  std::string(name_of(maker)) +
                  " has made already; --scores none takes them as they are");
}

std::vector<LabelScore> TextModel::classify(std::string_view text,
                                            std::span<const std::string> labels, Scoring scoring) {
  const std::size_t output = impl().heads.class_scores();
  const Encoding encoding = impl().encode(text);
  const std::vector<double> scores = impl().class_scores(encoding, output, scoring);
  return labelled(scores, impl().labels_for(labels, scores.size()));
}

std::vector<LabelScore> TextModel::classify(std::string_view text, std::string_view pair,
                                            std::span<const std::string> labels, Scoring scoring) {
  const std::size_t output = impl().heads.class_scores();
  const Encoding encoding = impl().encode(text, pair);
  const std::vector<double> scores = impl().class_scores(encoding, output, scoring);
  return labelled(scores, impl().labels_for(labels, scores.size()));
}

double TextModel::next_sentence(std::string_view first, std::string_view second) {
  const std::size_t output = impl().heads.class_scores(2);
  const Encoding encoding = impl().encode(first, second);
  // BERT was trained with class 0 for a second text that follows the first.
  return impl().class_scores(encoding, output, Scoring::kAuto)[0];
}

}  // namespace henson
