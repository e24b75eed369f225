#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "loader/script/lexer.h"

namespace henson::script {
namespace {

std::string kind_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::kName:
      return "name";
    case TokenKind::kKeyword:
      return "keyword";
    case TokenKind::kInt:
      return "int";
    case TokenKind::kFloat:
      return "float";
    case TokenKind::kImaginary:
      return "imaginary";
    case TokenKind::kString:
      return "string";
    case TokenKind::kOperator:
      return "op";
    case TokenKind::kNewline:
      return "newline";
    case TokenKind::kIndent:
      return "indent";
    case TokenKind::kDedent:
      return "dedent";
    case TokenKind::kEnd:
      return "end";
  }
  return "?";
}

Lexer make_lexer(std::string_view text) {
  return Lexer(text, std::make_shared<const std::string>("code/a.py"));
}

// "1:name(x) 1:op(=) … 3:end"
std::string tokens_of(std::string_view text) {
  Lexer lexer = make_lexer(text);
  std::string out;
  for (;;) {
    const Token token = lexer.next();
    out += std::to_string(token.line) + ":" + kind_name(token.kind);
    if (!token.text.empty()) {
      out += "(";
      out += token.text;
      out += ")";
    }
    if (token.kind == TokenKind::kEnd) return out;
    out += " ";
  }
}

std::string error_of(std::string_view text) {
  try {
    return "no error: " + tokens_of(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadArchive);
    return error.what();
  }
}

struct Case {
  std::string_view text;
  std::string expected;
};

TEST(Lexer, Tokens) {
  const std::vector<Case> cases = {
      {"", "1:end"},
      {"\n  \n# comment\n", "4:end"},
      {"x", "1:name(x) 1:newline 1:end"},
      {"x\n", "1:name(x) 1:newline 2:end"},
      {"x\r\ny\r\n", "1:name(x) 1:newline 2:name(y) 2:newline 3:end"},
      {"x # c\ny", "1:name(x) 1:newline 2:name(y) 2:newline 2:end"},
      {"_a1 in inf", "1:name(_a1) 1:keyword(in) 1:name(inf) 1:newline 1:end"},
      {"1 1. 1.5e-12 .5 1e3 2j",
       "1:int(1) 1:float(1.) 1:float(1.5e-12) 1:float(.5) 1:float(1e3) 1:imaginary(2j) 1:newline "
       "1:end"},
      {"a**=b//c->d...",
       "1:name(a) 1:op(**=) 1:name(b) 1:op(//) 1:name(c) 1:op(->) 1:name(d) 1:op(...) 1:newline "
       "1:end"},
      {"(a,\n\n  b # c\n)\nd",
       "1:op(() 1:name(a) 1:op(,) 3:name(b) 4:op()) 4:newline 5:name(d) 5:newline 5:end"},
      {"a \\\n  b \\\r\nc", "1:name(a) 2:name(b) 3:name(c) 3:newline 3:end"},
      {R"("a\"b" 'c"' '')", R"(1:string("a\"b") 1:string('c"') 1:string('') 1:newline 1:end)"},
      {"'''a\n'b''' c", "1:string('''a\n'b''') 2:name(c) 2:newline 2:end"},
      {"'a\\\nb' c", "1:string('a\\\nb') 2:name(c) 2:newline 2:end"},
  };
  for (const Case& each : cases) EXPECT_EQ(tokens_of(each.text), each.expected) << each.text;
}

TEST(Lexer, Indentation) {
  const std::vector<Case> cases = {
      {"a\n  b\n\n # c\n  d\ne",
       "1:name(a) 1:newline 2:indent 2:name(b) 2:newline 5:name(d) 5:newline 6:dedent 6:name(e) "
       "6:newline 6:end"},
      {"a\n b\n  c",
       "1:name(a) 1:newline 2:indent 2:name(b) 2:newline 3:indent 3:name(c) 3:newline 3:dedent "
       "3:dedent 3:end"},
      // A tab reaches column eight.
      {"a\n\tb\n\tc\n",
       "1:name(a) 1:newline 2:indent 2:name(b) 2:newline 3:name(c) 3:newline 4:dedent 4:end"},
      {"\f\fa\n", "1:name(a) 1:newline 2:end"},
  };
  for (const Case& each : cases) EXPECT_EQ(tokens_of(each.text), each.expected) << each.text;
}

TEST(Lexer, Errors) {
  const std::vector<Case> cases = {
      {"a\n  b\n c", "code/a.py:3: the indentation matches no outer block"},
      {"a\n        b\n\tc", "code/a.py:3: inconsistent use of tabs and spaces"},
      {"a\n  b\n\n\tc", "code/a.py:4: inconsistent use of tabs and spaces"},
      {"a = 'b\nc'", "code/a.py:1: the string is never closed"},
      {"\na = '''b\nc'", "code/a.py:2: the string is never closed"},
      {"a = 'b\\", "code/a.py:1: the string is never closed"},
      {"f(a,\n[b\n", "code/a.py:2: '[' is never closed"},
      {"a ? b", "code/a.py:1: unexpected '?'"},
      {"a ! b", "code/a.py:1: unexpected '!'"},
      {"a \x01 b", "code/a.py:1: unexpected byte 0x01"},
      {std::string_view("a \0 b", 5), "code/a.py:1: unexpected byte 0x00"},
      {"a\rb", "code/a.py:1: unexpected byte 0x0d"},
      {"a \\ b", "code/a.py:1: unexpected '\\'"},
      {"a\n\xc3\xa9 = 1", "code/a.py:2: found byte 0xc3; code outside of strings must be ASCII"},
      {"1x", "code/a.py:1: malformed number"},
      {"1_000", "code/a.py:1: malformed number"},
      {"0x10", "code/a.py:1: malformed number"},
      {"1e", "code/a.py:1: malformed number"},
      {"1.2.3", "code/a.py:1: malformed number"},
  };
  for (const Case& each : cases) EXPECT_EQ(error_of(each.text), each.expected) << each.text;
}

TEST(Lexer, EndRepeats) {
  Lexer lexer = make_lexer("a");
  EXPECT_EQ(lexer.next().kind, TokenKind::kName);
  EXPECT_EQ(lexer.next().kind, TokenKind::kNewline);
  EXPECT_EQ(lexer.next().kind, TokenKind::kEnd);
  EXPECT_EQ(lexer.next().kind, TokenKind::kEnd);
}

TEST(Lexer, MessagesShortenLongNames) {
  const std::string name(1000, 'a');
  EXPECT_EQ(describe({TokenKind::kName, 1, name}), "'" + std::string(40, 'a') + "...'");
}

}  // namespace
}  // namespace henson::script
