// What C gives and gets: options of any version, texts, tensors, strings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "henson/henson.h"
#include "henson/henson_c.h"
#include "runtime/c/error.h"

namespace henson::c {

/// The options of a caller who knows more members or fewer: those that it lacks are 0. Throws
/// henson::Error when it sets one that is not known here, or does not say its size.
template <typename Options>
Options options_of(const Options* given) {
  Options options{};
  if (given == nullptr) return options;
  if (given->size < sizeof given->size || given->size % alignof(Options) != 0) {
    refuse("the options' `size` is " + std::to_string(given->size) +
           ": set it to the size of their struct");
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(given);
  const bool known = std::all_of(bytes + std::min(given->size, sizeof options), bytes + given->size,
                                 [](unsigned char byte) { return byte == 0; });
  if (!known) refuse("the options set what this version of Henson does not know");
  std::memcpy(&options, given, std::min(given->size, sizeof options));
  return options;
}

/// One of an enumeration's, whose last is `last`.
template <typename Enum>
Enum one_of(int value, Enum last, const char* name) {
  if (value < 0 || value > static_cast<int>(last)) {
    refuse(std::string(name) + ": there is no " + std::to_string(value));
  }
  return static_cast<Enum>(value);
}

inline std::string string_of(const char* text) { return text == nullptr ? "" : text; }

/// Throws henson::Error for bytes that are NULL.
std::string_view view_of(const henson_text& text);
std::vector<std::string_view> views_of(const henson_text* texts, std::size_t count);
std::vector<std::string> strings_of(const char* const* texts, std::size_t count, const char* name);

/// A copy that goes with henson_free.
char* copy_of(std::string_view text);

/// Borrows the elements.
Tensor to_tensor(const henson_tensor& tensor);
henson_tensor to_c(const Tensor& tensor);

SessionOptions to_options(const henson_session_options* options);
OpenOptions to_options(const henson_open_options* options);

}  // namespace henson::c
