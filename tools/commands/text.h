// What the commands that take text share.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "henson/tasks.h"
#include "tools/commands/command.h"
#include "tools/report.h"

namespace henson::tools {

struct TextOptions {
  std::filesystem::path archive;
  std::filesystem::path vocabulary;  // empty: what lies beside the archive
  bool cased = false;
  TextModelOptions model;
};

/// The archive, --vocab, --cased, --max-length, --head, --executor and --threads.
void add_text_options(Command& command, TextOptions& options);

/// Opens the archive and its vocabulary. Errors name the file.
TextModel open_text_model(const TextOptions& options);

/// Texts from arguments, or else from the lines of a file or of standard input.
struct TextSource {
  std::vector<std::string> texts;
  std::filesystem::path file;  // "-": standard input, as when there are no texts either
};

/// Texts as positional arguments, and --input.
void add_text_source(Command& command, TextSource& source);
/// Calls `take` with each text until there are no more or Ctrl-C came. Throws UsageError when texts
/// and a file are given.
void for_each_text(const TextSource& source, const std::function<void(const std::string&)>& take);

/// --labels.
void add_labels(Command& command, std::filesystem::path& labels);
/// The labels of a file; of the config.json beside the archive when no file is given and it has
/// some; else none.
std::vector<std::string> find_labels(const std::filesystem::path& labels,
                                     const std::filesystem::path& archive);

/// "0.0123"
std::string format_probability(double probability);
/// The JSON on one line.
std::string json_line(const Json& json);

}  // namespace henson::tools
