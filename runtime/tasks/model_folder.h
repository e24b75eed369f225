// What lies beside a model, as sentence-transformers and transformers leave it: read in one place,
// each setting with the file that says so.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "henson/tasks.h"
#include "runtime/tasks/sentence_modules.h"

namespace henson::tasks {

/// A setting and where it stands: "sentence_bert_config.json: max_seq_length".
template <typename T>
struct Stated {
  T value{};
  std::string origin;
};

struct FolderSettings {
  std::filesystem::path folder;  // empty: there is none
  std::optional<SentenceModules> modules;

  // sentence_bert_config.json, and what tokenizer_config.json says of lengths.
  std::optional<Stated<std::size_t>> max_length;
  std::optional<Stated<bool>> lower_case;

  // config_sentence_transformers.json
  std::map<std::string, std::string> prompts;
  std::optional<Stated<std::string>> default_prompt;  // its name
  std::optional<Stated<Similarity>> similarity;

  // config.json
  std::optional<Stated<std::vector<std::string>>> labels;
  std::optional<Stated<Scoring>> scoring;        // by problem_type
  std::optional<Stated<Activation>> activation;  // of a cross-encoder

  /// Texts are stripped, as sentence-transformers does.
  bool strips() const { return modules.has_value(); }
};

/// Reads what there is. Throws kBadArchive for damaged files, and kUnsupported for what cannot be
/// honoured, with the file and the member.
FolderSettings read_folder(const std::filesystem::path& folder);

/// The archive that `path` names: itself, or the one in the folder. Throws kNotFound when there is
/// none, and kBadInput when there are several, with their names.
std::filesystem::path find_archive(const std::filesystem::path& path);

/// Where a tokenizer lies: the folder, or that of its transformer. Nothing when neither has one.
std::optional<std::filesystem::path> find_tokenizer(const FolderSettings& settings);

}  // namespace henson::tasks
