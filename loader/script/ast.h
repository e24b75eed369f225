// The syntax tree of the TorchScript that archives hold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace henson::script {

/// A line of a code entry.
struct SourceLine {
  std::shared_ptr<const std::string> entry;  // "code/__torch__/model.py"
  std::uint32_t line = 0;                    // from 1
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind {
  kName,       // text
  kAttribute,  // children[0] . text; also getattr(children[0], "text")
  kSubscript,  // children[0] [ children[1] ]; of a type with several arguments children[1] is a
               // kTuple
  kCall,       // children[0] ( children[1..], keywords )
  kTuple,      // children
  kList,       // children
  kDict,       // children: key, value, key, value, …
  kInt,        // integer
  kFloat,      // number; also inf and nan, and float("inf") and its like
  kString,     // text, unescaped
  kBool,       // integer: 0 or 1
  kNone,
  kUnary,    // text: the operator ("-", "not", "~"); children[0]; a negative literal is a literal
  kBinary,   // text: the operator ("+", "==", "and", "is not", …); children[0], children[1]
  kTernary,  // children: condition, then, else  (written `then if condition else else`)
  kSlice,    // children: start, end, step; a child that is not written is kNone
  kEllipsis,
  kComplex,  // number: the imaginary part
};

struct Expr {
  ExprKind kind = ExprKind::kNone;
  std::uint32_t line = 0;  // of its first token
  std::uint32_t height =
      1;  // nodes on the longest way down, itself included; bounded by the parser
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  std::vector<ExprPtr> children;
  std::vector<std::pair<std::string, ExprPtr>> keywords;  // of a call
};

struct Stmt;
using Block = std::vector<Stmt>;

enum class StmtKind {
  kAssign,  // targets = value
  kExpr,    // value
  kReturn,  // value, or null
  kIf,      // value: the condition; body; orelse
  kFor,     // targets in value: body   (parsed, for the graph to refuse by line)
  kWhile,   // value: the condition; body
  kRaise,   // value, or null
  kAssert,  // value: the condition; its message is not kept
  kPass,
  kBreak,
  kContinue,
};

struct Stmt {
  StmtKind kind = StmtKind::kPass;
  std::uint32_t line = 0;
  /// `a = …` has one target; `a, b = …` is one target of kind kTuple; so is `a, = …`.
  std::vector<ExprPtr> targets;
  std::string augmented;  // "+" of `a += 1`, else empty
  ExprPtr annotation;     // of `a : T = …`, or null
  ExprPtr value;
  Block body;
  Block orelse;
};

struct Parameter {
  std::string name;
  ExprPtr type;           // null when it is not written (self)
  ExprPtr default_value;  // or null
};

struct Function {
  std::string name;
  std::uint32_t line = 0;
  std::shared_ptr<const std::string> entry;  // the code entry that it stands in
  std::vector<Parameter> parameters;
  ExprPtr return_type;  // or null
  Block body;
};

struct Class {
  std::string name;  // qualified: "__torch__.transformers.modeling_bert.BertModel"
  std::string base;  // "Module", "NamedTuple", "" …
  std::uint32_t line = 0;
  std::shared_ptr<const std::string> entry;
  std::vector<std::pair<std::string, ExprPtr>> attributes;  // name : type, also name : type = value
  /// name = value, also name : type = value: __parameters__, Final constants, an enumeration's
  /// members.
  std::vector<std::pair<std::string, ExprPtr>> values;
  std::vector<Function> methods;

  /// The method of that name, or null.
  const Function* find_method(const std::string& method) const;
};

/// One code entry, parsed.
struct SourceFile {
  std::shared_ptr<const std::string> entry;
  std::vector<std::string> imports;
  std::vector<std::pair<std::string, ExprPtr>> assignments;  // op_version_set = 1
  std::vector<Class> classes;
  std::vector<Function> functions;
};

}  // namespace henson::script
