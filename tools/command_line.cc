#include "tools/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <iostream>
#include <limits>
#include <numeric>
#include <sstream>
#include <type_traits>

namespace henson::tools {
namespace {

constexpr std::size_t kHelpColumn = 34;
constexpr int kUsage = 2;

/// How many letters must be put in, left out or changed to make one word of another.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// The number of "1048576", "1024K", "1M", "4g", "4GB".
std::optional<std::size_t> parse_bytes(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string unit(end, text.data() + text.size());
  for (char& letter : unit) letter = static_cast<char>(std::toupper(letter));
  if (unit.size() > 1 && unit.back() == 'B') unit.pop_back();
  const std::size_t power = unit.empty() || unit == "B" ? 0 : std::string("BKMGT").find(unit);
  if (unit.size() > 1 || power == std::string::npos) return std::nullopt;
  const std::size_t factor = std::size_t{1} << (10 * power);
  if (number > std::numeric_limits<std::size_t>::max() / factor) return std::nullopt;
  return number * factor;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// "a", "b" of "a|b".
std::vector<std::string> alternatives(const std::string& shown) {
  std::vector<std::string> words;
  std::istringstream stream(shown);
  for (std::string word; std::getline(stream, word, '|');) words.push_back(word);
  return words.size() > 1 ? words : std::vector<std::string>();
}

OptionText text_of(const CLI::Option& option, bool is_path) {
  OptionText text;
  for (const std::string& name : option.get_snames()) text.names.push_back('-' + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  const bool is_flag = !option.get_positional() && option.get_items_expected_max() == 0;
  if (!is_flag) text.value = option.get_type_name();
  if (option.get_positional() && text.value.empty()) text.value = option.get_name();
  text.words = alternatives(text.value);
  text.is_path = is_path;
  text.repeats = option.get_items_expected_max() > 1;
  text.required = option.get_required();
  text.help = option.get_description();
  return text;
}

CommandText text_of(const CLI::App& app, const std::set<const CLI::Option*>& paths) {
  CommandText text{app.get_name(), app.get_description(), app.get_footer(), {}};
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_group().empty()) continue;
    text.options.push_back(text_of(*option, paths.contains(option)));
  }
  return text;
}

template <typename T>
CLI::Option* add_option(CLI::App& app, const std::string& name, T& value, const std::string& help) {
  return app.add_option(name, value, help);
}

template <typename T>
CLI::Option* add_option(CLI::App& app, const std::string& name, std::vector<T>& values,
                        const std::string& help) {
  CLI::Option* const option = app.add_option(name, values, help);
  if (!option->get_positional()) option->allow_extra_args(false);
  return option;
}

CLI::Option* add_option(CLI::App& app, const std::string& name, std::optional<double>& value,
                        const std::string& help) {
  return app.add_option_function<double>(
      name, [&value](const double& given) { value = given; }, help);
}

}  // namespace

Option& Option::required() {
  option_->required();
  return *this;
}

// What a check says of itself (description) is left out of the help.
Option& Option::between(int least, int most) {
  option_->check(CLI::Range(least, most).description(""));
  return *this;
}

Option& Option::between(double least, double most) {
  option_->check(CLI::Range(least, most).description(""));
  return *this;
}

Option& Option::not_negative() {
  option_->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  return *this;
}

Option& Option::shown_as(const std::string& value) {
  option_->type_name(value);
  return *this;
}

bool Option::given() const { return option_->count() > 0; }

template <typename T>
Option Command::option(const std::string& name, T& value, const std::string& shown,
                       const std::string& help) {
  CLI::Option* const option = add_option(*app_, name, value, help)->type_name(shown);
  if constexpr (std::is_same_v<T, std::filesystem::path> ||
                std::is_same_v<T, std::vector<std::filesystem::path>>) {
    paths_->insert(option);
  }
  return Option(*option);
}

template Option Command::option(const std::string&, std::string&, const std::string&,
                                const std::string&);
template Option Command::option(const std::string&, std::filesystem::path&, const std::string&,
                                const std::string&);
template Option Command::option(const std::string&, int&, const std::string&, const std::string&);
template Option Command::option(const std::string&, std::size_t&, const std::string&,
                                const std::string&);
template Option Command::option(const std::string&, double&, const std::string&,
                                const std::string&);
template Option Command::option(const std::string&, std::optional<double>&, const std::string&,
                                const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&,
                                const std::string&);
template Option Command::option(const std::string&, std::vector<std::filesystem::path>&,
                                const std::string&, const std::string&);

Option Command::choice(const std::string& name, std::string& value,
                       const std::vector<std::string>& words, const std::string& help) {
  return choice_of(
      name, words, [&value, words](std::size_t i) { value = words[i]; }, help);
}

Option Command::bytes(const std::string& name, std::size_t& value, const std::string& help) {
  const auto take = [&value, name](const std::string& text) {
    const std::optional<std::size_t> bytes = parse_bytes(text);
    if (!bytes) throw CLI::ValidationError(name, "`" + text + "` is no size; give one like 512M");
    value = *bytes;
  };
  CLI::Option* const option = app_->add_option_function<std::string>(name, take, help);
  return Option(*option->type_name("BYTES"));
}

Option Command::choice_of(const std::string& name, const std::vector<std::string>& words,
                          std::function<void(std::size_t)> choose, const std::string& help) {
  CLI::Option* const option = app_->add_option_function<std::string>(
      name,
      [words, choose = std::move(choose)](const std::string& word) {
        choose(
            static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin()));
      },
      help);
  option->check(CLI::IsMember(words).description(""));
  return Option(*option->type_name(CLI::detail::join(words, "|")));
}

