// Type annotations of the code.
#pragma once

#include "loader/script/ast.h"
#include "runtime/operators/schema.h"

namespace henson::runtime {

/// The type that an annotation names: "Tensor", "Optional[int]", "Dict[str, Tensor]", "number", ….
/// A class of the code, and what is not known, is kAny.
Type type_of_annotation(const script::Expr& annotation);

/// "__torch__.a.B" of a dotted name; empty for any other expression.
std::string dotted_name(const script::Expr& expr);

}  // namespace henson::runtime
