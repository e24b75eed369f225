#include "runtime/tokenizer/settings.h"

#include <utility>

namespace henson::tokenizer {

const nlohmann::json* part_of_type(const nlohmann::json& part, const char* type) {
  const auto found = part.find("type");
  return found != part.end() && *found == type ? &part : nullptr;
}

nlohmann::json* part_of_type(nlohmann::json& part, const char* type) {
  return part_of_type(std::as_const(part), type) == nullptr ? nullptr : &part;
}

}  // namespace henson::tokenizer
