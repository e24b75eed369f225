#include "runtime/execution/interpreter.h"

#include <gtest/gtest.h>

#include "henson/error.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::method;

float first(const Value& value) { return *value.as<Tensor>().data<float>(); }

TEST(Interpreter, WritesReachEveryAlias) {
  const BuiltGraph built = build_graph(
      archive_of(method("x: Tensor", {"y = torch.add(x, 0)", "v = torch.select(y, 0, 0)",
                                      "z = torch.add_(y, 10)", "return torch.unsqueeze(v, 0)"})));
  const float values[] = {1, 2};
  const Value inputs[] = {
      Tensor::view(DType::kFloat32, Buffer::borrow(std::as_bytes(std::span(values))), {2}, {1}, 0)};
  EXPECT_EQ(first(Interpreter(built.graph).run(inputs)[0]), 11);
}

TEST(Interpreter, AConstantThatIsWrittenIsFreshInEachRun) {
  loader::Archive archive = archive_of(
      method("x: Tensor", {"c = torch.detach(CONSTANTS.c0)", "return torch.add_(c, x)"}));
  archive.constants = {test::stored({1}, {5})};
  const BuiltGraph built = build_graph(archive);
  const Interpreter interpreter(built.graph);
  const Value inputs[] = {Tensor::scalar(1.0)};
  EXPECT_EQ(first(interpreter.run(inputs)[0]), 6);
  EXPECT_EQ(first(interpreter.run(inputs)[0]), 6);
}

TEST(Interpreter, AnInputThatIsWrittenIsNotTheCallers) {
  const BuiltGraph built =
      build_graph(archive_of(method("x: Tensor", {"return torch.add_(x, 1)"})));
  const float values[] = {1};
  const Value inputs[] = {
      Tensor::view(DType::kFloat32, Buffer::borrow(std::as_bytes(std::span(values))), {1}, {1}, 0)};
  EXPECT_EQ(first(Interpreter(built.graph).run(inputs)[0]), 2);
  EXPECT_EQ(values[0], 1);
}

/// The type of an expression over an int64 tensor `x` and float16 constants of the archive: c0 has
/// no dimension, c1 has one.
DType type_with_constants(const std::string& expression) {
  loader::Archive archive = archive_of(method("x: Tensor", {"return " + expression}));
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{}, {1}}) {
    const std::shared_ptr<loader::StoredTensor> constant = test::stored(shape, {0});
    constant->dtype = DType::kFloat16;
    archive.constants.emplace_back(constant);
  }
  const BuiltGraph built = build_graph(archive);
  const std::int64_t values[] = {3};
  const Value inputs[] = {
      Tensor::view(DType::kInt64, Buffer::borrow(std::as_bytes(std::span(values))), {1}, {1}, 0)};
  return Interpreter(built.graph).run(inputs)[0].as<Tensor>().dtype();
}

TEST(Interpreter, AConstantWithoutDimensionsIsANumberWherePyTorchTakesItForOne) {
  for (const char* const as_number :
       {"torch.add(x, CONSTANTS.c0)", "torch.sub(x, CONSTANTS.c0, alpha=2)",
        "torch.mul(x, CONSTANTS.c0)", "torch.div(x, CONSTANTS.c0)",
        "torch.multiply(x, CONSTANTS.c0)", "torch.divide(x, other=CONSTANTS.c0)"}) {
    EXPECT_EQ(type_with_constants(as_number), DType::kFloat32) << as_number;
  }
  for (const char* const as_tensor :
       {"torch.mul(CONSTANTS.c0, x)", "torch.mul(x, CONSTANTS.c1)", "torch.rsub(x, CONSTANTS.c0)",
        "torch.mul(x, torch.detach(CONSTANTS.c0))", "torch.pow(x, CONSTANTS.c0)",
        "torch.div(x, CONSTANTS.c0, rounding_mode=\"floor\")"}) {
    EXPECT_EQ(type_with_constants(as_tensor), DType::kFloat16) << as_tensor;
  }
}

TEST(Interpreter, ErrorsCarryTheLine) {
  const BuiltGraph built =
      build_graph(archive_of(method("x: Tensor", {"return torch.view(x, [3, 3])"})));
  const Value inputs[] = {Tensor::scalar(1.0)};
  try {
    Interpreter(built.graph).run(inputs);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.place().line, 3U);
    EXPECT_TRUE(error.message().starts_with("aten::view: ")) << error.message();
  }
}

TEST(Interpreter, ListsAreTakenApartByTheirCount) {
  const BuiltGraph built = build_graph(
      archive_of(method("x: Tensor", {"a, b = torch.unbind(x, 0)", "return torch.sub(a, b)"})));
  const float values[] = {7, 3, 1};
  const Interpreter interpreter(built.graph);
  const auto input = [&](std::int64_t n) {
    return Value(Tensor::view(DType::kFloat32, Buffer::borrow(std::as_bytes(std::span(values))),
                              {n}, {1}, 0));
  };
  EXPECT_EQ(first(interpreter.run(std::vector<Value>{input(2)})[0]), 4);
  EXPECT_THROW(interpreter.run(std::vector<Value>{input(3)}), Error);
}

TEST(Interpreter, IdOutsideATableNamesInputAndTable) {
  const BuiltGraph built =
      build_graph(archive_of(method("ids: Tensor", {"return torch.embedding(self.words, ids)"}),
                             {{"words", test::stored({2, 1}, {5, 6})}}));
  Tensor ids = Tensor::empty(system_memory(), DType::kInt64, {1, 2});
  ids.mutable_data<std::int64_t>()[0] = 1;
  ids.mutable_data<std::int64_t>()[1] = 7;
  const Value inputs[] = {ids};
  try {
    Interpreter(built.graph).run(inputs);
    FAIL() << "ran";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "code/__torch__.py:3: input 0 (ids) has the id 7 at [0, 1]; the table words has 2 "
                 "rows");
  }
}

TEST(Interpreter, ComparisonsFromBeforeBooleansAreBytes) {
  loader::Archive archive =
      archive_of(method("x: Tensor", {"m = torch.eq(x, 0)", "return torch.rsub(m, 1, 1)"}));
  archive.version = 0;  // PyTorch 1.0, 1.1
  const BuiltGraph built = build_graph(archive);
  Tensor x = Tensor::empty(system_memory(), DType::kFloat32, {2});
  x.mutable_data<float>()[0] = 0;
  x.mutable_data<float>()[1] = 3;
  const Value inputs[] = {x};
  const Tensor result = Interpreter(built.graph).run(inputs)[0].as<Tensor>();
  ASSERT_EQ(result.dtype(), DType::kUInt8);
  EXPECT_EQ(result.data<std::uint8_t>()[0], 0);
  EXPECT_EQ(result.data<std::uint8_t>()[1], 1);
}

}  // namespace
}  // namespace henson::runtime
