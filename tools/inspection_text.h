// What is known of an archive, for people to read.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

#include "henson/inspect.h"

namespace henson::tools {

/// The token of an id, as the vocabulary writes it; empty without a vocabulary.
using TokenNames = std::function<std::string(std::int64_t id)>;

/// All but the tensors: what it is in one line first, then what it takes and gives, what is unusual
/// about it, where it comes from and what can be done with it.
void print_inspection(std::ostream& out, const Inspection& archive, const TokenNames& tokens);

/// Words at most `width` characters a line, all lines but the first indented.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

}  // namespace henson::tools
