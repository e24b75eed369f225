#include "tools/completions.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace henson::tools {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// With `with` in place of each `character`.
std::string replaced(std::string_view text, char character, std::string_view with) {
  std::string result;
  for (const char c : text) {
    if (c == character) {
      result += with;
    } else {
      result += c;
    }
  }
  return result;
}

std::string in_quotes(std::string_view text) { return "'" + replaced(text, '\'', "'\\''") + "'"; }

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  for (const CommandText& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> names_of(const std::vector<OptionText>& options) {
  std::vector<std::string> names;
  for (const OptionText& option : options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

bool takes_files(const CommandText& command) {
  return std::any_of(command.options.begin(), command.options.end(), [](const OptionText& option) {
    return option.names.empty() && option.is_path;
  });
}

bool tells_of_commands(const CommandText& command) { return command.name == "help"; }

// --- bash ----------------------------------------------------------------------------------------

void write_bash_values(std::ostream& out, const CommandText& command) {
  for (const OptionText& option : command.options) {
    if (option.names.empty() || option.value.empty()) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) {
      patterns.push_back(in_quotes(command.name + ' ' + name));
    }
    out << "    " << joined(patterns, "|") << ") ";
    if (!option.words.empty()) {
      out << "COMPREPLY=($(compgen -W " << in_quotes(joined(option.words, " "))
          << " -- \"$cur\")) ; ";
    } else if (option.is_path) {
      out << "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ; ";
    }
    out << "return ;;\n";
  }
}

}  // namespace

void write_bash_completions(std::ostream& out, const ProgramText& program) {
  const std::string function = "_" + program.name;
  const std::string commands = joined(names_of(program.commands), " ");
  out << "# bash completion of " << program.name << ", made from its help.\n"
      << function << "() {\n  local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
      << "  COMPREPLY=()\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W "
      << in_quotes(commands + ' ' + joined(names_of(program.options), " "))
      << " -- \"$cur\"))\n    return\n  fi\n"
      << "  case \"$command ${COMP_WORDS[COMP_CWORD-1]}\" in\n";
  for (const CommandText& command : program.commands) write_bash_values(out, command);
  out << "  esac\n  case \"$command\" in\n";
  for (const CommandText& command : program.commands) {
    out << "    " << command.name << ")\n      if [[ $cur == -* ]]; then\n"
        << "        COMPREPLY=($(compgen -W " << in_quotes(joined(names_of(command.options), " "))
        << " -- \"$cur\"))\n";
    if (tells_of_commands(command)) {
      out << "      else\n        COMPREPLY=($(compgen -W " << in_quotes(commands)
          << " -- \"$cur\"))\n";
    } else if (takes_files(command)) {
      out << "      else\n        compopt -o filenames\n"
          << "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n";
    }
    out << "      fi ;;\n";
  }
  out << "  esac\n}\ncomplete -F " << function << ' ' << program.name << '\n';
}

// --- zsh -----------------------------------------------------------------------------------------

namespace {

/// Text within a spec of _arguments, where colons and brackets mean something.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_value(const OptionText& option) {
  if (!option.words.empty()) return "(" + joined(option.words, " ") + ")";
  return option.is_path ? "_files" : " ";
}

std::string zsh_spec(const OptionText& option, const std::string& commands) {
  if (option.names.empty()) {
    const std::string value = commands.empty() ? zsh_value(option) : "(" + commands + ")";
    return in_quotes((option.repeats    ? "*:"
                      : option.required ? ":"
                                        : "::") +
                     zsh_text(option.value) + ':' + value);
  }
  const std::string help = "[" + zsh_text(option.help) + "]";
  const std::string value =
      option.value.empty() ? "" : ":" + zsh_text(option.value) + ':' + zsh_value(option);
  std::vector<std::string> specs;
  for (const std::string& name : option.names) {
    specs.push_back(in_quotes((option.repeats ? "*" : "") + name + help + value));
  }
  return joined(specs, " ");
}

}  // namespace

void write_zsh_completions(std::ostream& out, const ProgramText& program) {
  const std::string commands = joined(names_of(program.commands), " ");
  out << "#compdef " << program.name << "\n# zsh completion of " << program.name
      << ", made from its help.\n_" << program.name << "() {\n  if (( CURRENT == 2 )); then\n"
      << "    local -a commands=(\n";
  for (const CommandText& command : program.commands) {
    out << "      " << in_quotes(zsh_text(command.name) + ':' + zsh_text(command.description))
        << '\n';
  }
  out << "    )\n    if [[ $PREFIX == -* ]]; then\n      _arguments";
  for (const OptionText& option : program.options) out << ' ' << zsh_spec(option, "");
  out << "\n    else\n      _describe command commands\n    fi\n    return\n  fi\n"
      << "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n";
  for (const CommandText& command : program.commands) {
    out << "    " << command.name << ")\n      _arguments";
    for (const OptionText& option : command.options) {
      out << " \\\n        " << zsh_spec(option, tells_of_commands(command) ? commands : "");
    }
    out << " ;;\n";
  }
  out << "  esac\n}\n_" << program.name << " \"$@\"\n";
}

// --- fish ----------------------------------------------------------------------------------------

namespace {

std::string fish_quoted(std::string_view text) {
  return "'" + replaced(replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
}

void write_fish_option(std::ostream& out, const std::string& program, const std::string& when,
                       const OptionText& option) {
  if (option.names.empty()) {
    if (!option.is_path) return;
    out << "complete -c " << program << " -n " << when << " -F\n";
    return;
  }
  out << "complete -c " << program << " -n " << when;
  for (const std::string& name : option.names) {
    out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
  }
  if (!option.value.empty()) out << (option.is_path ? " -r -F" : " -x");
  if (!option.words.empty()) out << " -a " << fish_quoted(joined(option.words, " "));
  out << " -d " << fish_quoted(option.help) << '\n';
}

}  // namespace

void write_fish_completions(std::ostream& out, const ProgramText& program) {
  out << "# fish completion of " << program.name << ", made from its help.\ncomplete -c "
      << program.name << " -f\n";
  for (const OptionText& option : program.options) {
    write_fish_option(out, program.name, "__fish_use_subcommand", option);
  }
  for (const CommandText& command : program.commands) {
    out << "complete -c " << program.name << " -n __fish_use_subcommand -a " << command.name
        << " -d " << fish_quoted(command.description) << '\n';
    const std::string when = fish_quoted("__fish_seen_subcommand_from " + command.name);
    for (const OptionText& option : command.options) {
      write_fish_option(out, program.name, when, option);
    }
    if (tells_of_commands(command)) {
      out << "complete -c " << program.name << " -n " << when << " -a "
          << fish_quoted(joined(names_of(program.commands), " ")) << '\n';
    }
  }
}

}  // namespace henson::tools
