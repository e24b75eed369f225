// Parses the TorchScript that archives hold: not Python, a part of it.
#pragma once

#include <string>
#include <string_view>

#include "loader/script/ast.h"

namespace henson::script {

/// Parses one code entry. `entry` ("code/__torch__/a/b.py") names it in errors and in the tree.
/// `module` ("__torch__.a.b") qualifies the names of its classes; functions keep their bare names.
/// Throws henson::Error (kBadArchive, with entry and line) for what does not parse; nesting is bounded by
/// limits::kMaxScriptDepth. May be called concurrently.
SourceFile parse_source(std::string_view text, const std::string& entry, const std::string& module);

}  // namespace henson::script
