#include "runtime/operators/schema.h"

#include <gtest/gtest.h>

#include "henson/error.h"

namespace henson::runtime {
namespace {

TEST(Schema, ReadsArgumentsDefaultsAndAliases) {
  const Schema schema = parse_schema(
      "aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)");
  EXPECT_EQ(schema.name, "aten::add_");
  EXPECT_EQ(schema.overload, "Tensor");
  ASSERT_EQ(schema.arguments.size(), 3U);
  EXPECT_TRUE(schema.arguments[0].alias.write);
  EXPECT_EQ(schema.arguments[0].alias.set, 'a');
  EXPECT_FALSE(schema.arguments[1].keyword_only);
  EXPECT_TRUE(schema.arguments[2].keyword_only);
  EXPECT_EQ(schema.arguments[2].default_value->as<std::int64_t>(), 1);
  EXPECT_EQ(schema.result_aliases[0].set, 'a');
}

TEST(Schema, ReadsListsOptionalsAndSeveralResults) {
  const Schema schema = parse_schema(
      "aten::f(Tensor[] a, int[2]? b=None, float c=-inf, int[] d=[1, 2]) -> (Tensor values, "
      "Tensor(a)[] rest)");
  EXPECT_EQ(to_string(schema.arguments[0].type), "Tensor[]");
  EXPECT_EQ(to_string(schema.arguments[1].type), "int[]?");
  EXPECT_TRUE(schema.arguments[1].int_as_list);
  EXPECT_TRUE(schema.arguments[1].default_value->is_none());
  EXPECT_LT(schema.arguments[2].default_value->as<double>(), 0);
  EXPECT_EQ(schema.results.size(), 2U);
  EXPECT_EQ(to_string(schema.results[1]), "Tensor[]");
}

TEST(Schema, RefusesWhatIsMalformed) {
  EXPECT_THROW(parse_schema("aten::f(Tensor a"), Error);
  EXPECT_THROW(parse_schema("aten::f(Wrong a) -> Tensor"), Error);
  EXPECT_THROW(parse_schema("aten::f(Tensor a) -> Tensor trailing text"), Error);
}

}  // namespace
}  // namespace henson::runtime
