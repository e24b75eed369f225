#include <cmath>
#include <numeric>
#include <string>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

// Enough rows for the products to reach their full speed, few enough for the caches.
constexpr std::size_t kTokensAtOnce = 2048;

/// Numbers of the sequences, the longest first: what runs together is of about one length, and
/// memory is largest at the start.
std::vector<std::size_t> by_length(const std::vector<Encoding>& encodings) {
  std::vector<std::size_t> order(encodings.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return encodings[a].size() > encodings[b].size();
  });
  return order;
}

/// The end of the batch that starts at `begin`.
std::size_t end_of_batch(const std::vector<Encoding>& encodings,
                         const std::vector<std::size_t>& order, std::size_t begin) {
  std::size_t tokens = 0;
  std::size_t end = begin;
  while (end < order.size() && (end == begin || tokens < kTokensAtOnce)) {
    tokens += encodings[order[end++]].size();
  }
  return end;
}

std::size_t shorter(std::size_t of_model, std::size_t wanted) {
  if (of_model == 0 || wanted == 0) return std::max(of_model, wanted);
  return std::min(of_model, wanted);
}

std::size_t wanted_length(const TextModelOptions& options, const tasks::FolderSettings& folder) {
  if (options.max_length != 0) return options.max_length;
  return folder.max_length ? folder.max_length->value : 0;
}

/// What `f` gives; errors name the file.
template <typename F>
auto named(const std::filesystem::path& path, const F& f) {
  try {
    return f();
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return path;
  const std::filesystem::path folder = path.parent_path();
  return folder.empty() ? "." : folder;
}

std::filesystem::path vocabulary_of(const TextModelOptions& options,
                                    const tasks::FolderSettings& settings) {
  if (!options.vocabulary.empty()) return options.vocabulary;
  if (auto found = tasks::find_tokenizer(settings)) return std::move(*found);
  throw Error(ErrorCode::kNotFound,
              settings.folder.string() +
                  ": there is no vocabulary beside the archive; give one: --vocab vocab.txt (or "
                  "vocab.json, tokenizer.json, a folder)");
}

}  // namespace

void TextModel::Impl::run_each(
    const std::vector<Encoding>& encodings,
    const std::function<void(std::size_t, const std::vector<Tensor>&)>& take) {
  const std::vector<std::size_t> order = by_length(encodings);
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = end_of_batch(encodings, order, begin);
    std::vector<const Encoding*> batch;
    for (std::size_t i = begin; i < end; ++i) batch.push_back(&encodings[order[i]]);
    const std::vector<std::vector<Tensor>> outputs = run_all(batch);
    for (std::size_t i = begin; i < end; ++i) take(order[i], outputs[i - begin]);
  }
}

std::optional<std::filesystem::path> find_vocabulary(const std::filesystem::path& path) {
  tasks::FolderSettings settings;
  settings.folder = folder_of(path);
  settings.modules = tasks::read_modules(settings.folder);
  return tasks::find_tokenizer(settings);
}

TextModel TextModel::open(const std::filesystem::path& path, TextModelOptions options) {
  const std::filesystem::path archive = tasks::find_archive(path);
  const std::filesystem::path folder = folder_of(path);
  tasks::FolderSettings settings;
  settings.folder = folder;
  if (!options.alone) settings = tasks::read_folder(folder);
  const std::filesystem::path vocabulary = vocabulary_of(options, settings);
  Tokenizer tokenizer = Tokenizer::open(vocabulary, options.tokenizer);
  Model model = named(archive, [&] { return Model::open(archive, options.open); });
  return named(archive, [&] {
    auto impl = std::make_unique<Impl>(std::move(model), std::move(tokenizer), std::move(options),
                                       std::move(settings));
    impl->archive = archive;
    impl->vocabulary = vocabulary;
    return TextModel(std::move(impl));
  });
}

TextModel::Impl::Impl(Model of, Tokenizer with, TextModelOptions given,
                      tasks::FolderSettings beside)
    : model(std::move(of)),
      tokenizer(std::move(with)),
      options(std::move(given)),
      folder(std::move(beside)),
      session(model, options.session),
      inputs(model, tokenizer, options.roles),
      max_length(shorter(inputs.max_length(), wanted_length(options, folder))),
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

std::span<const std::string> TextModel::Impl::labels_for(std::span<const std::string> given,
                                                         std::size_t classes) const {
  if (!given.empty() || !folder.labels) {
    tasks::check_labels(given, classes);
    return given;
  }
  const std::vector<std::string>& labels = folder.labels->value;
  if (labels.size() == classes) return labels;
  throw Error(ErrorCode::kBadInput, folder.labels->origin + " names " +
                                        std::to_string(labels.size()) +
                                        " classes and the model has " + std::to_string(classes) +
                                        "; --labels gives others");
}

TextModel::TextModel(Model model, Tokenizer tokenizer, TextModelOptions options)
    : impl_(std::make_unique<Impl>(std::move(model), std::move(tokenizer), std::move(options),
                                   tasks::FolderSettings())) {
  impl_->tokenizer.id("");  // throws when moved from
}
TextModel::TextModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TextModel::TextModel(TextModel&&) noexcept = default;
TextModel& TextModel::operator=(TextModel&&) noexcept = default;
TextModel::~TextModel() = default;

TextModel TextModel::share(TextModelOptions options) const {
  const Impl& mine = impl();
  auto other = std::make_unique<Impl>(mine.model, mine.tokenizer, std::move(options), mine.folder);
  other->archive = mine.archive;
  other->vocabulary = mine.vocabulary;
  return TextModel(std::move(other));
}

const Model& TextModel::model() const noexcept { return impl_->model; }
const Tokenizer& TextModel::tokenizer() const noexcept { return impl_->tokenizer; }
std::size_t TextModel::max_length() const noexcept { return impl_ ? impl_->max_length : 0; }
std::size_t TextModel::cut_texts() const noexcept { return impl_ ? impl_->cut_texts : 0; }

Similarity TextModel::similarity() const {
  const auto& stated = impl().folder.similarity;
  return stated ? stated->value : Similarity::kCosine;
}

std::map<std::string, std::string> TextModel::prompts() const { return impl().folder.prompts; }

std::string TextModel::default_prompt_name() const {
  const auto& stated = impl().folder.default_prompt;
  return stated ? stated->value : std::string();
}

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
