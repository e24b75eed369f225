#include "runtime/inspection/diff_code.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace henson::runtime {
namespace {

using Texts = std::vector<std::string>;

std::map<std::string, Texts> by_name(const DiffSide& side) {
  std::map<std::string, Texts> files;
  for (const auto& [name, text] : side.code) files[name].push_back(text);
  for (auto& [name, texts] : files) std::sort(texts.begin(), texts.end());
  return files;
}

std::vector<std::string_view> sorted_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// Lines are counted wherever they stand.
CodeFileDifference compare_lines(const std::string& name, std::string_view a, std::string_view b) {
  const auto lines_a = sorted_lines(a);
  const auto lines_b = sorted_lines(b);
  std::vector<std::string_view> only;
  std::set_difference(lines_a.begin(), lines_a.end(), lines_b.begin(), lines_b.end(),
                      std::back_inserter(only));
  CodeFileDifference difference{name, only.size(), 0};
  only.clear();
  std::set_difference(lines_b.begin(), lines_b.end(), lines_a.begin(), lines_a.end(),
                      std::back_inserter(only));
  difference.lines_added = only.size();
  return difference;
}

void compare_texts(const std::string& name, const Texts& a, const Texts& b, CodeDifference& code) {
  Texts only_a;
  Texts only_b;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_a));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_b));
  code.same += a.size() - only_a.size();
  const std::size_t both = std::min(only_a.size(), only_b.size());
  for (std::size_t i = 0; i < both; ++i) {
    code.changed.push_back(compare_lines(name, only_a[i], only_b[i]));
  }
  code.removed.insert(code.removed.end(), only_a.size() - both, name);
  code.added.insert(code.added.end(), only_b.size() - both, name);
}

}  // namespace

CodeDifference diff_code(const DiffSide& a, const DiffSide& b) {
  const auto files_a = by_name(a);
  const auto files_b = by_name(b);
  CodeDifference code;
  const Texts none;
  for (const auto& [name, texts] : files_a) {
    const auto other = files_b.find(name);
    compare_texts(name, texts, other == files_b.end() ? none : other->second, code);
  }
  for (const auto& [name, texts] : files_b) {
    if (!files_a.contains(name)) compare_texts(name, none, texts, code);
  }
  std::stable_sort(code.changed.begin(), code.changed.end(),
                   [](const CodeFileDifference& x, const CodeFileDifference& y) {
                     return x.lines_removed + x.lines_added > y.lines_removed + y.lines_added;
                   });
  return code;
}

}  // namespace henson::runtime
