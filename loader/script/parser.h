// Parses the TorchScript that archives hold: not Python, a part of it.
#pragma once

#include <string>
#include <string_view>

#include "loader/budget.h"
#include "loader/script/ast.h"

namespace henson::script {

/// Parses one code entry. `entry` ("code/__torch__/a/b.py") names it in errors and in the tree.
/// `module` ("__torch__.a.b") qualifies the names of its classes; functions keep their bare names.
/// Throws henson::Error with entry and line: kBadArchive for what does not parse, kUnsupported for
/// what is Python but not of this part (`with`, `try`, comprehensions, …). Blocks and expressions
/// within each other are bounded by limits::kMaxScriptDepth, so that a walk over the tree may
/// recurse. Nothing in the tree points into `text`. May be called concurrently.
/// Expressions and statements are counted against `budget`, one of the text's own when it is null.
SourceFile parse_source(std::string_view text, const std::string& entry, const std::string& module,
                        loader::Budget* budget = nullptr);

}  // namespace henson::script
