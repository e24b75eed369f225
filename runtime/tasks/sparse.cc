#include <cmath>

#include "runtime/tasks/python_text.h"
#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

using tasks::Module;

/// The folder's SpladePooling; the usual one where it has none.
Module splade_of(const tasks::FolderSettings& folder) {
  if (folder.modules) {
    for (const Module& module : folder.modules->modules) {
      if (module.kind == Module::Kind::kSplade) return module;
    }
  }
  Module usual;
  usual.kind = Module::Kind::kSplade;
  return usual;
}

/// A weight a token of the vocabulary, of scores [length, size].
std::vector<double> pooled(std::span<const float> scores, std::size_t size, const Module& splade) {
  std::vector<double> weights(size);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    double value = std::log1p(std::max(0.0, double{scores[i]}));
    if (splade.log_twice) value = std::log1p(value);
    double& weight = weights[i % size];
    weight = splade.sums ? weight + value : std::max(weight, value);
  }
  return weights;
}

}  // namespace

std::vector<TokenWeight> TextModel::sparse(std::string_view text) {
  Impl& model = impl();
  const bool scores = model.heads.has_vocabulary_scores();
  const std::size_t output =
      scores ? model.heads.vocabulary_scores() : model.heads.vocabulary_weights();
  if (scores && model.heads[output].maker != OutputMaker::kLinear) {
    throw Error(ErrorCode::kUnsupported,
                "the model's output " + describe(model.heads[output]) +
                    " is no masked language model's, of which SPLADE makes weights");
  }
  const Encoding encoding = model.encode(model.folder.modules ? tasks::stripped(text) : text);
  const std::vector<float> values = tasks::floats_of(model.run(encoding)[output]);
  const auto size = static_cast<std::size_t>(model.heads[output].shape.back());
  const std::vector<double> weights = scores ? pooled(values, size, splade_of(model.folder))
                                             : std::vector<double>(values.begin(), values.end());
  std::vector<TokenWeight> heavy;
  for (std::size_t id = 0; id < weights.size(); ++id) {
    const auto number = static_cast<std::int64_t>(id);
    if (weights[id] == 0) continue;
    heavy.push_back({number, std::string(model.tokenizer.token(number).value_or("")), weights[id]});
  }
  std::stable_sort(heavy.begin(), heavy.end(),
                   [](const TokenWeight& a, const TokenWeight& b) { return a.weight > b.weight; });
  return heavy;
}

}  // namespace henson
