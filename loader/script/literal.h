// The values of TorchScript's literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace henson::script {

/// The value of decimal `digits`, negated when asked; nothing if it is out of int64's range.
std::optional<std::int64_t> parse_int(std::string_view digits, bool negative) noexcept;

/// The value of a number as the lexer cuts it; nothing if it is out of double's range.
std::optional<double> parse_float(std::string_view number) noexcept;

/// What float("…") makes of an infinity or of nan, with a sign or without; nothing for any other
/// text.
std::optional<double> parse_non_finite(std::string_view text) noexcept;

/// The bytes that a string token, quotes and all, stands for; nothing if an escape is not known.
std::optional<std::string> parse_string(std::string_view token);

}  // namespace henson::script
