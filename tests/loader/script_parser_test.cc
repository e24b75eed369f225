#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "loader/limits.h"
#include "loader/script/parser.h"
#include "tests/loader/script_printer.h"

namespace henson::script {
namespace {

SourceFile parse(std::string_view text) { return parse_source(text, "code/a.py", "__torch__.a"); }

std::string error_of(std::string_view text, ErrorCode code = ErrorCode::kBadArchive) {
  try {
    return "no error: " + print(parse(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << text;
    EXPECT_EQ(error.place().entry, "code/a.py");
    return std::to_string(error.place().line.value()) + ": " + error.message();
  }
}

// The tree of an expression that stands in a top-level assignment.
std::string expression_of(const std::string& text) {
  return print(parse("x = " + text + "\n").assignments.at(0).second);
}

// The statements of a function with this body, which starts at line 2.
std::string statements_of(const std::string& body) {
  const SourceFile file = parse("def f(x):\n" + body);
  return print(file.functions.at(0).body, "");
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

struct Case {
  std::string text;
  std::string expected;
};

constexpr std::string_view kModule = R"(op_version_set = 1
import __torch__.torch.nn
class Bert(Module):
  __parameters__ = ["weight", ]
  __annotations__ = []
  __annotations__["0"] = __torch__.torch.nn.Linear
  weight : Tensor
  in : Optional[Dict[str, Tensor]]
  eps : Final[float] = 1e-12
  def forward(self: __torch__.a.Bert,
    x: Tensor,
    n: int=-1) -> Tuple[Tensor, int]:
    _0, a, = getattr(self.layer, "0").attention.self.weight
    _1 = torch.softmax((self.in).forward(x, ), -1, dtype=None)
    if torch.eq(n, 0):
      pass
    else:
      _1 = annotate(List[int], [])
    return (_1, n)
  def forward1(self):
    return None
class Pair(NamedTuple):
  a : Tensor
class Color(Enum):
  RED = 1
class Empty:
  pass
def gelu(x: Tensor) -> Tensor:
  return x
)";

TEST(Parser, Module) {
  EXPECT_EQ(print(parse(kModule)), R"(import __torch__.torch.nn
op_version_set = 1
3 class __torch__.a.Bert(Module)
  0 : (. (. (. __torch__ torch) nn) Linear)
  weight : Tensor
  in : ([] Optional ([] Dict (tuple str Tensor)))
  eps : ([] Final float)
  __parameters__ = (list "weight")
  __annotations__ = (list)
  eps = float:9.9999999999999998e-13
  10 def forward(self : (. (. __torch__ a) Bert), x : Tensor, n : int = -1) -> ([] Tuple (tuple Tensor int))
    13 assign (tuple _0 a) <- (. (. (. (. (. self layer) 0) attention) self) weight)
    14 assign _1 <- (call (. torch softmax) (call (. (. self in) forward) x) -1 dtype=None)
    15 if (call (. torch eq) n 0)
      16 pass
    else
      18 assign _1 <- (call annotate ([] List int) (list))
    19 return (tuple _1 n)
  20 def forward1(self : -) -> -
    21 return None
22 class __torch__.a.Pair(NamedTuple)
  a : Tensor
24 class __torch__.a.Color(Enum)
  RED = 1
26 class __torch__.a.Empty()
28 def gelu(x : Tensor) -> Tensor
  29 return x
)");
}

TEST(Parser, PlacesAndLookup) {
  const SourceFile file = parse(kModule);
  const Class& bert = file.classes.at(0);
  EXPECT_EQ(*file.entry, "code/a.py");
  EXPECT_EQ(bert.entry, file.entry);
  EXPECT_EQ(bert.methods.at(0).entry, file.entry);
  EXPECT_EQ(bert.find_method("forward1"), &bert.methods.at(1));
  EXPECT_EQ(bert.find_method("backward"), nullptr);
  const SourceFile lines = parse("x = f(a,\n  b.c,\n  -1)\n");
  const Expr& call = *lines.assignments.at(0).second;
  EXPECT_EQ(call.line, 1U);
  EXPECT_EQ(call.children.at(1)->line, 1U);
  EXPECT_EQ(call.children.at(2)->line, 2U);
  EXPECT_EQ(call.children.at(3)->line, 3U);
  EXPECT_EQ(call.height, 3U);
}

TEST(Parser, NoModuleLeavesNamesBare) {
  EXPECT_EQ(parse_source("class A:\n  pass\n", "code/a.py", "").classes.at(0).name, "A");
}

TEST(Parser, OldLayout) {
  EXPECT_EQ(print(parse("op_version_set = 0\n"
                        "def forward(self,\n"
                        "    x: Tensor) -> Tensor:\n"
                        "  _0 = torch.add_(x, CONSTANTS.c0, alpha=1)\n"
                        "  return _0\n")),
            "op_version_set = 0\n"
            "2 def forward(self : -, x : Tensor) -> Tensor\n"
            "  4 assign _0 <- (call (. torch add_) x (. CONSTANTS c0) alpha=1)\n"
            "  5 return _0\n");
}

TEST(Parser, Literals) {
  const std::vector<Case> cases = {
      {"-1", "-1"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"- -3", "3"},
      {"1.", "float:1"},
      {"1e-12", "float:9.9999999999999998e-13"},
      {"-0.", "float:-0"},
      {"inf", "float:inf"},
      {"-inf", "float:-inf"},
      {"nan", "float:nan"},
      {"float(\"inf\")", "float:inf"},
      {"-float('inf')", "float:-inf"},
      {"float(\"-Infinity\")", "float:-inf"},
      {"float('nan')", "float:nan"},
      {"float(\"1.5\")", "(call float \"1.5\")"},
      {"float(x)", "(call float x)"},
      {"1.+infj", "(+ float:1 imaginary:inf)"},
      {"0.-2.5j", "(- float:0 imaginary:2.5)"},
      {"-3j", "imaginary:-3"},
      {"True", "True"},
      {"False", "False"},
      {"None", "None"},
      {R"("a\n\t\"\\\'\r\a\b\f\v")", R"("a\x0a\x09\x22\x5c'\x0d\x07\x08\x0c\x0b")"},
      {R"("\000\033\303\251\x7fz")", R"("\x00\x1b\xc3\xa9\x7fz")"},
      // Bytes above 127 as PyTorch before 1.7 writes them.
      {R"("h\0)+\/.)llo \0.0\/,/\/+0\.00")", R"("h\xc3\xa9llo \xf0\x9f\x98\x80")"},
      {"\"\xc3\xa9\"", R"("\xc3\xa9")"},
      {"'a' \"b\" '''c\n'd'''", R"("abc\x0a'd")"},
      {"'a\\\nb'", "\"ab\""},
      {"''", "\"\""},
      {"[1, -2, 3., ]", "(list 1 -2 float:3)"},
      {"[]", "(list)"},
      {"{\"a\": x, \"b\": {}, }", "(dict \"a\" x \"b\" (dict))"},
      {"()", "(tuple)"},
      {"(1, )", "(tuple 1)"},
      {"(1)", "1"},
      {"1, 2", "(tuple 1 2)"},
  };
  for (const Case& each : cases) EXPECT_EQ(expression_of(each.text), each.expected) << each.text;
}

TEST(Parser, Operators) {
  const std::vector<Case> cases = {
      {"a + b * c - d", "(- (+ a (* b c)) d)"},
      {"(a + b) * c", "(* (+ a b) c)"},
      {"a / b // c % d @ e", "(@ (% (// (/ a b) c) d) e)"},
      {"-x ** 2", "(- (** x 2))"},
      {"-1 ** 2", "(- (** 1 2))"},
      {"(-1) ** 2", "(** -1 2)"},
      {"a ** b ** -c", "(** a (** b (- c)))"},
      {"-x.y", "(- (. x y))"},
      {"~a + +b", "(+ (~ a) (+ b))"},
      {"a | b ^ c & d << e + f", "(| a (^ b (& c (<< d (+ e f)))))"},
      {"not a == b and c or d", "(or (and (not (== a b)) c) d)"},
      {"a or not b", "(or a (not b))"},
      {"a is not b", "(is not a b)"},
      {"a is (not b)", "(is a (not b))"},
      {"a not in b", "(not in a b)"},
      {"not a in b", "(not (in a b))"},
      {"a != b", "(!= a b)"},
      {"(a < b) < c", "(< (< a b) c)"},
      {"a if b else c if d else e", "(? b a (? d c e))"},
      {"a if b or c else d", "(? (or b c) a d)"},
  };
  for (const Case& each : cases) EXPECT_EQ(expression_of(each.text), each.expected) << each.text;
}

TEST(Parser, Postfixes) {
  const std::vector<Case> cases = {
      {"a.b.in.class", "(. (. (. a b) in) class)"},
      {"getattr(a, \"0\").b", "(. (. a 0) b)"},
      {"getattr(a, b)", "(call getattr a b)"},
      {"getattr(a, \"b\", c)", "(call getattr a \"b\" c)"},
      {"(x).forward(a, )", "(call (. x forward) a)"},
      {"f()()", "(call (call f))"},
      {"f(a, b=1, from=c, )", "(call f a b=1 from=c)"},
      {"f(a if b else c)", "(call f (? b a c))"},
      {"torch.device(\"cuda:0\")", "(call (. torch device) \"cuda:0\")"},
      {"ops.quantized.linear_dynamic(x, p)", "(call (. (. ops quantized) linear_dynamic) x p)"},
      {"x[0]", "([] x 0)"},
      {"x[\"k\"]", "([] x \"k\")"},
      {"x[a, b]", "([] x (tuple a b))"},
      {"x[a, ]", "([] x (tuple a))"},
      {"x[()]", "([] x (tuple))"},
      {"x[:]", "([] x (slice None None None))"},
      {"x[1:]", "([] x (slice 1 None None))"},
      {"x[a:b:c]", "([] x (slice a b c))"},
      {"x[::2, ..., None]", "([] x (tuple (slice None None 2) ... None))"},
  };
  for (const Case& each : cases) EXPECT_EQ(expression_of(each.text), each.expected) << each.text;
}

TEST(Parser, Statements) {
  const std::vector<Case> cases = {
      {"  a = 1", "2 assign a <- 1\n"},
      {"  a, = x", "2 assign (tuple a) <- x\n"},
      {"  a, (b, c) = x", "2 assign (tuple a (tuple b c)) <- x\n"},
      {"  [a, b] = x", "2 assign (list a b) <- x\n"},
      {"  a = b = x", "2 assign a b <- x\n"},
      {"  a : int = x", "2 assign a : int <- x\n"},
      {"  self.a[0] = x", "2 assign ([] (. self a) 0) <- x\n"},
      {"  a = b, c", "2 assign a <- (tuple b c)\n"},
      {"  a += 1\n  a //= 2\n  a >>= 3",
       "2 assign+ a <- 1\n3 assign// a <- 2\n4 assign>> a <- 3\n"},
      {"  print(x)", "2 expr (call print x)\n"},
      {"  return", "2 return -\n"},
      {"  return a, b", "2 return (tuple a b)\n"},
      {"  pass\n\n  # c\n  return x", "2 pass\n5 return x\n"},
      {"  if a: return b", "2 if a\n  2 return b\n"},
      {"  if a:\n    pass\n  elif b:\n    c\n  else:\n    d\n  e",
       "2 if a\n  3 pass\nelse\n  4 if b\n    5 expr c\n  else\n    7 expr d\n8 expr e\n"},
      {"  for i in range(3):\n    if i:\n      break\n    continue",
       "2 for i <- (call range 3)\n  3 if i\n    4 break\n  5 continue\n"},
      {"  for a, b in x:\n    pass", "2 for (tuple a b) <- x\n  3 pass\n"},
      {"  while a < b:\n    a = c", "2 while (< a b)\n  3 assign a <- c\n"},
      {"  raise Exception(\"a\")", "2 raise (call Exception \"a\")\n"},
      {"  raise", "2 raise -\n"},
      {"  assert a, \"b\"", "2 assert a\n"},
      {"\treturn a\r\n", "2 return a\n"},
      {"  a = b + \\\n    c\n  d", "2 assign a <- (+ b c)\n4 expr d\n"},
  };
  for (const Case& each : cases) EXPECT_EQ(statements_of(each.text), each.expected) << each.text;
}

TEST(Parser, Errors) {
  const std::vector<Case> cases = {
      {"1", "1: expected a class, a function, an import or an assignment, found '1'"},
      {"  x = 1",
       "1: expected a class, a function, an import or an assignment, found a deeper "
       "indentation"},
      {"x = 1 2", "1: expected end of line, found '2'"},
      {"x = f\"a\"", "1: expected end of line, found a string"},
      {"x = \n", "1: expected an expression, found end of line"},
      {"x = (1,\n\n 2 3)", "3: expected ')', found '3'"},
      {"x = (1]", "1: expected ')', found ']'"},
      {"x = )", "1: expected an expression, found ')'"},
      {"x = f(1", "1: '(' is never closed"},
      {"x = f(*a)", "1: expected an expression, found '*'"},
      {"x = f(a=1, b)", "1: expected a keyword and '=', found 'b'"},
      {"x = f(a=1, a=2)", "1: the call gives a keyword twice"},
      {"x = f(a b)", "1: expected ',' or ')', found 'b'"},
      {"x = [a b]", "1: expected ',' or ']', found 'b'"},
      {"x = {a}", "1: expected ':', found '}'"},
      {"x = {a: b c: d}", "1: expected ',' or '}', found 'c'"},
      {"x = a[]", "1: expected an expression, found ']'"},
      {"x = a.1", "1: expected end of line, found '.1'"},
      {"x = a.(b)", "1: expected an attribute's name, found '('"},
      {"x = a if b", "1: expected 'else', found end of line"},
      {"x = 1 + not a", "1: expected an expression, found 'not'"},
      {"x = a not b", "1: expected end of line, found 'not'"},
      {"x = 9223372036854775808", "1: the integer is out of the range of 64 bits"},
      {"x = -9223372036854775809", "1: the integer is out of the range of 64 bits"},
      {"x = 007", "1: malformed number"},
      {"x = 1e999", "1: the number is out of the range of a double"},
      {"x = '\\q'", "1: the string has an unknown escape"},
      {"x = '\\x1'", "1: the string has an unknown escape"},
      {"x = '\\12'", "1: the string has an unknown escape"},
      {"x = '\\777'", "1: the string has an unknown escape"},
      {"\xef\xbb\xbfx = 1", "1: found byte 0xef; code outside of strings must be ASCII"},
      {"import 1", "1: expected a module's name, found '1'"},
      {"class 1:", "1: expected a class's name, found '1'"},
      {"class A(B, C):\n  pass", "1: expected ')', found ','"},
      {"class A:\npass", "2: expected an indented block, found 'pass'"},
      {"class A: pass", "1: expected end of line, found 'pass'"},
      {"class A:\n  1", "2: expected an attribute or a method, found '1'"},
      {"class A:\n  __annotations__[x] = T", "2: expected an attribute's name in quotes"},
      {"class A:\n  def f(self):\n    pass\n  def f(self):\n    pass",
       "1: a method of 'A' is defined twice"},
      {"class A:\n  a : int\n  a : str", "1: an attribute of 'A' is defined twice"},
      {"class A:\n  pass\nclass A:\n  pass", "4: a class is defined twice"},
      {"def f(a):\n  pass\ndef f(b):\n  pass", "4: a function is defined twice"},
      {"def f(a, a):\n  pass", "1: a parameter is defined twice"},
      {"def f(*a):\n  pass", "1: expected a parameter's name, found '*'"},
      {"def f(inf):\n  pass", "1: expected a parameter's name, found 'inf'"},
      {"def f(a b):\n  pass", "1: expected ',' or ')', found 'b'"},
      {"def f(a)\n  pass", "1: expected ':', found end of line"},
      {"def f(a):\npass", "2: expected an indented block, found 'pass'"},
      {"def f(a):\n", "2: expected an indented block, found end of file"},
      {"def f(a):\n  pass\n    b", "3: expected an expression, found a deeper indentation"},
      {"def f(a):\n  1 = a", "2: cannot assign to this expression"},
      {"def f(a):\n  inf = a", "2: cannot assign to this expression"},
      {"def f(a):\n  b, 1 = a", "2: cannot assign to this expression"},
      {"def f(a):\n  a = f() = a", "2: cannot assign to this expression"},
      {"def f(a):\n  a, b += 1", "2: expected '=' or end of line, found '+='"},
      {"def f(a):\n  a b", "2: expected '=' or end of line, found 'b'"},
      {"def f(a):\n  a : int", "2: expected '=', found end of line"},
      {"def f(a):\n  else:\n    pass", "2: expected an expression, found 'else'"},
      {"def f(a):\n  pass pass", "2: expected end of line, found 'pass'"},
      {"def f(a):\n  pass; pass", "2: expected end of line, found ';'"},
      {"def f(a):\n  if a: if b: c", "2: expected an expression, found 'if'"},
      {"def f(a):\n  for 1 in a:\n    pass", "2: cannot assign to this expression"},
      {"def f(a):\n  for b of a:\n    pass", "2: expected 'in', found 'of'"},
      {"def f(a):\n  b = ^Dropout(0.1)(a)", "2: expected an expression, found '^'"},
  };
  for (const Case& each : cases) EXPECT_EQ(error_of(each.text), each.expected) << each.text;
}

TEST(Parser, Unsupported) {
  const std::vector<Case> cases = {
      {"def f(a):\n  with a as b:\n    pass", "2: 'with' is not supported in code"},
      {"def f(a):\n  try:\n    pass", "2: 'try' is not supported in code"},
      {"def f(a):\n  def g(b):\n    pass", "2: 'def' is not supported in code"},
      {"def f(a):\n  class B:\n    pass", "2: 'class' is not supported in code"},
      {"def f(a):\n  import b", "2: 'import' is not supported in code"},
      {"def f(a):\n  from b import c", "2: 'from' is not supported in code"},
      {"def f(a):\n  del b", "2: 'del' is not supported in code"},
      {"def f(a):\n  global b", "2: 'global' is not supported in code"},
      {"def f(a):\n  b = lambda c: c", "2: 'lambda' is not supported in code"},
      {"def f(a):\n  b = yield", "2: 'yield' is not supported in code"},
      {"def f(a):\n  b = [c for c in a]", "2: comprehensions are not supported in code"},
      {"def f(a):\n  b = {c: c for c in a}", "2: comprehensions are not supported in code"},
      {"def f(a):\n  b = f(c for c in a)", "2: comprehensions are not supported in code"},
      {"def f(a):\n  b = (c for c in a)", "2: comprehensions are not supported in code"},
      {"def f(a):\n  b = c < d < e", "2: chained comparisons are not supported in code"},
      {"def f(a):\n  while a:\n    pass\n  else:\n    pass",
       "4: 'else' of a loop is not supported in code"},
      {"@b\ndef f(a):\n  pass", "1: decorators are not supported in code"},
      {"class A:\n  @b\n  def f(a):\n    pass", "2: decorators are not supported in code"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(error_of(each.text, ErrorCode::kUnsupported), each.expected) << each.text;
  }
}

// Every way to build a deep tree, by a factor that is far too much.
TEST(Parser, DepthIsBounded) {
  constexpr std::size_t kTooMany = 200'000;
  const std::string deep = "1: nested deeper than 256 levels";
  EXPECT_EQ(error_of("x = " + repeat("(", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("[", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("{", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("{1:", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("f(", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("a[", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("-", kTooMany) + "a"), deep);
  EXPECT_EQ(error_of("x = " + repeat("- ", kTooMany) + "1"), deep);
  EXPECT_EQ(error_of("x = " + repeat("not ", kTooMany) + "a"), deep);
  EXPECT_EQ(error_of("x = a" + repeat(".b", kTooMany)), deep);
  EXPECT_EQ(error_of("x = a" + repeat("[0]", kTooMany)), deep);
  EXPECT_EQ(error_of("x = a" + repeat("()", kTooMany)), deep);
  EXPECT_EQ(error_of("x = a" + repeat(" + a", kTooMany)), deep);
  EXPECT_EQ(error_of("x = a" + repeat(" and a", kTooMany)), deep);
  EXPECT_EQ(error_of("x = a" + repeat(" ** a", kTooMany)), deep);
  EXPECT_EQ(error_of("x = a" + repeat(" if a else a", kTooMany)), deep);
  EXPECT_EQ(error_of("x = " + repeat("getattr(", kTooMany)), deep);
}

TEST(Parser, DepthOfBlocksIsBounded) {
  std::string blocks = "def f(a):\n";
  for (std::size_t i = 1; i < 400; ++i) blocks += std::string(i, ' ') + "if a:\n";
  EXPECT_NE(error_of(blocks).find("nested deeper than 256 levels"), std::string::npos);
  std::string chain = "def f(a):\n  if a:\n    pass\n";
  for (std::size_t i = 1; i < 400; ++i) chain += "  elif a:\n    pass\n";
  EXPECT_NE(error_of(chain).find("nested deeper than 256 levels"), std::string::npos);
}

// What nests is bounded as a whole: chains within chains do not multiply.
TEST(Parser, DepthAddsUp) {
  const std::string half = repeat(".b", limits::kMaxScriptDepth / 2);
  EXPECT_NE(expression_of("a" + half), "");
  EXPECT_EQ(error_of("x = (a" + half + ")" + half), "1: nested deeper than 256 levels");
  EXPECT_EQ(error_of("x = " + repeat("(", 128) + "a" + half), "1: nested deeper than 256 levels");
}

TEST(Parser, DepthThatIsAllowed) {
  const std::size_t depth = limits::kMaxScriptDepth - 2;
  EXPECT_EQ(parse("x = a" + repeat(".b", depth)).assignments.at(0).second->height, depth + 1);
  EXPECT_EQ(parse("x = " + repeat("[", depth) + repeat("]", depth)).assignments.size(), 1U);
}

// A walk over every byte: cut there, and put in its place what matters to a lexer. Error or success
// is all that is asked; sanitizers ask the rest.
TEST(Parser, SurvivesMutations) {
  const std::string_view source = kModule;
  std::size_t parsed = 0;
  std::size_t refused = 0;
  const auto attempt = [&](const std::string& text) {
    try {
      parse(text);
      ++parsed;
    } catch (const Error&) {
      ++refused;
    }
  };
  constexpr std::string_view kBytes("\0\n\r\t \"'\\()[]{}:.,=#-x0\xff", 24);
  for (std::size_t i = 0; i < source.size(); ++i) {
    attempt(std::string(source.substr(0, i)));
    attempt(std::string(source.substr(i)));
    attempt(std::string(source.substr(0, i)) + std::string(source.substr(i + 1)));
    for (const char byte : kBytes) {
      std::string text(source);
      text[i] = byte;
      attempt(text);
      text.insert(i, 1, source[i]);
      attempt(text);
    }
  }
  EXPECT_GT(parsed, 0U);
  EXPECT_GT(refused, parsed);
}

// Two megabytes of each: quadratic work would take many minutes. The bound is wide, for slow
// machines.
TEST(Parser, LongFilesTakeLinearTime) {
  constexpr std::size_t kBytes = 2'000'000;
  const auto fill = [](std::string_view piece) { return repeat(piece, kBytes / piece.size()); };
  const std::vector<std::string> texts = {
      "def f(x):\n" + fill("  _1 = torch.add(x, self.layer.weight, alpha=1)\n"),
      "x = [" + fill("1, ") + "]\n",
      "x = f(" + fill("a, ") + ")\n",
      "x = \"" + fill("\\n") + "\"\n",
      "x = " + fill("\"a\" ") + "\n",
      fill("# comment\n"),
      fill("class A(B):\n  a : int\n") + "1",
      "class A:\n" + fill("  def f(self):\n    pass\n"),
      "x = " + fill("a, ") + "\n",
      "x = a" + fill("\\\n") + "\n",
      fill("a"),
      fill("1"),
  };
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text : texts) {
    try {
      parse(text);
    } catch (const Error&) {
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace henson::script
