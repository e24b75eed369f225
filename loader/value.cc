#include "loader/value.h"

#include <algorithm>

namespace henson::loader {

const Value* Object::find(const std::string& name) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& attribute) { return attribute.first == name; });
  return found == attributes.end() ? nullptr : &found->second;
}

}  // namespace henson::loader
