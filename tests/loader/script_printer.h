// Prints a syntax tree for tests: one line an expression, one line a statement.
#pragma once

#include <cstdio>
#include <string>

#include "loader/script/ast.h"

namespace henson::script {

inline std::string print_number(double number) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", number);
  return buffer;
}

inline std::string print_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned>(c) & 0xffU);
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    if (plain) out += c;
    if (!plain) out += buffer;
  }
  return out + '"';
}

inline std::string print(const Expr& expr);

inline std::string print_form(const std::string& head, const Expr& expr) {
  std::string out = "(" + head;
  for (const ExprPtr& child : expr.children) out += " " + print(*child);
  for (const auto& [name, value] : expr.keywords) out += " " + name + "=" + print(*value);
  return out + ")";
}

inline std::string print(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kName:
      return expr.text;
    case ExprKind::kAttribute:
      return "(. " + print(*expr.children[0]) + " " + expr.text + ")";
    case ExprKind::kSubscript:
      return print_form("[]", expr);
    case ExprKind::kCall:
      return print_form("call", expr);
    case ExprKind::kTuple:
      return print_form("tuple", expr);
    case ExprKind::kList:
      return print_form("list", expr);
    case ExprKind::kDict:
      return print_form("dict", expr);
    case ExprKind::kInt:
      return std::to_string(expr.integer);
    case ExprKind::kFloat:
      return "float:" + print_number(expr.number);
    case ExprKind::kComplex:
      return "imaginary:" + print_number(expr.number);
    case ExprKind::kString:
      return print_string(expr.text);
    case ExprKind::kBool:
      return expr.integer != 0 ? "True" : "False";
    case ExprKind::kNone:
      return "None";
    case ExprKind::kUnary:
    case ExprKind::kBinary:
      return print_form(expr.text, expr);
    case ExprKind::kTernary:
      return print_form("?", expr);
    case ExprKind::kSlice:
      return print_form("slice", expr);
    case ExprKind::kEllipsis:
      return "...";
  }
  return "?";
}

inline std::string print(const ExprPtr& expr) { return expr ? print(*expr) : "-"; }

inline std::string print(const Block& block, const std::string& indent);

inline std::string print_head(const Stmt& statement) {
  switch (statement.kind) {
    case StmtKind::kAssign:
    case StmtKind::kFor: {
      std::string out = statement.kind == StmtKind::kFor ? "for" : "assign" + statement.augmented;
      for (const ExprPtr& target : statement.targets) out += " " + print(target);
      if (statement.annotation) out += " : " + print(statement.annotation);
      return out + " <- " + print(statement.value);
    }
    case StmtKind::kExpr:
      return "expr " + print(statement.value);
    case StmtKind::kReturn:
      return "return " + print(statement.value);
    case StmtKind::kIf:
      return "if " + print(statement.value);
    case StmtKind::kWhile:
      return "while " + print(statement.value);
    case StmtKind::kRaise:
      return "raise " + print(statement.value);
    case StmtKind::kAssert:
      return "assert " + print(statement.value);
    case StmtKind::kPass:
      return "pass";
    case StmtKind::kBreak:
      return "break";
    case StmtKind::kContinue:
      return "continue";
  }
  return "?";
}

inline std::string print(const Block& block, const std::string& indent) {
  std::string out;
  for (const Stmt& statement : block) {
    out += indent + std::to_string(statement.line) + " " + print_head(statement) + "\n";
    out += print(statement.body, indent + "  ");
    if (!statement.orelse.empty())
      out += indent + "else\n" + print(statement.orelse, indent + "  ");
  }
  return out;
}

inline std::string print(const Function& function, const std::string& indent) {
  std::string out = indent + std::to_string(function.line) + " def " + function.name + "(";
  for (const Parameter& each : function.parameters) {
    if (&each != &function.parameters.front()) out += ", ";
    out += each.name + " : " + print(each.type);
    if (each.default_value) out += " = " + print(each.default_value);
  }
  return out + ") -> " + print(function.return_type) + "\n" + print(function.body, indent + "  ");
}

inline std::string print(const Class& each) {
  std::string out = std::to_string(each.line) + " class " + each.name + "(" + each.base + ")\n";
  for (const auto& [name, type] : each.attributes) out += "  " + name + " : " + print(type) + "\n";
  for (const auto& [name, value] : each.values) out += "  " + name + " = " + print(value) + "\n";
  for (const Function& method : each.methods) out += print(method, "  ");
  return out;
}

inline std::string print(const SourceFile& file) {
  std::string out;
  for (const std::string& name : file.imports) out += "import " + name + "\n";
  for (const auto& [name, value] : file.assignments) out += name + " = " + print(value) + "\n";
  for (const Class& each : file.classes) out += print(each);
  for (const Function& each : file.functions) out += print(each, "");
  return out;
}

}  // namespace henson::script
