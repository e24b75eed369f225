#include "runtime/tasks/model_folder.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "runtime/tasks/json_file.h"

namespace henson::tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestPrompt = 1 << 20;

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

std::string origin_of(const JsonFile& file, std::string_view key) {
  return fs::path(file.file()).filename().string() + ": " + std::string(key);
}

template <typename T>
void set_if(std::optional<Stated<T>>& setting, const std::optional<T>& value, const JsonFile& file,
            std::string_view key) {
  if (value) setting = Stated<T>{*value, origin_of(file, key)};
}

// One file a family of models, in the order in which sentence-transformers looks for them.
constexpr std::array<const char*, 7> kTransformerFiles{
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};

void read_transformer(const fs::path& folder, FolderSettings& settings) {
  for (const char* const name : kTransformerFiles) {
    const auto file = JsonFile::open(folder / name);
    if (!file) continue;
    set_if(settings.max_length, file->count("max_seq_length"), *file, "max_seq_length");
    set_if(settings.lower_case, file->boolean("do_lower_case"), *file, "do_lower_case");
    for (const char* const key : {"tokenizer_args", "processing_kwargs", "processor_kwargs"}) {
      const auto* const arguments = file->find(key);
      if (arguments != nullptr && !arguments->empty()) {
        file->unsupported(key,
                          "changes how texts become tokens in a way that Henson does not have");
      }
    }
    const std::string task = file->text("transformer_task").value_or("feature-extraction");
    if (task != "feature-extraction" && task != "fill-mask" && task != "sequence-classification") {
      file->unsupported("transformer_task", "is `" + task + "`, which Henson does not have");
    }
    // Some are of the model, which the archive is, or of the machine.
    static constexpr std::string_view kKnown[] = {
        "max_seq_length",   "do_lower_case",    "tokenizer_args",  "processing_kwargs",
        "processor_kwargs", "model_args",       "config_args",     "model_kwargs",
        "config_kwargs",    "transformer_task", "modality_config", "module_output_name",
        "message_format",   "cache_dir"};
    file->refuse_others(kKnown);
    return;
  }
}

/// The limit that the tokenizer's file gives, where the transformer's own has none.
void read_tokenizer_length(const fs::path& folder, FolderSettings& settings) {
  if (settings.max_length) return;
  const auto file = JsonFile::open(folder / "tokenizer_config.json");
  if (!file) return;
  const auto* const length = file->find("model_max_length");
  // Files that set no limit write 1e30, as a float or an integer of 31 digits.
  if (length == nullptr || !length->is_number_unsigned() || *length == 0 ||
      *length >= (std::int64_t{1} << 32)) {
    return;
  }
  settings.max_length = {length->get<std::size_t>(), origin_of(*file, "model_max_length")};
}

Similarity similarity_named(const std::string& name, const JsonFile& file) {
  if (name == "cosine") return Similarity::kCosine;
  if (name == "dot") return Similarity::kDot;
  if (name == "euclidean") return Similarity::kEuclidean;
  if (name == "manhattan") return Similarity::kManhattan;
  if (name == "maxsim" || name == "MaxSim") return Similarity::kMaxSim;
  file.unsupported("similarity_fn_name", "is `" + name + "`, which Henson does not have");
}

void read_prompts(const JsonFile& file, FolderSettings& settings) {
  const auto* const prompts = file.find("prompts");
  if (prompts == nullptr) return;
  if (!prompts->is_object()) file.damaged("prompts", "must be an object");
  for (const auto& [name, prompt] : prompts->items()) {
    if (!prompt.is_string() || prompt.get_ref<const std::string&>().size() > kLongestPrompt) {
      file.damaged("prompts", "has what is no text, or is too long");
    }
    settings.prompts.emplace(name, prompt.get<std::string>());
  }
}

void read_sentence_config(const fs::path& folder, FolderSettings& settings) {
  const auto file = JsonFile::open(folder / "config_sentence_transformers.json");
  if (!file) return;
  read_prompts(*file, settings);
  set_if(settings.default_prompt, file->text("default_prompt_name"), *file, "default_prompt_name");
  if (settings.default_prompt && !settings.prompts.contains(settings.default_prompt->value)) {
    file->damaged("default_prompt_name",
                  "is `" + settings.default_prompt->value + "`, and no prompt is named so");
  }
  if (const auto name = file->text("similarity_fn_name")) {
    settings.similarity = {similarity_named(*name, *file), origin_of(*file, "similarity_fn_name")};
  }
  static constexpr std::string_view kKnown[] = {"prompts", "default_prompt_name",
                                                "similarity_fn_name", "__version__", "model_type"};
  file->refuse_others(kKnown);
}

/// How scores are made of what a classifier gives.
void read_problem(const JsonFile& file, FolderSettings& settings) {
  const auto type = file.text("problem_type");
  if (!type) return;
  Scoring scoring = Scoring::kNone;
  if (*type == "single_label_classification") {
    scoring = Scoring::kSoftmax;
  } else if (*type == "multi_label_classification") {
    scoring = Scoring::kSigmoid;
  } else if (*type != "regression") {
    file.unsupported("problem_type", "is `" + *type + "`, which Henson does not have");
  }
  settings.scoring = {scoring, origin_of(file, "problem_type")};
}

