#include "runtime/import/builder.h"

#include <gtest/gtest.h>

#include "henson/error.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::method;

std::string error_of(const loader::Archive& archive) {
  try {
    build_graph(archive);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Builder, MakesANodeOfEachCall) {
  const BuiltGraph built =
      build_graph(archive_of(method("x: Tensor", {"y = torch.add(x, 1)", "return torch.relu(y)"})));
  ASSERT_EQ(built.graph.nodes.size(), 2U);
  EXPECT_EQ(built.graph.nodes[0].op->schema.name, "aten::add");
  EXPECT_EQ(built.graph.nodes[1].where.line, 4U);
  EXPECT_EQ(built.graph.inputs[0].path, "0");
  EXPECT_EQ(built.graph.inputs[0].name, "x");
}

TEST(Builder, AnIfOnAnAttributeIsResolved) {
  const std::string code = method("x: Tensor", {"if self.training:", "  y = torch.relu(x)",
                                                "else:", "  y = torch.tanh(x)", "return y"});
  const BuiltGraph built = build_graph(archive_of(code, {{"training", false}}));
  ASSERT_EQ(built.graph.nodes.size(), 1U);
  EXPECT_EQ(built.graph.nodes[0].op->schema.name, "aten::tanh");
}

TEST(Builder, AnIfOnTheDataIsRefusedByLine) {
  EXPECT_EQ(error_of(archive_of(method("x: Tensor", {"if bool(torch.sum(x)):", "  y = x",
                                                     "else:", "  y = torch.relu(x)", "return y"}))),
            "code/__torch__.py:3: a condition that depends on the data; Henson runs straight-line "
            "code, and resolves an `if` only when it is known as the archive is opened");
}

std::vector<std::string> operators_of(const std::vector<std::string>& lines) {
  const BuiltGraph built = build_graph(archive_of(method("x: Tensor", lines)));
  std::vector<std::string> names;
  for (const Node& node : built.graph.nodes) names.push_back(node.op->schema.name);
  return names;
}

TEST(Builder, AnIfThatOnlyRaisesIsACheck) {
  const std::vector<std::string> checked{"aten::size", "aten::gt", "henson::require", "aten::relu"};
  EXPECT_EQ(
      operators_of({"if torch.gt(torch.size(x, 0), 3):", "  ops.prim.RaiseException(\"too many\")",
                    "else:", "  pass", "return torch.relu(x)"}),
      checked);
  EXPECT_EQ(operators_of({"if torch.gt(torch.size(x, 0), 3):", "  y = torch.relu(x)",
                          "else:", "  ops.prim.RaiseException(\"too few\")", "return y"}),
            checked);
}

TEST(Builder, AnIfOnTheRankIsGuessedAndChecked) {
  const std::vector<std::string> checked{"aten::dim", "aten::eq", "henson::require", "aten::tanh"};
  EXPECT_EQ(operators_of({"if torch.eq(torch.dim(x), 3):", "  y = torch.relu(x)",
                          "else:", "  y = torch.tanh(x)", "return y"}),
            checked);
}

TEST(Builder, ALoopIsRefusedByLine) {
  const std::string error = error_of(
      archive_of(method("x: Tensor", {"for i in range(3):", "  x = torch.relu(x)", "return x"})));
  EXPECT_TRUE(error.starts_with("code/__torch__.py:3: a loop;")) << error;
}

TEST(Builder, OperatorsThatAreNotThereAreNamed) {
  EXPECT_EQ(error_of(archive_of(method("x: Tensor", {"return torch.no_such_thing(x)"}))),
            "code/__torch__.py:3: operator aten::no_such_thing is not supported");
  EXPECT_EQ(
      error_of(archive_of(method("x: Tensor", {"return ops.neuron.forward(x)"}))),
      "code/__torch__.py:3: operator neuron::forward belongs to `neuron`, an extension outside of "
      "PyTorch (a compiled or custom operator); trace the model without it");
  EXPECT_EQ(
      error_of(archive_of(method("x: Tensor", {"return torch.relu(x, \"a\")"}))),
      "code/__torch__.py:3: operator aten::relu is not supported with the arguments (Tensor, str)");
}

TEST(Builder, NamesThatAreNotSetAreRefused) {
  EXPECT_EQ(error_of(archive_of(method("x: Tensor", {"return torch.relu(y)"}))),
            "code/__torch__.py:3: the name `y` is not defined");
}

TEST(Builder, DictInputsGiveAnInputForEachKey) {
  const BuiltGraph built = build_graph(archive_of(
      method("f: Dict[str, Tensor]", {"a = f[\"ids\"]", "return torch.add(a, f[\"mask\"])"})));
  ASSERT_EQ(built.graph.inputs.size(), 2U);
  EXPECT_EQ(built.graph.inputs[1].path, "0.mask");
  EXPECT_EQ(built.graph.inputs[1].name, "f.mask");
  EXPECT_TRUE(built.parameters[0].open);
}

TEST(Builder, RecursionIsBounded) {
  const std::string code = "def f(x: Tensor) -> Tensor:\n  return __torch__.f(x)\n" +
                           method("x: Tensor", {"return __torch__.f(x)"});
  EXPECT_NE(error_of(archive_of(code)).find("nested too deep"), std::string::npos);
}

TEST(Builder, ConstantsThatAreNotThereAreNamed) {
  EXPECT_EQ(error_of(archive_of(method("x: Tensor", {"return torch.add(x, CONSTANTS.c3)"}))),
            "code/__torch__.py:3: the archive has no constant CONSTANTS.c3");
}

}  // namespace
}  // namespace henson::runtime
