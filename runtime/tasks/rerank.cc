#include "runtime/tasks/python_text.h"
#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

using tasks::Activation;

/// What is left to do with the scores that an archive gives.
Activation activation_for(Scoring scoring, OutputMaker maker, const tasks::FolderSettings& folder) {
  if (scoring == Scoring::kSigmoid) return Activation::kSigmoid;
  if (scoring == Scoring::kNone) return Activation::kIdentity;
  if (scoring == Scoring::kSoftmax) {
    throw Error(ErrorCode::kBadInput, "a single score has no softmax: give sigmoid or none");
  }
  const auto& stated = folder.activation;
  const bool is_done = maker != OutputMaker::kLinear && maker != OutputMaker::kOther;
  if (!is_done) return stated ? stated->value : Activation::kSigmoid;
  const bool fits = !stated || stated->value == Activation::kIdentity ||
                    (stated->value == Activation::kSigmoid && maker == OutputMaker::kSigmoid) ||
                    (stated->value == Activation::kTanh && maker == OutputMaker::kTanh);
  if (fits) return Activation::kIdentity;
  throw Error(ErrorCode::kUnsupported,
              stated->origin + " wants other scores than the archive's, which " +
                  std::string(name_of(maker)) +
                  " has made already; --scores none takes them as they are");
}

}  // namespace

std::vector<double> TextModel::rerank(std::string_view query, std::span<const std::string> texts,
                                      Scoring scoring) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) pairs.emplace_back(query, text);
  return rerank(pairs, scoring);
}

std::vector<double> TextModel::rerank(std::span<const std::pair<std::string, std::string>> pairs,
                                      Scoring scoring) {
  Impl& model = impl();
  const std::size_t output = model.heads.class_scores(1);
  const Activation activation = activation_for(scoring, model.heads[output].maker, model.folder);
  std::vector<Encoding> encodings;
  for (const auto& [query, text] : pairs) {
    encodings.push_back(model.encode(tasks::stripped(query), tasks::stripped(text)));
  }
  std::vector<double> scores(pairs.size());
  model.run_each(encodings, [&](std::size_t i, const std::vector<Tensor>& outputs) {
    scores[i] = tasks::activate(activation, tasks::floats_of(outputs[output]).at(0));
  });
  return scores;
}

}  // namespace henson
