#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operators/operator.h"
#include "tests/fuzz/mutation.h"

namespace henson::fuzz {
namespace {

enum class Kind { kNumber, kName, kOther };

struct Word {
  Kind kind = Kind::kOther;
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    const bool number = std::isdigit(static_cast<unsigned char>(text[at])) != 0;
    std::size_t end = at;
    while (end < text.size() && (is_word(text[end]) || (number && text[end] == '.'))) ++end;
    words.push_back({number ? Kind::kNumber : Kind::kName, at, end});
    at = end;
  }
  return words;
}

/// Where each line begins, and the end.
std::vector<std::size_t> lines_of(std::string_view text) {
  std::vector<std::size_t> begins{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') begins.push_back(i + 1);
  }
  if (begins.back() != text.size()) begins.push_back(text.size());
  return begins;
}

const std::vector<const runtime::Operator*>& operators() {
  static const auto all = runtime::OperatorTable::get().all();
  return all;
}

/// "torch.relu"; "ops.henson.linear".
std::string call_of(const runtime::Operator& op) {
  const std::string& name = op.schema.name;
  const std::size_t colons = name.find("::");
  const std::string space = name.substr(0, colons);
  return (space == "aten" ? "torch." : "ops." + space + ".") + name.substr(colons + 2);
}

std::string number_of(Chance& chance, std::string_view old) {
  constexpr std::string_view kFloats[] = {"0.",    "1.",   "-1.",   "0.5",
                                          "1e-12", "1e30", "1e400", "-0."};
  if (old.find('.') != std::string_view::npos) return std::string(chance.one_of(kFloats));
  if (chance.once_in(12)) return "None";
  if (old.size() < 18 && chance.once_in(3)) {
    const long long near = std::atoll(std::string(old).c_str());
    return std::to_string(chance.once_in(2) ? near + 1 : chance.once_in(2) ? near - 1 : near * 2);
  }
  return std::to_string(integer_of(chance));
}

/// A value of this type, as code: a variable, or a number that is often an edge.
std::string argument_of(const runtime::Type& type, const std::vector<std::string>& names,
                        Chance& chance) {
  using runtime::TypeKind;
  const auto small = [&] {
    return std::to_string(chance.once_in(3) ? integer_of(chance)
                                            : static_cast<std::int64_t>(chance.below(5)) - 1);
  };
  switch (type.kind) {
    case TypeKind::kTensor:
      return names.empty() ? "self.weight" : chance.one_of(names);
    case TypeKind::kInt:
    case TypeKind::kNumber:
      return small();
    case TypeKind::kFloat:
      return number_of(chance, "1.");
    case TypeKind::kBool:
      return chance.once_in(2) ? "True" : "False";
    case TypeKind::kString:
      return chance.once_in(2) ? "\"mean\"" : "\"ij,jk->ik\"";
    case TypeKind::kDevice:
      return "torch.device(\"cpu\")";
    case TypeKind::kOptional:
      return chance.once_in(2) ? "None" : argument_of(type.elements[0], names, chance);
    case TypeKind::kList: {
      std::string list = "[";
      for (std::size_t count = chance.below(4); count > 0; --count) {
        list += argument_of(type.elements[0], names, chance) + (count > 1 ? ", " : "");
      }
      return list + "]";
    }
    default:
      return "None";
  }
}

/// Names that are assigned to before the end of `text`.
std::vector<std::string> variables_of(std::string_view text) {
  std::vector<std::string> names;
  const std::vector<std::size_t> lines = lines_of(text);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    std::string_view line = text.substr(lines[i], lines[i + 1] - lines[i]);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::size_t end =
        line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (end == 0 || end == std::string_view::npos) continue;
    if (line.substr(end).starts_with(" = ") || line.substr(end).starts_with(": Tensor")) {
      names.emplace_back(line.substr(0, end));
    }
  }
  return names;
}

/// A statement that puts the result of some operator in place of a variable.
void insert_call(std::string& text, Chance& chance) {
  const std::vector<std::size_t> lines = lines_of(text);
  const std::size_t at = lines[chance.below(lines.size())];
  const std::vector<std::string> names = variables_of(std::string_view(text).substr(0, at));
  if (names.empty()) return;
  const std::size_t indent = text.find_first_not_of(' ', at);
  if (indent == std::string::npos) return;
  const runtime::Operator& op = *chance.one_of(operators());
  std::string line =
      text.substr(at, indent - at) + chance.one_of(names) + " = " + call_of(op) + "(";
  for (std::size_t i = 0; i < op.schema.arguments.size(); ++i) {
    const runtime::Argument& argument = op.schema.arguments[i];
    if (argument.default_value && chance.once_in(2)) break;
    line += (i == 0 ? "" : ", ") + (argument.keyword_only ? argument.name + "=" : std::string()) +
            argument_of(argument.type, names, chance);
  }
  text.insert(at, line + ")\n");
}

void change_line(std::string& text, Chance& chance) {
  const std::vector<std::size_t> lines = lines_of(text);
  if (lines.size() < 2) return;
  const std::size_t i = chance.below(lines.size() - 1);
  const std::string line = text.substr(lines[i], lines[i + 1] - lines[i]);
  switch (chance.below(3)) {
    case 0:
      text.erase(lines[i], line.size());
      break;
    case 1:
      text.insert(lines[i], line);
      break;
    default: {
      const std::size_t j = chance.below(lines.size() - 1);
      text.insert(lines[j], line);
    }
  }
}

void change_word(std::string& text, Chance& chance) {
  const std::vector<Word> words = words_of(text);
  if (words.empty()) return;
  const Kind wanted = chance.once_in(2) ? Kind::kNumber : Kind::kName;
  for (int tries = 0; tries < 64; ++tries) {
    const Word word = chance.one_of(words);
    if (word.kind != wanted) continue;
    const std::string old = text.substr(word.begin, word.end - word.begin);
    std::string changed = old;
    if (wanted == Kind::kNumber) {
      changed = number_of(chance, old);
    } else if (word.begin > 0 && text[word.begin - 1] == '.' && chance.once_in(2)) {
      const std::string& name = chance.one_of(operators())->schema.name;
      changed = name.substr(name.find("::") + 2);
    } else {
      const Word from = chance.one_of(words);
      changed = text.substr(from.begin, from.end - from.begin);
    }
    text.replace(word.begin, old.size(), changed);
    return;
  }
}

}  // namespace

void change_code(std::string& text, Chance& chance) {
  if (chance.once_in(4)) return insert_call(text, chance);
  if (chance.once_in(4)) return change_line(text, chance);
  change_word(text, chance);
}

}  // namespace henson::fuzz
