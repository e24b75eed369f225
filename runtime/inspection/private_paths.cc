#include "runtime/inspection/private_paths.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace henson::runtime {
namespace {

constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kLongestUser = 64;

bool ends_path(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 32 || byte == 127 || c == '"' || c == '\'' || c == '<' || c == '>' || c == '|' ||
         c == '(' || c == ')' || c == '*' || c == '?' || c == ',' || c == ';';
}

bool is_separator(char c) { return c == '/' || c == '\\'; }

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

/// Where the path that starts at `start` ends. A blank ends it unless the path goes on behind it.
std::size_t end_of_path(std::string_view text, std::size_t start) {
  std::size_t end = start;
  while (end < text.size() && end - start < kLongestPath && !ends_path(text[end]) &&
         text[end] != ' ') {
    ++end;
  }
  return end;
}

/// Where a path may start: "/…" or "C:\…" that is no part of a longer word.
bool starts_path(std::string_view text, std::size_t at) {
  const bool inside =
      at > 0 && (is_word(text[at - 1]) || is_separator(text[at - 1]) || text[at - 1] == ':');
  if (inside) return false;
  if (text[at] == '/') return at + 1 < text.size() && is_word(text[at + 1]);
  return std::isalpha(static_cast<unsigned char>(text[at])) != 0 && at + 3 < text.size() &&
         text[at + 1] == ':' && is_separator(text[at + 2]) && is_word(text[at + 3]);
}

/// Up to the user's name: "C:\Users\jim" of "C:\Users\jim\model.py". Empty for a path that is in
/// nobody's home.
std::string home_of(std::string_view path) {
  if (path == "/root" || path.starts_with("/root/")) return "/root";
  static constexpr std::array<std::string_view, 4> kHomes = {"/home/", "/Users/", "\\Users\\",
                                                             "\\Documents and Settings\\"};
  for (const std::string_view folder : kHomes) {
    const std::size_t at = path.find(folder);
    if (at == path.npos) continue;
    const std::size_t name = at + folder.size();
    std::size_t end = name;
    while (end < path.size() && !is_separator(path[end])) ++end;
    const std::string_view user = path.substr(name, end - name);
    if (end == path.size() || user.empty() || user.size() > kLongestUser) continue;
    if (user == "Shared" || user == "Public") continue;
    return std::string(path.substr(0, end));
  }
  return {};
}

/// Whether a file is a part of Python or of a package, wherever it is installed.
bool is_installed(std::string_view path) {
  for (const std::string_view part :
       {"site-packages", "dist-packages", "/lib/python", "/lib64/python", "\\Lib\\", "/torch/",
        "/transformers/", "/pytorch/", "/ipykernel"}) {
    if (path.find(part) != path.npos) return true;
  }
  return false;
}

void take(std::string_view path, PrivatePaths& found) {
  if (std::string home = home_of(path); !home.empty()) ++found.homes[std::move(home)];
  const bool python = path.ends_with(".py") || path.ends_with(".ipynb");
  const std::size_t slash = path.find_last_of("/\\");
  if (!python || is_installed(path) || slash == 0 || slash == path.npos) return;
  ++found.folders[std::string(path.substr(0, slash))];
}

}  // namespace

void find_private_paths(std::string_view text, PrivatePaths& found) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!starts_path(text, at)) continue;
    const std::size_t end = end_of_path(text, at);
    take(text.substr(at, end - at), found);
    at = end;
  }
}

std::string user_of(std::string_view home) {
  const std::size_t separator = home.find_last_of("/\\");
  const std::string_view name = home.substr(separator + 1);
  return home == "/root" ? std::string() : std::string(name);
}

}  // namespace henson::runtime
