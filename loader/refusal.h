// How the refusals of a Budget are told from others.
#pragma once

#include <string_view>

namespace henson::loader {

/// What ends the message of an error about more than a whole file may ask for.
inline constexpr std::string_view kBeyondBudget = ", which no model needs";

}  // namespace henson::loader
