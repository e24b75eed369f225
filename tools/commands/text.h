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
  std::filesystem::path archive;  // or a folder with one
  bool cased = false;
  std::vector<std::string> roles;  // "1=mask"
  std::string modules_done;
  bool explain = false;
  TextModelOptions model;
};

/// The archive, --vocab, --cased, --max-length, --head, --role, --modules-done, --alone, --explain,
/// --executor, --threads and --memory-limit.
void add_text_options(Command& command, TextOptions& options);

/// --output, another name of --head, for commands that write no file.
void add_output_option(Command& command, TextOptions& options);

/// Opens the archive with what lies beside it. Errors name the file; the model's notes go to
/// standard error.
TextModel open_text_model(const TextOptions& options);

/// A line a setting: its name, its value, who says so.
void print_settings(const std::vector<Setting>& settings, bool json);

/// Texts from arguments, or else from the lines of a file or of standard input.
struct TextSource {
  std::vector<std::string> texts;
  std::filesystem::path file;  // "-": standard input, as when there are no texts either
};

/// Texts as positional arguments, and --input.
void add_text_source(Command& command, TextSource& source);
/// Calls `take` with each text. Its errors about a text say which one, where there are several.
/// Throws UsageError when texts and a file are given, Interrupted when Ctrl-C came.
void for_each_text(const TextSource& source, const std::function<void(const std::string&)>& take);
/// Likewise; a text that is refused is told of on standard error, and those after it are taken.
/// Returns the exit code: done, "no" when some were refused, kBadFile when all were.
int for_each_good_text(const TextSource& source,
                       const std::function<void(const std::string&)>& take);

/// Tells the results for several texts apart: the text as a heading, a blank line between.
class Headings {
 public:
  explicit Headings(const TextSource& source) : several_(source.texts.size() != 1) {}
  void print(const std::string& text);

 private:
  bool several_;
  bool first_ = true;
};

/// Says on standard error how many texts were cut and to what length, where any was.
void report_cut(std::size_t texts, std::size_t length);
inline void report_cut(const TextModel& model) {
  report_cut(model.cut_texts(), model.max_length());
}

/// --labels.
void add_labels(Command& command, std::filesystem::path& labels);
/// The labels of a file; none when none is given: then TextModel takes those of the folder.
std::vector<std::string> find_labels(const std::filesystem::path& labels);

/// "0.0123"
std::string format_probability(double probability);
/// The JSON on one line.
std::string json_line(const Json& json);
/// Counts the characters (code points) of a text before a byte: fast for one after the other.
class CharacterCount {
 public:
  explicit CharacterCount(std::string_view text) : text_(text) {}
  std::size_t before(std::size_t byte);

 private:
  std::string_view text_;
  std::size_t byte_ = 0;  // so far
  std::size_t characters_ = 0;
};

/// Where something stands in a text: "begin" and "end" in bytes, "begin_char" and "end_char" in
/// characters. Adds them to `json`.
void add_range(Json& json, CharacterCount& characters, const ByteRange& range);

}  // namespace henson::tools
