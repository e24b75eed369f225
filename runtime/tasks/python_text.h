// What Python's str does with a text, for models whose texts pass through it.
#pragma once

#include <string>
#include <string_view>

namespace henson::tasks {

/// str.strip(): without white space around it.
std::string_view stripped(std::string_view text) noexcept;
/// str.lower().
std::string lowered(std::string_view text);

}  // namespace henson::tasks
