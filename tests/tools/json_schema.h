// A JSON text against a JSON Schema, as far as the project's schemas go: type, enum, properties,
// required, additionalProperties, items, minItems, maxItems, minimum and $ref to a definition.
#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/files.h"

namespace henson::tools {

class JsonSchema {
 public:
  using Json = nlohmann::json;
  explicit JsonSchema(Json schema) : root_(std::move(schema)) {}

  /// A line a fault: the place, and what is wrong there.
  std::vector<std::string> faults(const Json& value) const {
    std::vector<std::string> found;
    check(root_, value, "$", found);
    return found;
  }

 private:
  static bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    throw std::invalid_argument("no type " + type);
  }

  static bool has_any_type(const Json& value, const Json& types) {
    if (types.is_string()) return has_type(value, types);
    return std::any_of(types.begin(), types.end(),
                       [&](const Json& type) { return has_type(value, type); });
  }

  void check(const Json& schema, const Json& value, const std::string& place,
             std::vector<std::string>& found) const {
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "$ref") {
        check(root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), value, place, found);
      } else if (keyword == "type") {
        if (!has_any_type(value, rule)) found.push_back(place + ": not of type " + rule.dump());
      } else if (keyword == "enum") {
        const bool known = std::find(rule.begin(), rule.end(), value) != rule.end();
        if (!known) found.push_back(place + ": " + value.dump() + " is none of " + rule.dump());
      } else if (keyword == "minimum") {
        if (value.is_number() && value < rule) found.push_back(place + ": less than the minimum");
      } else if (keyword == "properties") {
        check_members(schema, value, place, found);
      } else if (keyword == "items") {
        check_items(schema, value, place, found);
      } else {
        refuse_unknown(keyword);
      }
    }
  }

  static void refuse_unknown(const std::string& keyword) {
    static const std::vector<std::string> kElsewhere = {
        "$schema",  "title",    "$defs",    "description",
        "required", "minItems", "maxItems", "additionalProperties"};
    const bool known = std::find(kElsewhere.begin(), kElsewhere.end(), keyword) != kElsewhere.end();
    if (!known) throw std::invalid_argument("no keyword " + keyword);
  }

  void check_members(const Json& schema, const Json& value, const std::string& place,
                     std::vector<std::string>& found) const {
    if (!value.is_object()) return;
    const Json& properties = schema.at("properties");
    for (const Json& name : schema.value("required", Json::array())) {
      if (!value.contains(name)) found.push_back(place + ": lacks " + name.dump());
    }
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) {
        check(properties.at(name), member, place + '.' + name, found);
      } else if (schema.value("additionalProperties", true) == false) {
        found.push_back(place + ": has '" + name + "', which the schema does not know");
      }
    }
  }

  void check_items(const Json& schema, const Json& value, const std::string& place,
                   std::vector<std::string>& found) const {
    if (!value.is_array()) return;
    if (value.size() < schema.value("minItems", std::size_t{0})) {
      found.push_back(place + ": too few items");
    }
    if (value.size() > schema.value("maxItems", value.size())) {
      found.push_back(place + ": too many items");
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      check(schema.at("items"), value[i], place + '[' + std::to_string(i) + ']', found);
    }
  }

  Json root_;
};

/// Where the JSON of a command differs from its schema in tools/schema: a line a fault, or "".
inline std::string schema_faults(const std::string& command, const nlohmann::json& json) {
  const std::filesystem::path sources = HENSON_TEST_SOURCES;
  const auto path = sources.parent_path() / "tools" / "schema" / (command + ".json");
  std::string lines;
  for (const std::string& fault : JsonSchema(nlohmann::json::parse(read_file(path))).faults(json)) {
    lines += fault + '\n';
  }
  return lines;
}

}  // namespace henson::tools
