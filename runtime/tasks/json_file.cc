#include "runtime/tasks/json_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "henson/error.h"

namespace henson::tasks {
namespace {

using Json = nlohmann::json;

constexpr std::uintmax_t kMaxBytes = 16 << 20;
constexpr std::size_t kMaxValues = 1 << 20;
constexpr int kMaxDepth = 32;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::kBadArchive, path.string() + ": " + why);
}

std::string read_all(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) refuse(path, "is no regular file");
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed || size > kMaxBytes) refuse(path, "more than 16 MB are no settings");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || (size > 0 && !(bytes << file.rdbuf()))) refuse(path, "cannot be read");
  return bytes.str();
}

}  // namespace

std::optional<JsonFile> JsonFile::open(const std::filesystem::path& path, bool list) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return std::nullopt;
  std::size_t values = 0;
  const auto check = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth || ++values > kMaxValues) refuse(path, "nests too deep or is too large");
    return true;
  };
  Json json;
  try {
    json = Json::parse(read_all(path), check);
  } catch (const Json::parse_error& error) {
    refuse(path, "is not JSON: it breaks off or is damaged at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {  // a number that no double holds
    refuse(path, "has a number that is too large");
  }
  if (list ? !json.is_array() : !json.is_object()) {
    refuse(path, std::string("is no JSON ") + (list ? "list" : "object"));
  }
  return JsonFile(std::move(json), path.string());
}

const Json* JsonFile::find(std::string_view key) const {
  const auto found = json_.find(std::string(key));
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> JsonFile::text(std::string_view key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) damaged(key, "must be a string");
  return value->get<std::string>();
}

std::optional<bool> JsonFile::boolean(std::string_view key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) damaged(key, "must be true or false");
  return value->get<bool>();
}

std::optional<std::size_t> JsonFile::count(std::string_view key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned() || *value == 0) damaged(key, "must be a whole number above 0");
  return value->get<std::size_t>();
}

void JsonFile::refuse_others(std::span<const std::string_view> known,
                             std::string_view but_for) const {
  for (const auto& [key, value] : json_.items()) {
    const bool is_known = std::find(known.begin(), known.end(), key) != known.end() ||
                          (!but_for.empty() && key.starts_with(but_for));
    if (is_known || value.is_null()) continue;
    unsupported(key,
                "is not known to Henson, and may change the answer; --alone reads no such file");
  }
}

void JsonFile::damaged(std::string_view key, std::string_view what) const {
  throw Error(ErrorCode::kBadArchive, place(key) + ' ' + std::string(what));
}

void JsonFile::unsupported(std::string_view key, std::string_view what) const {
  throw Error(ErrorCode::kUnsupported, place(key) + ' ' + std::string(what));
}

std::string JsonFile::place(std::string_view key) const {
  return key.empty() ? file_ + ':' : file_ + ": " + std::string(key);
}

}  // namespace henson::tasks