/// Members that say what becomes of a model's output. Others describe the model, which the archive
/// is.
void check_model_config(const JsonFile& file) {
  for (const auto& [key, value] : file.json().items()) {
    const bool of_outputs = key.starts_with("sbert_") || key.starts_with("sentence_transformers_");
    if (of_outputs && key != "sbert_ce_default_activation_function" && !value.is_null()) {
      file.unsupported(key, "is not known to Henson, and may change the answer");
    }
  }
  const auto* const own = file.find("sentence_transformers");
  if (own == nullptr) return;
  if (!own->is_object()) file.damaged("sentence_transformers", "must be an object");
  for (const auto& [key, value] : own->items()) {
    if (key != "activation_fn" && key != "version" && !value.is_null()) {
      file.unsupported("sentence_transformers." + key,
                       "is not known to Henson, and may change the answer");
    }
  }
}

void read_activation(const JsonFile& file, FolderSettings& settings) {
  std::optional<std::string> name = file.text("sbert_ce_default_activation_function");
  std::string key = "sbert_ce_default_activation_function";
  const auto* const own = file.find("sentence_transformers");
  if (own != nullptr && own->is_object() && own->contains("activation_fn")) {
    key = "sentence_transformers.activation_fn";
    if (!own->at("activation_fn").is_string()) file.damaged(key, "must be a string");
    name = own->at("activation_fn").get<std::string>();
  }
  if (!name) return;
  const auto activation = activation_named(*name);
  if (!activation) file.unsupported(key, "is `" + *name + "`, which Henson does not have");
  settings.activation = {*activation, origin_of(file, key)};
}

void read_model_config(const fs::path& folder, FolderSettings& settings) {
  const auto file = JsonFile::open(folder / "config.json");
  if (!file) return;
  if (file->find("id2label") != nullptr) {
    settings.labels = {read_labels(folder / "config.json"), origin_of(*file, "id2label")};
  }
  check_model_config(*file);
  read_problem(*file, settings);
  read_activation(*file, settings);
}

/// What ColBERT's own library leaves: lengths, marks and masks of queries and documents that Henson
/// does not have.
void refuse_colbert(const fs::path& folder) {
  if (!is_there(folder / "artifact.metadata")) return;
  throw Error(ErrorCode::kUnsupported,
              (folder / "artifact.metadata").string() +
                  ": says how ColBERT reads queries and documents, which Henson does not do; "
                  "--alone leaves it out");
}

bool holds_tokenizer(const fs::path& folder) {
  for (const char* const name : {"tokenizer.json", "vocab.txt", "vocab.json", "spiece.model",
                                 "sentencepiece.bpe.model", "tokenizer.model"}) {
    if (is_there(folder / name)) return true;
  }
  return false;
}

bool names_archive(const fs::path& path) {
  const std::string extension = path.extension().string();
  std::error_code failed;
  return (extension == ".pt" || extension == ".pth" || extension == ".ts" ||
          extension == ".torchscript") &&
         fs::is_regular_file(path, failed);
}

std::vector<std::string> archives_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (names_archive(it->path())) names.push_back(it->path().filename().string());
  }
  if (failed) {
    throw Error(ErrorCode::kNotFound, folder.string() + ": the folder cannot be read");
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

FolderSettings read_folder(const fs::path& folder) {
  FolderSettings settings;
  settings.folder = folder;
  refuse_colbert(folder);
  settings.modules = read_modules(folder);
  const fs::path& transformer = settings.modules ? settings.modules->transformer : folder;
  read_transformer(transformer, settings);
  read_tokenizer_length(transformer, settings);
  if (transformer != folder) read_tokenizer_length(folder, settings);
  read_sentence_config(folder, settings);
  read_model_config(transformer, settings);
  return settings;
}

fs::path find_archive(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return path;
  std::vector<std::string> names = archives_in(path);
  fs::path folder = path;
  if (names.empty()) {  // of older sentence-transformers, the model has a folder of its own
    if (const auto modules = read_modules(path); modules && modules->transformer != path) {
      folder = modules->transformer;
      names = archives_in(folder);
    }
  }
  if (names.size() == 1) return folder / names[0];
  if (names.empty()) {
    throw Error(ErrorCode::kNotFound,
                path.string() +
                    ": the folder has no TorchScript archive (a .pt file); save one there with "
                    "torch.jit.trace and torch.jit.save");
  }
  throw Error(ErrorCode::kBadInput, path.string() + ": the folder has several archives: " +
                                        listed(names) + "; give the path of one");
}

std::optional<fs::path> find_tokenizer(const FolderSettings& settings) {
  if (settings.folder.empty()) return std::nullopt;
  if (settings.modules && holds_tokenizer(settings.modules->transformer)) {
    return settings.modules->transformer;
  }
  if (holds_tokenizer(settings.folder)) return settings.folder;
  return std::nullopt;
}

}  // namespace henson::tasks
