#include "tools/manual.h"

#include <cctype>
#include <sstream>
#include <string>
#include <string_view>

namespace henson::tools {
namespace {

/// Text as roff prints it: its own characters, and hyphens that can be searched for and copied.
std::string escaped(std::string_view text) {
  std::string result;
  if (text.starts_with('.') || text.starts_with('\'')) result += "\\&";
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string_view without_stop(std::string_view sentence) {
  if (sentence.ends_with('.')) sentence.remove_suffix(1);
  return sentence;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + escaped(name);
  return text;
}

void write_option(std::ostream& out, const OptionText& option) {
  out << ".TP\n";
  if (option.names.empty()) {
    out << "\\fI" << escaped(option.value) << "\\fR" << (option.repeats ? " ..." : "");
  } else {
    out << "\\fB" << joined(option.names) << "\\fR";
    if (!option.value.empty()) out << " \\fI" << escaped(option.value) << "\\fR";
  }
  out << '\n' << escaped(option.help) << '\n';
}

/// Lines as they stand.
void write_lines(std::ostream& out, const std::string& text) {
  out << ".PP\n.nf\n";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out << escaped(line) << '\n';
  out << ".fi\n";
}

void write_synopsis(std::ostream& out, const std::string& program, const CommandText& command) {
  out << "\\fB" << escaped(program) << ' ' << escaped(command.name) << "\\fR";
  for (const OptionText& option : command.options) {
    if (!option.names.empty()) continue;
    const std::string value = escaped(option.value) + (option.repeats ? " ..." : "");
    out << (option.required ? " \\fI" : " [\\fI") << value << (option.required ? "\\fR" : "\\fR]");
  }
  out << " [\\fIoptions\\fR]\n";
}

void write_command(std::ostream& out, const std::string& program, const CommandText& command) {
  out << ".SS " << escaped(command.name) << '\n' << escaped(command.description) << ".\n.PP\n";
  write_synopsis(out, program, command);
  for (const OptionText& option : command.options) write_option(out, option);
  if (!command.footer.empty()) write_lines(out, command.footer);
}

}  // namespace

void write_manual(std::ostream& out, const ProgramText& program) {
  const std::string name = escaped(program.name);
  out << ".\\\" Made from the help of the program.\n.TH " << upper(name) << " 1 \"\" \""
      << escaped(program.version) << "\" \"User Commands\"\n.SH NAME\n"
      << name << " \\- " << escaped(without_stop(program.description)) << "\n.SH SYNOPSIS\n\\fB"
      << name << "\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n.SH OPTIONS\n";
  for (const OptionText& option : program.options) write_option(out, option);
  out << ".SH COMMANDS\n";
  for (const CommandText& command : program.commands) write_command(out, program.name, command);
  out << ".SH NOTES\n";
  write_lines(out, program.footer);
}

}  // namespace henson::tools
