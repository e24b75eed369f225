#include "runtime/import/types.h"

#include <unordered_map>

namespace henson::runtime {
namespace {

using script::Expr;
using script::ExprKind;

Type named(const std::string& name) {
  static const std::unordered_map<std::string, TypeKind> kKinds = {
      {"Tensor", TypeKind::kTensor},        {"int", TypeKind::kInt},
      {"float", TypeKind::kFloat},          {"bool", TypeKind::kBool},
      {"number", TypeKind::kNumber},        {"Scalar", TypeKind::kNumber},
      {"str", TypeKind::kString},           {"Device", TypeKind::kDevice},
      {"NoneType", TypeKind::kNone},        {"None", TypeKind::kNone},
      {"DeviceObjType", TypeKind::kDevice},
  };
  const auto found = kKinds.find(name);
  return {found == kKinds.end() ? TypeKind::kAny : found->second, {}};
}

Type generic(const std::string& name, std::vector<Type> arguments) {
  if (arguments.empty()) return {};
  if (name == "Optional") return Type::optional(std::move(arguments[0]));
  if (name == "List") return Type::list(std::move(arguments[0]));
  if (name == "Tuple") return Type::tuple(std::move(arguments));
  if (name == "Dict") return {TypeKind::kDict, {std::move(arguments.back())}};
  return {};
}

}  // namespace

std::string dotted_name(const Expr& expr) {
  if (expr.kind == ExprKind::kName) return expr.text;
  if (expr.kind != ExprKind::kAttribute) return {};
  const std::string base = dotted_name(*expr.children[0]);
  return base.empty() ? base : base + "." + expr.text;
}

Type type_of_annotation(const Expr& annotation) {
  if (annotation.kind == ExprKind::kNone) return {TypeKind::kNone, {}};
  if (annotation.kind != ExprKind::kSubscript) return named(dotted_name(annotation));
  std::vector<Type> arguments;
  const Expr& inside = *annotation.children[1];
  if (inside.kind == ExprKind::kTuple) {
    for (const auto& argument : inside.children) arguments.push_back(type_of_annotation(*argument));
  } else {
    arguments.push_back(type_of_annotation(inside));
  }
  return generic(dotted_name(*annotation.children[0]), std::move(arguments));
}

}  // namespace henson::runtime
