#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "henson/tasks.h"

namespace henson {
namespace {

constexpr std::uintmax_t kMaxBytes = 16 << 20;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::kBadInput, path.string() + ": " + why);
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (!file || failed) {
    throw Error(ErrorCode::kNotFound, path.string() + ": the labels cannot be read");
  }
  if (size > kMaxBytes) refuse(path, "more than 16 MB are no labels");
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::size_t number_of(const std::string& key, std::size_t count,
                      const std::filesystem::path& path) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (error != std::errc() || end != key.data() + key.size() || number >= count) {
    refuse(path, "id2label: `" + key + "` is none of the numbers below " + std::to_string(count));
  }
  return number;
}

std::vector<std::string> from_config(const std::string& text, const std::filesystem::path& path) {
  const auto config = nlohmann::json::parse(text, nullptr, false);
  if (!config.is_object()) refuse(path, "is no JSON object");
  const auto names = config.find("id2label");
  if (names == config.end() || !names->is_object()) refuse(path, "has no id2label");
  std::vector<std::string> labels(names->size());
  std::vector<bool> given(labels.size());
  for (const auto& [key, name] : names->items()) {
    const std::size_t number = number_of(key, labels.size(), path);
    if (!name.is_string()) refuse(path, "id2label: the name of " + key + " is no string");
    if (given[number]) refuse(path, "id2label: " + std::to_string(number) + " stands there twice");
    labels[number] = name.get<std::string>();
    given[number] = true;
  }
  return labels;
}

std::vector<std::string> from_lines(const std::string& text) {
  std::vector<std::string> labels;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(line);
  }
  return labels;
}

}  // namespace

std::vector<std::string> read_labels(const std::filesystem::path& path) {
  const std::string text = read_all(path);
  std::vector<std::string> labels =
      path.extension() == ".json" ? from_config(text, path) : from_lines(text);
  if (labels.empty()) refuse(path, "has no labels");
  return labels;
}

}  // namespace henson
