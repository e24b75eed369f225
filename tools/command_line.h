// What a program's commands are declared with: their options and arguments, the help, and what they
// do. CLI11 stands behind it, and command_line.cc alone includes that: it takes long to compile.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace henson::tools {

/// What a command does; returns the exit code.
using Action = std::function<int()>;

/// A command line that cannot be understood, or options that do not go together.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An option or argument, to say more of it.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option& required();
  /// Refuses numbers outside; those of whole bounds must be whole.
  Option& between(int least, int most);
  Option& between(double least, double most);
  Option& not_negative();
  /// What the help shows in the value's place.
  Option& shown_as(const std::string& value);

  /// Once the command line is parsed: whether it was there.
  bool given() const;

 private:
  CLI::Option* option_;
};

/// A command. Values are written when the command line is parsed, so they must live until then.
class Command {
 public:
  Command(CLI::App& app, Action& chosen, std::set<const CLI::Option*>& paths)
      : app_(&app), chosen_(&chosen), paths_(&paths) {}

  /// "--name" is an option, "name" an argument by position; `shown` stands for the value in the
  /// help. An option into a vector takes one value each time it is given, an argument takes all.
  /// T is std::string, std::filesystem::path, a std::vector of these, int, std::size_t, double or
  /// std::optional<double>.
  template <typename T>
  Option option(const std::string& name, T& value, const std::string& shown,
                const std::string& help);
  /// A number of bytes: "4G", "512M", "1000000". K is 1,024.
  Option bytes(const std::string& name, std::size_t& value, const std::string& help);
  /// One of some words, each with what it means.
  template <typename T>
  Option choice(const std::string& name, T& value,
                const std::vector<std::pair<std::string, T>>& meanings, const std::string& help) {
    std::vector<std::string> words;
    for (const auto& [word, meaning] : meanings) words.push_back(word);
    return choice_of(
        name, words, [&value, meanings](std::size_t i) { value = meanings[i].second; }, help);
  }
  /// One of some words, as it stands.
  Option choice(const std::string& name, std::string& value, const std::vector<std::string>& words,
                const std::string& help);
  /// True when it is given.
  void flag(const std::string& name, bool& value, const std::string& help);
  /// The last part of the command's help.
  void footer(std::string_view text);
  void action(Action action);

 private:
  Option choice_of(const std::string& name, const std::vector<std::string>& words,
                   std::function<void(std::size_t)> choose, const std::string& help);

  CLI::App* app_;
  Action* chosen_;
  std::set<const CLI::Option*>* paths_;  // those that take files
};

/// What the help says of an option or argument.
struct OptionText {
  std::vector<std::string> names;  // "-h", "--help"; of an argument none
  std::string value;               // what stands for it, or the argument's name; empty of flags
  std::vector<std::string> words;  // all that it may be, where it is one of some
  bool is_path = false;
  bool repeats = false;
  bool required = false;
  std::string help;
};

struct CommandText {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionText> options;
};

/// The program itself, and its commands.
struct ProgramText : CommandText {
  std::string version;  // "henson 0.1.0"
  std::vector<CommandText> commands;
};

/// The command line of a program that has commands. --help and `help` tell of them.
class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& description, const std::string& version,
              const std::string& footer);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command add(const std::string& name, const std::string& description);
  /// One that the help does not list.
  Command add_hidden(const std::string& name, const std::string& description);
  /// All that the help tells, for other forms of it.
  ProgramText text() const;
  /// The command `help`; it comes after those that it tells of.
  void add_help();
  /// Does what the arguments ask for; returns the exit code. Throws UsageError, and what the
  /// command's action throws.
  int run(int argc, const char* const* argv);
  /// After a UsageError: what to type for help.
  std::string help_command() const;

 private:
  int print_help(const std::string& topic) const;
  [[noreturn]] void unknown_command(const std::string& word) const;

  std::unique_ptr<CLI::App> app_;
  Action chosen_;
  std::set<const CLI::Option*> paths_;
};

}  // namespace henson::tools
