// Parses expressions, which types are too. Internal to the parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "loader/budget.h"
#include "loader/script/ast.h"
#include "loader/script/token_stream.h"

namespace henson::script {

/// Reads from a stream that it shares with the parser of statements. Throws henson::Error.
class ExpressionParser {
 public:
  ExpressionParser(TokenStream& tokens, loader::Budget& budget)
      : tokens_(tokens), budget_(budget) {}

  /// One expression; no tuple without parentheses.
  ExprPtr expression();
  /// `a`, or a kTuple for `a, b` and `a,`.
  ExprPtr expression_list();
  /// Counts one expression, or what takes as much.
  void count() const;
  /// As expression_list, for what stands before the `in` of a loop.
  ExprPtr loop_targets();

 private:
  // Rank of an operator among the others: what binds tighter is greater.
  enum class Precedence {
    kOr,
    kAnd,
    kNot,
    kComparison,
    kBitOr,
    kBitXor,
    kBitAnd,
    kShift,
    kSum,
    kProduct,
    kUnary,
    kPower
  };
  struct BinaryOperator {
    std::string_view text;
    Precedence precedence;
    int words;  // 2 for "not in" and "is not"
  };

  template <class ParseItem>
  ExprPtr list_of(ParseItem item);
  bool at_list_end() const noexcept;

  ExprPtr binary(Precedence least);
  ExprPtr right_of(Precedence precedence);
  ExprPtr prefixed(Precedence least);
  ExprPtr negated(std::uint32_t line);
  std::optional<BinaryOperator> current_operator();

  ExprPtr postfixed();
  ExprPtr subscript(ExprPtr object);
  ExprPtr subscript_item();
  ExprPtr slice_part();
  ExprPtr call(ExprPtr callee);
  void argument(Expr& call);
  ExprPtr simplify_call(ExprPtr call) const;

  ExprPtr atom();
  ExprPtr word();
  ExprPtr parenthesized();
  ExprPtr list();
  ExprPtr dict();
  ExprPtr integer();
  ExprPtr number();
  ExprPtr string();
  void refuse_comprehension() const;

  ExprPtr make(ExprKind kind, std::uint32_t line) const;
  ExprPtr finish(ExprPtr expr) const;
  template <class... Children>
  ExprPtr node(ExprKind kind, std::uint32_t line, Children... children) const;

  TokenStream& tokens_;
  loader::Budget& budget_;
};

/// Whether a word that looks like a name is a number: PyTorch writes inf and nan so.
bool is_number_word(std::string_view word) noexcept;

/// Whether a name occurs twice.
bool has_duplicate(std::vector<std::string_view> names);

}  // namespace henson::script
