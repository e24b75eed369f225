// The small JSON files that lie beside a model, read as untrusted input: bounded, and every mistake
// named with its file and member.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace henson::tasks {

/// One file's object. What reads a member throws kBadArchive when it is of another type, and gives
/// nothing when it is absent or null.
class JsonFile {
 public:
  using Json = nlohmann::json;

  /// Nothing when there is no such file. Throws kBadArchive when it is no JSON of an object (or,
  /// with `list`, of a list), or larger than such files are.
  static std::optional<JsonFile> open(const std::filesystem::path& path, bool list = false);

  const Json& json() const noexcept { return json_; }
  const std::string& file() const noexcept { return file_; }

  const Json* find(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  /// Whole and above 0.
  std::optional<std::size_t> count(std::string_view key) const;

  /// Throws kUnsupported for a member that is none of these, is not null and does not start with
  /// `but_for`: what it means would not be done.
  void refuse_others(std::span<const std::string_view> known, std::string_view but_for = "") const;

  /// "FILE: KEY WHAT" as an error: of the file's making, or of what Henson lacks.
  [[noreturn]] void damaged(std::string_view key, std::string_view what) const;
  [[noreturn]] void unsupported(std::string_view key, std::string_view what) const;

 private:
  JsonFile(Json json, std::string file) : json_(std::move(json)), file_(std::move(file)) {}
  std::string place(std::string_view key) const;

  Json json_;
  std::string file_;
};

}  // namespace henson::tasks
