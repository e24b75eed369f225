// What was settled before any run, and by what.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

constexpr std::string_view kFoundByUse = "what the computation does with it";

std::string listed(std::span<const std::string> names) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i) text += (i ? ", " : "") + names[i];
  return names.size() > kMost ? text + ", …" : text;
}

std::string_view name_of(Similarity similarity) {
  switch (similarity) {
    case Similarity::kCosine:
      return "cosine";
    case Similarity::kDot:
      return "dot product";
    case Similarity::kEuclidean:
      return "negative Euclidean distance";
    case Similarity::kManhattan:
      return "negative Manhattan distance";
    case Similarity::kMaxSim:
      break;
  }
  return "MaxSim";
}

std::string_view name_of(Scoring scoring) {
  switch (scoring) {
    case Scoring::kSoftmax:
      return "softmax: one class holds";
    case Scoring::kSigmoid:
      return "sigmoid: any class may hold";
    case Scoring::kNone:
      return "as the archive gives them";
    case Scoring::kAuto:
      break;
  }
  return "";
}

/// The length of "truncation" in the tokenizer.json of a vocabulary, a file or a folder; 0: none.
/// The tokenizer was read of it already; what else it has is passed over.
std::size_t length_of_truncation(std::filesystem::path vocabulary) {
  using Json = nlohmann::json;
  if (std::filesystem::is_directory(vocabulary)) vocabulary /= "tokenizer.json";
  if (vocabulary.extension() != ".json") return 0;
  std::ifstream file(vocabulary, std::ios::binary);
  const auto keep = [](int depth, Json::parse_event_t event, const Json& parsed) {
    return event != Json::parse_event_t::key || depth != 1 || parsed == "truncation";
  };
  const Json json = Json::parse(file, keep, false);
  const auto found = json.is_object() ? json.find("truncation") : json.end();
  if (found == json.end() || !found->is_object()) return 0;
  const auto length = found->find("max_length");
  return length != found->end() && length->is_number_unsigned() ? length->get<std::size_t>() : 0;
}

}  // namespace

void TextModel::Impl::explain_files(std::vector<Setting>& settings) const {
  if (!archive.empty()) settings.push_back({"archive", archive.string(), "given", ""});
  if (!vocabulary.empty()) {
    const bool given = !options.vocabulary.empty();
    settings.push_back(
        {"vocabulary", vocabulary.string(), given ? "option vocabulary" : "the folder", ""});
  }
}

void TextModel::Impl::explain_inputs(std::vector<Setting>& settings) const {
  for (const InputInfo& input : inputs.infos()) {
    const bool stated = std::any_of(
        options.roles.begin(), options.roles.end(),
        [&](const auto& role) { return role.first == input.path || role.first == input.name; });
    settings.push_back({"input " + input.path, std::string(name_of(input.role)),
                        std::string(stated ? "option roles" : kFoundByUse), ""});
  }
}

void TextModel::Impl::explain_length(std::vector<Setting>& settings) const {
  if (const std::size_t length = length_of_truncation(vocabulary); length > 0) {
    settings.push_back({"not used",
                        "tokenizer.json: truncation (" + std::to_string(length) + " tokens)",
                        "transformers does not either", ""});
  }
  const std::string positions = std::to_string(inputs.max_length()) + " (the archive's positions)";
  if (max_length == 0) {
    settings.push_back({"max length", "none", "default", ""});
    return;
  }
  Setting setting{"max length", std::to_string(max_length) + " tokens", "", ""};
  const auto& stated = folder.max_length;
  if (options.max_length != 0) {
    setting.origin = "option max_length";
    if (stated) setting.instead = std::to_string(stated->value) + " (" + stated->origin + ')';
  } else {
    setting.origin = stated ? stated->origin : "the archive's positions";
  }
  const std::size_t wanted = options.max_length != 0 ? options.max_length
                             : stated                ? stated->value
                                                     : 0;
  if (wanted > max_length) {
    setting.instead = std::to_string(wanted) + " (" + setting.origin + ')';
    setting.origin = "the archive's positions";
  }
  settings.push_back(std::move(setting));
}

void TextModel::Impl::explain_classes(std::vector<Setting>& settings) const {
  if (folder.labels) {
    settings.push_back({"labels", listed(folder.labels->value), folder.labels->origin, ""});
  }
  if (folder.scoring) {
    settings.push_back({"scores of classes", std::string(name_of(folder.scoring->value)),
                        folder.scoring->origin, ""});
  }
}

void TextModel::Impl::explain_embeddings(std::vector<Setting>& settings) const {
  std::vector<std::string> names;
  for (const auto& [name, prompt] : folder.prompts) names.push_back(name);
  if (!names.empty()) {
    settings.push_back(
        {"prompts", listed(names), "config_sentence_transformers.json: prompts", ""});
  }
  if (folder.similarity) {
    settings.push_back({"similarity", std::string(name_of(folder.similarity->value)),
                        folder.similarity->origin, ""});
  }
}

std::vector<Setting> TextModel::explain() const {
  std::vector<Setting> settings;
  impl().explain_files(settings);
  impl().explain_inputs(settings);
  impl().explain_length(settings);
  impl().explain_classes(settings);
  impl().explain_embeddings(settings);
  return settings;
}

std::vector<Setting> TextModel::explain(const EmbedOptions& options) const {
  std::vector<Setting> settings = explain();
  tasks::EmbeddingPlan plan = impl().make_plan(options);
  settings.insert(settings.end(), std::make_move_iterator(plan.settings.begin()),
                  std::make_move_iterator(plan.settings.end()));
  return settings;
}

}  // namespace henson
