#include "tools/commands/text.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "tools/interrupt.h"
#include "tools/lines.h"

namespace henson::tools {
namespace {

/// The folder of the archive, when it holds a vocabulary.
std::filesystem::path vocabulary_beside(const std::filesystem::path& archive) {
  std::filesystem::path folder = archive.parent_path();
  if (folder.empty()) folder = ".";
  for (const char* const name : {"tokenizer.json", "vocab.txt", "vocab.json"}) {
    std::error_code failed;
    if (std::filesystem::exists(folder / name, failed)) return folder;
  }
  throw UsageError(
      "give the vocabulary: --vocab vocab.txt (or vocab.json, tokenizer.json); there is none "
      "beside the archive");
}

/// Each text, and how errors call it: "text 2", "lines.txt:7"; nothing where there is but one.
using TakeNamed = std::function<void(const std::string& text, const std::string& name)>;

void for_each_named(const TextSource& source, const TakeNamed& take) {
  if (!source.texts.empty() && !source.file.empty()) {
    throw UsageError("give texts or --input, not both");
  }
  Work work("texts");
  std::size_t number = 0;
  for (const std::string& text : source.texts) {
    ++number;
    take(text, source.texts.size() > 1 ? "text " + std::to_string(number) : "");
    work.done();
  }
  if (!source.texts.empty()) return;
  const bool standard = source.file.empty() || source.file == "-";
  Lines lines(standard ? "-" : source.file);
  const std::string file = standard ? "standard input" : source.file.string();
  while (const auto line = lines.next()) {
    take(*line, file + ':' + std::to_string(++number));
    work.done();
  }
  Work::check();
}

Error named(const Error& error, const std::string& name) {
  return name.empty() || error.code() != ErrorCode::kBadInput ? error : located(name, error);
}

}  // namespace

void add_text_options(Command& command, TextOptions& options) {
  command.option("archive", options.archive, "A.pt", "The TorchScript archive").required();
  command.option(
      "--vocab", options.vocabulary, "VOCAB",
      "vocab.txt, vocab.json, tokenizer.json or a folder; beside the archive by default");
  command.flag("--cased", options.cased, "Upper case matters, whatever the files say");
  command
      .option("--max-length", options.model.max_length, "N",
              "Tokens of a text, special ones too; as many as the model takes by default")
      .between(3, 1 << 24);
  command.option("--head", options.model.output, "OUTPUT",
                 "The output to use, by number or key; the one that fits by default");
  add_session_options(command, options.model.session);
}

TextModel open_text_model(const TextOptions& options) {
  TokenizerOptions tokenizer_options;
  if (options.cased) {
    tokenizer_options.lower_case = false;
    tokenizer_options.strip_accents = false;
  }
  Tokenizer tokenizer = Tokenizer::open(
      options.vocabulary.empty() ? vocabulary_beside(options.archive) : options.vocabulary,
      tokenizer_options);
  Model model = open_model(options.archive);
  try {
    return TextModel(std::move(model), std::move(tokenizer), options.model);
  } catch (const Error& error) {
    throw located(options.archive.string(), error);
  }
}

void add_text_source(Command& command, TextSource& source) {
  command.option("texts", source.texts, "TEXT", "Texts");
  command.option("--input", source.file, "FILE",
                 "A file with a text a line; -: standard input, as without texts");
}

void for_each_text(const TextSource& source, const std::function<void(const std::string&)>& take) {
  for_each_named(source, [&](const std::string& text, const std::string& name) {
    try {
      take(text);
    } catch (const Error& error) {
      throw named(error, name);
    }
  });
}

int for_each_good_text(const TextSource& source,
                       const std::function<void(const std::string&)>& take) {
  std::size_t good = 0;
  std::size_t refused = 0;
  for_each_named(source, [&](const std::string& text, const std::string& name) {
    try {
      take(text);
      ++good;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      std::cout.flush();
      print_error(named(error, name).what());
      ++refused;
    }
  });
  return refused == 0 ? kDone : good > 0 ? kAnswerIsNo : kBadFile;
}

void Headings::print(const std::string& text) {
  if (!several_) return;
  std::cout << (first_ ? "" : "\n") << printable(text) << '\n';
  first_ = false;
}

void report_cut(std::size_t texts, std::size_t length) {
  if (texts == 0) return;
  std::cout.flush();
  print_error("note: " + plural(texts, "text") + (texts == 1 ? " was" : " were") + " cut to " +
              std::to_string(length) + " tokens");
}

void add_labels(Command& command, std::filesystem::path& labels) {
  command.option("--labels", labels, "LABELS",
                 "Names of the classes: config.json (its id2label) or a file with one a line; the "
                 "config.json beside the archive by default");
}

std::vector<std::string> find_labels(const std::filesystem::path& labels,
                                     const std::filesystem::path& archive) {
  if (!labels.empty()) return read_labels(labels);
  const std::filesystem::path config = archive.parent_path() / "config.json";
  std::error_code failed;
  if (!std::filesystem::exists(config, failed)) return {};
  try {
    return read_labels(config);
  } catch (const Error&) {
    return {};  // a config without labels is nothing that the user asked for
  }
}

std::string format_probability(double probability) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", probability);
  return text;
}

std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::size_t CharacterCount::before(std::size_t byte) {
  if (byte < byte_) byte_ = characters_ = 0;
  characters_ += width_of(text_.substr(byte_, byte - byte_));
  byte_ = byte;
  return characters_;
}

void add_range(Json& json, CharacterCount& characters, const ByteRange& range) {
  json["begin"] = range.begin;
  json["end"] = range.end;
  json["begin_char"] = characters.before(range.begin);
  json["end_char"] = characters.before(range.end);
}

}  // namespace henson::tools
