// JSON files read as untrusted input: bounded, and every mistake named with its place in the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace henson::tokenizer {

/// A value of a JSON file and its name: "tokenizer.json: model.vocab". The file outlives it. What
/// reads a value throws kBadArchive when it is of another type.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& json, std::string file, std::string name = "")
      : json_(&json), file_(std::move(file)), name_(std::move(name)) {}

  const nlohmann::json& json() const noexcept { return *json_; }

  /// A member of this object; nothing when it is absent or null.
  std::optional<JsonValue> find(std::string_view key) const;
  /// The same; throws when it is absent or null.
  JsonValue at(std::string_view key) const;
  /// An element of this array.
  JsonValue at(std::size_t index) const;
  /// Elements of this array.
  std::size_t size() const;

  /// Throws kUnsupported when this object has members of other names: what is not known must not be
  /// passed over.
  void only(std::initializer_list<std::string_view> known) const;

  std::string text() const;
  /// A string of one code point.
  char32_t character() const;
  bool boolean() const;
  double number() const;
  std::int64_t integer() const;
  /// Calls visit(key, JsonValue) for each member of this object.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [key, value] : object().items()) visit(key, JsonValue(value, file_, key));
  }

  /// Members of this object; nothing when absent or null.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;

  /// "FILE: NAME", for messages.
  std::string place() const;
  /// "FILE: NAME WHAT", as an error.
  [[noreturn]] void damaged(std::string_view what) const;
  [[noreturn]] void unsupported(std::string_view what) const;

 private:
  const nlohmann::json& object() const;
  [[noreturn]] void wrong_type(std::string_view wanted) const;

  const nlohmann::json* json_;
  std::string file_;
  std::string name_;
};

/// A JSON file. Throws kNotFound, kBadArchive when it is no JSON, kUnsupported when it is too
/// large: kMaxJsonSize bytes, kMaxJsonValues values, kMaxJsonDepth levels.
nlohmann::json read_json(const std::filesystem::path& path);

inline constexpr std::size_t kMaxJsonSize = std::size_t{128} << 20;
inline constexpr std::size_t kMaxJsonValues = std::size_t{4} << 20;
inline constexpr int kMaxJsonDepth = 32;

}  // namespace henson::tokenizer