void Command::flag(const std::string& name, bool& value, const std::string& help) {
  app_->add_flag(name, value, help);
}

void Command::footer(std::string_view text) { app_->footer(std::string(text)); }

void Command::action(Action action) {
  app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

CommandLine::CommandLine(const std::string& name, const std::string& description,
                         const std::string& version, const std::string& footer)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_version_flag("-V,--version", name + ' ' + version);
  app_->require_subcommand(0, 1);
  app_->footer(footer);
  app_->get_formatter()->column_width(kHelpColumn);
}

CommandLine::~CommandLine() = default;

Command CommandLine::add(const std::string& name, const std::string& description) {
  return {*app_->add_subcommand(name, description), chosen_, paths_};
}

Command CommandLine::add_hidden(const std::string& name, const std::string& description) {
  CLI::App* const command = app_->add_subcommand(name, description);
  command->group("");
  return {*command, chosen_, paths_};
}

ProgramText CommandLine::text() const {
  ProgramText program{text_of(*app_, paths_), app_->version(), {}};
  for (const CLI::App* const command : commands_of(*app_)) {
    if (!command->get_group().empty()) program.commands.push_back(text_of(*command, paths_));
  }
  return program;
}

void CommandLine::add_help() {
  Command command = add("help", "Say how to use " + app_->get_name() + ", or one command");
  const auto topic = std::make_shared<std::string>();
  command.option("command", *topic, "COMMAND", "The command to tell of");
  command.action([topic, this] { return print_help(*topic); });
}

void CommandLine::unknown_command(const std::string& word) const {
  std::string nearest;
  std::size_t distance = std::max<std::size_t>(word.size() / 2, 2);
  for (const CLI::App* const command : commands_of(*app_)) {
    if (command->get_group().empty()) continue;
    const std::string name = command->get_name();
    const std::size_t apart = edit_distance(word, name);
    if (apart > distance || (apart == distance && !nearest.empty())) continue;
    distance = apart;
    nearest = name;
  }
  throw UsageError("there is no command `" + word + "`" +
                   (nearest.empty() ? "" : "; did you mean `" + nearest + "`?"));
}

int CommandLine::print_help(const std::string& topic) const {
  const auto is_topic = [&](const CLI::App* app) { return app->get_name() == topic; };
  const auto found = std::as_const(*app_).get_subcommands(is_topic);
  if (found.empty() && !topic.empty()) unknown_command(topic);
  // CLI::App::help would tell of the command that was parsed: of `help` itself.
  const CLI::App* const told = found.empty() ? app_.get() : found.front();
  const std::string name = app_->get_name() + (found.empty() ? "" : ' ' + topic);
  std::cout << app_->get_formatter()->make_help(told, name, CLI::AppFormatMode::Normal);
  return 0;
}

int CommandLine::run(int argc, const char* const* argv) {
  if (argc <= 1) {
    std::cerr << app_->help();
    return kUsage;
  }
  const std::string first = argv[1];
  const auto is_first = [&](const CLI::App* app) { return app->get_name() == first; };
  const auto commands = commands_of(*app_);
  if (!first.starts_with('-') && std::none_of(commands.begin(), commands.end(), is_first)) {
    unknown_command(first);
  }
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_->exit(error);  // --help and --version
    throw UsageError(error.what());
  }
  if (!chosen_) throw UsageError("no command is given");
  return chosen_();
}

std::string CommandLine::help_command() const {
  std::string text = app_->get_name() + " help";
  for (const CLI::App* const command : app_->get_subcommands()) {
    if (command->get_name() != "help") text += ' ' + command->get_name();
  }
  return text;
}

}  // namespace henson::tools
