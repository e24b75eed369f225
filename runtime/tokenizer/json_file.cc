#include "runtime/tokenizer/json_file.h"

#include <algorithm>

#include "henson/error.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {

using Json = nlohmann::json;

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  const Json& members = object();
  const auto found = members.find(std::string(key));
  if (found == members.end() || found->is_null()) return std::nullopt;
  return JsonValue(*found, file_,
                   name_.empty() ? std::string(key) : name_ + "." + std::string(key));
}

JsonValue JsonValue::at(std::string_view key) const {
  if (auto value = find(key)) return *value;
  damaged("has no \"" + std::string(key) + "\"");
}

JsonValue JsonValue::at(std::size_t index) const {
  if (index >= size()) damaged("is too short");
  return JsonValue((*json_)[index], file_, name_ + "[" + std::to_string(index) + "]");
}

std::size_t JsonValue::size() const {
  if (!json_->is_array()) wrong_type("an array");
  return json_->size();
}

void JsonValue::only(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : object().items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    unsupported("has \"" + key + "\", which Henson does not know");
  }
}

std::string JsonValue::text() const {
  if (!json_->is_string()) wrong_type("a string");
  return json_->get<std::string>();
}

char32_t JsonValue::character() const {
  const std::string bytes = text();
  if (bytes.empty() || decode_utf8(bytes, 0).length != bytes.size())
    damaged("is not one character");
  return decode_utf8(bytes, 0).code;
}

bool JsonValue::boolean() const {
  if (!json_->is_boolean()) wrong_type("true or false");
  return json_->get<bool>();
}

double JsonValue::number() const {
  if (!json_->is_number()) wrong_type("a number");
  return json_->get<double>();
}

std::int64_t JsonValue::integer() const {
  if (!json_->is_number_integer()) wrong_type("an integer");
  return json_->get<std::int64_t>();
}

std::optional<std::string> JsonValue::text(std::string_view key) const {
  if (const auto value = find(key)) return value->text();
  return std::nullopt;
}

std::optional<bool> JsonValue::boolean(std::string_view key) const {
  if (const auto value = find(key)) return value->boolean();
  return std::nullopt;
}

std::optional<std::int64_t> JsonValue::integer(std::string_view key) const {
  if (const auto value = find(key)) return value->integer();
  return std::nullopt;
}

const Json& JsonValue::object() const {
  if (!json_->is_object()) wrong_type("an object");
  return *json_;
}

std::string JsonValue::place() const { return name_.empty() ? file_ : file_ + ": " + name_; }

void JsonValue::damaged(std::string_view what) const {
  throw Error(ErrorCode::kBadArchive, place() + " " + std::string(what));
}

void JsonValue::unsupported(std::string_view what) const {
  throw Error(ErrorCode::kUnsupported, place() + " " + std::string(what));
}

void JsonValue::wrong_type(std::string_view wanted) const {
  damaged(std::string("is of type ") + json_->type_name() + "; it must be " + std::string(wanted));
}

nlohmann::json read_json(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const auto too_large = [&](const std::string& what) {
    return Error(ErrorCode::kUnsupported, path.string() + " is too large: more than " + what);
  };
  if (bytes.size() > kMaxJsonSize) throw too_large(std::to_string(kMaxJsonSize) + " bytes");
  std::size_t values = 0;
  const auto check = [&](int depth, Json::parse_event_t, Json&) {
    if (++values > kMaxJsonValues) throw too_large(std::to_string(kMaxJsonValues) + " values");
    if (depth > kMaxJsonDepth) throw too_large(std::to_string(kMaxJsonDepth) + " levels");
    return true;
  };
  try {
    return Json::parse(bytes, check);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorCode::kBadArchive, path.string() +
                                            " is not JSON: it breaks off or is damaged"
                                            " at byte " +
                                            std::to_string(error.byte));
  } catch (const Json::exception&) {  // a number that no double holds
    throw Error(ErrorCode::kBadArchive, path.string() + " has a number that is too large");
  }
}

}  // namespace henson::tokenizer
