// Archives whose code or pickles nest without end, or ask for more work and memory than their size
// is worth: refused by name and line, at once.
#include <gtest/gtest.h>

#include <string>

#include "tests/runtime/hostile_support.h"

namespace henson {
namespace {

using test::answer_of;
using test::answer_to;
using test::class_of;
using test::Entries;
using test::entry_named;
using test::PickleMaker;
using test::TempFile;

std::vector<std::string> repeated(const std::string& first, const std::string& line, int count,
                                  const std::string& last) {
  std::vector<std::string> lines(static_cast<std::size_t>(count) + 1, line);
  lines.front() = first;
  lines.push_back(last);
  return lines;
}

std::string at_line(int line) { return "code/__torch__.py:" + std::to_string(line) + ": "; }

const std::string kTooDeep = "tuples, lists and dicts nest deeper than 128 levels";
const std::string kLevels =
    "the code nests deeper than 1024 levels, calls and expressions together";
const std::string kCalls = "the calls of the code are nested too deep";
const std::string kNoModel = ", which no model needs";

// --- Depth ---------------------------------------------------------------------------------------

TEST(HostileDepth, ChainsOfTuplesListsAndDicts) {
  EXPECT_EQ(answer_to(class_of(repeated("a = (x,)", "a = (a,)", 20000, "return a")), {2, 8}),
            at_line(133) + kTooDeep);
  EXPECT_EQ(answer_to(class_of(repeated("a = [x]", "a = [a]", 20000, "return a")), {2, 8}),
            at_line(133) + kTooDeep);
  EXPECT_EQ(
      answer_to(class_of(repeated("a = {\"k\": x}", "a = {\"k\": a}", 20000, "return a")), {2, 8}),
      at_line(133) + kTooDeep);
}

TEST(HostileDepth, AChainJustWithinTheBoundRuns) {
  EXPECT_EQ(answer_to(class_of(repeated("a = (x,)", "a = (a,)", 127, "return a")), {2, 8}), "");
}

TEST(HostileDepth, AListThatHoldsItself) {
  const std::string message =
      "a list or dict gets another into it after one holds it, or holds itself";
  EXPECT_EQ(
      answer_to(class_of({"a = [x]", "b = torch.append(a, a)", "return torch.cat(a, 0)"}), {2, 8}),
      at_line(6) + message);
  EXPECT_EQ(answer_to(class_of({"a = [x]", "b = [a]", "c = torch.append(a, b)",
                                "return torch.cat(a, 0)"}),
                      {2, 8}),
            at_line(7) + message);
  EXPECT_EQ(answer_to(class_of({"a = {\"x\": x}", "b = torch._set_item(a, \"a\", a)", "return x"}),
                      {2, 8}),
            at_line(6) + message);
}

TEST(HostileDepth, AListThatGrowsByValuesRuns) {
  EXPECT_EQ(answer_to(class_of({"a = [x]", "b = (a, x)", "c = torch.append(a, x)",
                                "return torch.cat(a, 0)"}),
                      {2, 8}),
            "");
}

TEST(HostileDepth, ADefaultThatCallsItself) {
  const std::string code =
      "class M(Module):\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
      "    return __torch__.f(x)\n"
      "def f(x: Tensor,\n    y: Tensor=__torch__.f(1)) -> Tensor:\n  return y\n";
  EXPECT_EQ(answer_to(code, {2, 8}), at_line(6) + kCalls);
}

TEST(HostileDepth, AClassWhoseValueIsItself) {
  const std::string code =
      "class M(Module):\n  v : int = self.v\n  def forward(self: __torch__.M,\n"
      "    x: Tensor) -> Tensor:\n    return torch.add(x, self.v)\n";
  EXPECT_EQ(answer_to(code, {2, 8}), at_line(5) + kLevels);
}

TEST(HostileDepth, AnInputWhoseFieldIsItself) {
  const std::string code =
      "class P(NamedTuple):\n  a : __torch__.P\n"
      "class M(Module):\n  def forward(self: __torch__.M,\n    x: __torch__.P) -> Tensor:\n"
      "    return x\n";
  EXPECT_EQ(answer_to(code, {2, 8}), at_line(4) + kLevels);
}

TEST(HostileDepth, AFunctionThatCallsItselfWithinExpressions) {
  std::string nested = "__torch__.f(x)";
  for (int i = 0; i < 100; ++i) nested = "torch.neg(" + nested + ")";
  const std::string code =
      "class M(Module):\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
      "    return __torch__.f(x)\n"
      "def f(x: Tensor) -> Tensor:\n  return " +
      nested + "\n";
  EXPECT_EQ(answer_to(code, {2, 8}), at_line(6) + kLevels);
}

TEST(HostileDepth, ListsThatTheComputationNests) {
  // What an operator joins is no list of the code any more.
  std::vector<std::string> lines = {"a = torch.split(x, 1, 0)"};
  for (int i = 0; i < 200; ++i) lines.emplace_back("a = torch.add([a], [a])");
  lines.emplace_back("return torch.add(x, torch.len(a))");
  EXPECT_EQ(answer_to(class_of(lines), {2, 8}),
            at_line(133) + "lists and tuples of the computation nest deeper than 128 levels");
}

TEST(HostileDepth, BlocksAndBranches) {
  std::string chain = "    if False:\n      a = x\n";
  for (int i = 0; i < 5000; ++i) chain += "    elif False:\n      a = x\n";
  EXPECT_EQ(answer_to(class_of({"a = x"}) + chain + "    return a\n", {2, 8}),
            at_line(513) + "nested deeper than 256 levels");
}

// --- Work and memory -----------------------------------------------------------------------------

TEST(HostileWork, OutputsThatShare) {
  EXPECT_EQ(answer_to(class_of(repeated("a = (x, x)", "a = (a, a)", 26, "return a")), {2, 8}),
            at_line(3) + "more than 4096 outputs are given" + kNoModel);
}

TEST(HostileWork, TuplesThatShareAreNotLookedThroughForEver) {
  std::vector<std::string> lines = repeated("a = (x, x)", "a = (a, a)", 26, "b = torch.stack(a)");
  lines.emplace_back("return x");
  EXPECT_EQ(
      answer_to(class_of(lines), {2, 8}),
      at_line(32) + "more than 1048576 items of tuples, lists and dicts are looked at" + kNoModel);
}

TEST(HostileWork, CallsOfCalls) {
  std::string code =
      "class M(Module):\n  def forward(self: __torch__.M,\n"
      "    x: Tensor) -> Tensor:\n    return (self).f0(x, )\n";
  for (int i = 0; i < 26; ++i) {
    const std::string next = "(self).f" + std::to_string(i + 1);
    code += "  def f" + std::to_string(i) + "(self: __torch__.M,\n    x: Tensor) -> Tensor:\n" +
            "    a = " + next + "(x, )\n    return " + next + "(a, )\n";
  }
  code += "  def f26(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    return x\n";
  const std::string answer = answer_to(code, {2, 8});
  EXPECT_NE(answer.find(": more than 1048576 expressions and statements are run" + kNoModel),
            std::string::npos)
      << answer;
}

TEST(HostileWork, TextThatDoubles) {
  EXPECT_EQ(answer_to(class_of(repeated("a = \"abcdefgh\"", "a = torch.add(a, a)", 26,
                                        "return torch.add(x, torch.len(a))")),
                      {2, 8}),
            at_line(27) + "more than 67108864 bytes of text are made" + kNoModel);
}

TEST(HostileWork, SizesThatGrowAsFormulas) {
  std::vector<std::string> lines = {
      "d = torch.cat([torch.reshape(x, [-1]), "
      "torch.sum(x, [0])], 0)"};
  for (int i = 0; i < 26; ++i) {
    lines.emplace_back(
        "d = torch.reshape(torch.mul(torch.unsqueeze(d, 0), torch.unsqueeze(d, 1)), [-1])");
  }
  lines.emplace_back("return d");
  const std::string answer = answer_to(class_of(lines), {2, 8});
  EXPECT_NE(answer.find("are needed, more than the machine has left"), std::string::npos) << answer;
}

TEST(HostileWork, InputsByTheThousand) {
  std::string parameters = "x: Tensor";
  for (int i = 0; i < 10000; ++i) parameters += ",\n    x" + std::to_string(i) + ": Tensor";
  EXPECT_EQ(answer_to(class_of({"return x"}, parameters), {2, 8}),
            "the input x1023: more than 1024 inputs are taken" + kNoModel);
}

TEST(HostileWork, CodeByTheMegabyte) {
  EXPECT_EQ(
      answer_to(class_of(repeated("a = x", "a = torch.add(a, 1)", 200000, "return x")), {2, 8}),
      at_line(74902) + "more than 524288 expressions stand in the code" + kNoModel);
}

TEST(HostileWork, OperatorsByTheThousand) {
  EXPECT_EQ(
      answer_to(class_of(repeated("a = x", "a = torch.add(a, 1)", 70000, "return a")), {2, 8}),
      at_line(65542) + "more than 65536 operators are called" + kNoModel);
}

TEST(HostileWork, ATensorTakenApart) {
  const std::string view =
      "b = torch.expand(torch.reshape(torch.slice(torch.reshape(x, [16]), 0, 0, 1), [1]), "
      "[1099511627776])";
  const auto answer = [&](const std::string& line) {
    return answer_to(class_of({view, line, "return torch.add(x, torch.len(l))"}), {2, 8});
  };
  const std::string parts = "1099511627776 parts; at most 65536 can be";
  EXPECT_EQ(answer("l = torch.split(b, 1, 0)"), at_line(6) + "aten::split: split: " + parts);
  EXPECT_EQ(answer("l = torch.unbind(b, 0)"), at_line(6) + "aten::unbind: unbind: " + parts);
  EXPECT_EQ(answer("l = torch.chunk(b, 1099511627776, 0)"),
            at_line(6) + "aten::chunk: chunk: " + parts);
  EXPECT_EQ(answer("l = torch.tensor_split(b, 1099511627776, 0)"),
            at_line(6) + "aten::tensor_split: tensor_split: " + parts);
}

TEST(HostileWork, ListsThatDouble) {
  EXPECT_EQ(answer_to(class_of(repeated("a = [1]", "a = torch.add(a, a)", 26,
                                        "return torch.add(x, torch.len(a))")),
                      {2, 8}),
            at_line(22) + "aten::add: two lists joined to 131072 items are too long");
}

TEST(HostileWork, Combinations) {
  EXPECT_EQ(answer_to(class_of({"a = torch.combinations(torch.reshape(x, [16]), 16, True)",
                                "return torch.add(x, torch.size(a, 0))"}),
                      {2, 8}),
            at_line(5) + "aten::combinations: combinations: too many of them");
}

/// An archive whose root holds `weight` and whatever `more` pickles behind it.
std::string answer_with(const std::string& pickle, const std::string& line) {
  Entries entries = test::small_archive();
  entry_named(entries, "m/data.pkl").bytes = pickle;
  entry_named(entries, "m/code/__torch__.py").bytes = class_of({line, "return torch.add(x, 1)"});
  const TempFile file;
  test::write_zip(file.path(), entries);
  return answer_of(file.path(), {2, 8});
}

TEST(HostileWork, AWeightThatRepeatsItsElements) {
  const std::string pickle = PickleMaker()
                                 .global("__torch__", "M")
                                 .raw(")\x81}(")
                                 .text("weight")
                                 .tensor("FloatStorage", "0", 6, 0, {536870912}, {0})
                                 .raw("ub")
                                 .stop();
  const std::string answer = answer_with(pickle, "a = x");
  EXPECT_NE(answer.find("bytes are made by repeating elements, in a file of "), std::string::npos)
      << answer;
}

TEST(HostileWork, TuplesOfThePickleThatShare) {
  const auto doubled = [](int times) {
    PickleMaker pickle;
    pickle.global("__torch__", "M").raw(")\x81}(").text("weight");
    pickle.tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}).text("q").integer(7).raw("\x85");
    for (int i = 0; i < times; ++i) pickle.raw("2\x86");  // DUP, TUPLE2
    return answer_with(pickle.raw("ub").stop(), "a = self.q");
  };
  EXPECT_EQ(doubled(18), "");
  EXPECT_EQ(doubled(26),
            "data.pkl at byte 261: a value of more than 1048576 parts, with what it shares written "
            "out");
}

