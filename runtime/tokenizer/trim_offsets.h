// Offsets of byte-level BPE without the white space that its tokens begin or end with.
#pragma once

#include <string_view>

#include "runtime/tokenizer.h"

namespace henson::tokenizer {

/// The range of a token in `text` without as many characters at its ends as the token itself has
/// there that stand for white space; as the vocabulary writes it, or as the text has it for an
/// added token. With `keeps_prefix` one alone at the start stays: it may be what add_prefix_space
/// put in front, and is not in the text.
ByteRange trim_offsets(std::string_view text, ByteRange range, std::string_view token,
                       bool keeps_prefix) noexcept;

}  // namespace henson::tokenizer
