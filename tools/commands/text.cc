#include "tools/commands/text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>

#include "tools/interrupt.h"
#include "tools/lines.h"

namespace henson::tools {
namespace {

InputRole role_named(const std::string& word) {
  for (const InputRole role : {InputRole::kIds, InputRole::kMask, InputRole::kPositions}) {
    if (word == name_of(role)) return role;
  }
  if (word == "types" || word == name_of(InputRole::kTokenTypes)) return InputRole::kTokenTypes;
  throw UsageError("--role: `" + word + "` is none of ids, mask, types and positions");
}

/// "1=mask"
std::pair<std::string, InputRole> parse_role(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == 0 || equals == std::string::npos) {
    throw UsageError("--role: write it as INPUT=ROLE, such as 1=mask");
  }
  return {text.substr(0, equals), role_named(text.substr(equals + 1))};
}

std::size_t parse_count(const std::string& option, const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  throw UsageError(option + ": `" + text + "` is no whole number");
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
  command
      .option("archive", options.archive, "A.pt|FOLDER",
              "The TorchScript archive, or the folder that it lies in")
      .required();
  command.option(
      "--vocab", options.model.vocabulary, "VOCAB",
      "vocab.txt, vocab.json, tokenizer.json or a folder; beside the archive by default");
  command.flag("--cased", options.cased, "Upper case matters, whatever the files say");
  command
      .option("--max-length", options.model.max_length, "N",
              "Tokens of a text, special ones too; as the files say, or as many as the model takes")
      .between(3, 1 << 24);
  command.option("--head", options.model.output, "OUTPUT",
                 "The output to use, by number or key; the one that fits by default");
  command.option("--role", options.roles, "INPUT=ROLE",
                 "What an input is for, where that cannot be found: 1=mask; ids, mask, types or "
                 "positions");
  command.option(
      "--modules-done", options.modules_done, "N",
      "How many of the modules in modules.json, behind the transformer, the archive does "
      "itself; found by default");
  command.flag("--alone", options.model.alone,
               "Read nothing that lies beside the archive but the vocabulary");
  command.flag("--explain", options.explain, "Say what settings come from where, and do no more");
  add_open_options(command, options.model.open);
  add_session_options(command, options.model.session);
}

void add_output_option(Command& command, TextOptions& options) {
  command.option("--output", options.model.output, "OUTPUT", "The same as --head");
}

TextModel open_text_model(const TextOptions& options) {
  TextModelOptions given = options.model;
  if (options.cased) {
    given.tokenizer.lower_case = false;
    given.tokenizer.strip_accents = false;
  }
  for (const std::string& role : options.roles) given.roles.push_back(parse_role(role));
  if (!options.modules_done.empty()) {
    given.modules_done = parse_count("--modules-done", options.modules_done);
  }
  std::error_code failed;
  if (given.vocabulary.empty() && !std::filesystem::is_directory(options.archive, failed) &&
      !find_vocabulary(options.archive)) {
    throw UsageError(
        "give the vocabulary: --vocab vocab.txt (or vocab.json, tokenizer.json); there is none "
        "beside the archive");
  }
  TextModel model = TextModel::open(options.archive, std::move(given));
  for (const std::string& note : model.model().notes()) {
    print_error("note: " + options.archive.string() + ": " + note);
  }
  return model;
}

void print_settings(const std::vector<Setting>& settings, bool json) {
  if (json) {
    Json list = Json::array();
    for (const Setting& setting : settings) {
      list.push_back({{"name", setting.name},
                      {"value", setting.value},
                      {"origin", setting.origin},
                      {"instead_of", setting.instead}});
    }
    print_json(std::cout, list);
    return;
  }
  using enum Table::Align;
  Table table({kLeft, kLeft, kLeft});
  for (const Setting& setting : settings) {
    table.add({printable(setting.name), printable(setting.value),
               printable(setting.origin +
                         (setting.instead.empty() ? "" : ", instead of " + setting.instead))});
  }
  table.print(std::cout);
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

std::vector<std::string> find_labels(const std::filesystem::path& labels) {
  return labels.empty() ? std::vector<std::string>() : read_labels(labels);
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
