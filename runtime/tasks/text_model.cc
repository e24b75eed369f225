#include <cmath>
#include <string>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

std::size_t shorter(std::size_t of_model, std::size_t wanted) {
  if (of_model == 0 || wanted == 0) return std::max(of_model, wanted);
  return std::min(of_model, wanted);
}

}  // namespace

TextModel::Impl::Impl(Model of, Tokenizer with, TextModelOptions given)
    : model(std::move(of)),
      tokenizer(std::move(with)),
      options(std::move(given)),
      session(model, options.session),
      inputs(model, tokenizer),
      max_length(shorter(inputs.max_length(), options.max_length)),
      heads(tasks::find_output_facts(model), inputs.vocabulary(),
            static_cast<std::int64_t>(tokenizer.vocabulary_size()), options.output) {}

std::vector<Tensor> TextModel::Impl::run(const Encoding& encoding) {
  const std::vector<NamedInput> given = inputs.of(encoding);
  return session.run(given).tensors();
}

std::vector<std::vector<Tensor>> TextModel::Impl::run_all(
    std::span<const Encoding* const> encodings) {
  std::vector<std::vector<NamedInput>> sequences;
  for (const Encoding* const encoding : encodings) sequences.push_back(inputs.of(*encoding));
  std::vector<std::vector<Tensor>> tensors;
  for (const Output& output :
       session.run_ragged(std::span<const std::vector<NamedInput>>(sequences))) {
    tensors.push_back(output.tensors());
  }
  return tensors;
}

TextModel::TextModel(Model model, Tokenizer tokenizer, TextModelOptions options)
    : impl_(std::make_unique<Impl>(std::move(model), std::move(tokenizer), std::move(options))) {
  impl_->tokenizer.id("");  // throws when moved from
}
TextModel::TextModel(TextModel&&) noexcept = default;
TextModel& TextModel::operator=(TextModel&&) noexcept = default;
TextModel::~TextModel() = default;

const Model& TextModel::model() const noexcept { return impl_->model; }
const Tokenizer& TextModel::tokenizer() const noexcept { return impl_->tokenizer; }
std::size_t TextModel::max_length() const noexcept { return impl_ ? impl_->max_length : 0; }
std::size_t TextModel::cut_texts() const noexcept { return impl_ ? impl_->cut_texts : 0; }

TextModel::Impl& TextModel::impl() const {
  if (impl_ == nullptr) throw Error(ErrorCode::kBadInput, "this text model was moved from");
  return *impl_;
}

namespace tasks {

std::vector<double> softmax(std::span<const float> scores) {
  std::vector<double> probabilities(scores.size());
  if (scores.empty()) return probabilities;
  const float greatest = scores[largest(scores)];
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    probabilities[i] = std::exp(double{scores[i]} - double{greatest});
    sum += probabilities[i];
  }
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

void check_labels(std::span<const std::string> labels, std::size_t classes) {
  if (labels.empty() || labels.size() == classes) return;
  throw Error(ErrorCode::kBadInput, std::to_string(labels.size()) +
                                        " labels are given and the model has " +
                                        std::to_string(classes) + " classes");
}

std::string label_of(std::span<const std::string> labels, std::size_t index) {
  return labels.empty() ? "LABEL_" + std::to_string(index) : labels[index];
}

}  // namespace tasks
}  // namespace henson
