// Tokens that stand for bytes by their numbers: <0x00> to <0xFF>.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/vocabulary.h"

namespace henson::tokenizer {

/// The id of each byte's token, -1 where the vocabulary has none.
std::vector<std::int32_t> byte_tokens(const Vocabulary& vocabulary);

/// The byte that a token stands for; of either case.
std::optional<unsigned char> byte_of_token(std::string_view token) noexcept;

}  // namespace henson::tokenizer