TEST(HostileWork, ManyNamesOfOneWeight) {
  PickleMaker pickle;
  pickle.global("__torch__", "M").raw(")\x81}(").text("weight");
  pickle.tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}).raw("q\x01");
  for (int i = 0; i < 20000; ++i) pickle.text("w" + std::to_string(i)).raw("h\x01");
  EXPECT_EQ(answer_with(pickle.raw("ub").stop(), "a = self.w9"), "");
}

TEST(HostileWork, AnEntryThatUnpacksToAHundredMegabytes) {
  Entries entries = test::small_archive();
  entries.push_back({"m/data/1", std::string(100 << 20, '\0'), true});
  entry_named(entries, "m/data.pkl").bytes = PickleMaker()
                                                 .global("__torch__", "M")
                                                 .raw(")\x81}(")
                                                 .text("weight")
                                                 .tensor("FloatStorage", "1", 6, 0, {2}, {1})
                                                 .raw("ub")
                                                 .stop();
  const TempFile file;
  test::write_zip(file.path(), entries);
  const std::string answer = answer_of(file.path(), {2, 8});
  EXPECT_TRUE(answer.starts_with("data/1: more than ")) << answer;
  EXPECT_NE(answer.find(" bytes are unpacked from a file of "), std::string::npos) << answer;
}

// --- Messages ------------------------------------------------------------------------------------

TEST(Messages, AreOneShortLineWhateverIsInThem) {
  const Error error(ErrorCode::kBadArchive, "a\nb\x1b[2J" + std::string(10000, 'x') + "end",
                    {std::string(5000, 'e') + "\r.py", {}, 7});
  const std::string what = error.what();
  EXPECT_LE(what.size(), 400U);
  EXPECT_EQ(what.find_first_of("\n\r\x1b"), std::string::npos);
  EXPECT_NE(what.find("\\x0d.py:7: a\\x0ab\\x1b[2Jxxx"), std::string::npos) << what;
  EXPECT_TRUE(what.ends_with("xxxend")) << what;
  EXPECT_EQ(std::string(Error(ErrorCode::kInternal, "plain").what()), "plain");
}

TEST(Messages, CutNoCharacterInTwo) {
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "\xc3\xa4";
  const std::string message = Error(ErrorCode::kInternal, umlauts).message();
  const std::size_t dots = message.find("...");
  ASSERT_NE(dots, std::string::npos);
  EXPECT_EQ(dots % 2, 0U);
  EXPECT_EQ((message.size() - dots - 3) % 2, 0U);
}

}  // namespace
}  // namespace henson
