#include "runtime/graph/overloads.h"

#include <gtest/gtest.h>

namespace henson::runtime {
namespace {

const Type kTensorType{TypeKind::kTensor, {}};
const Type kIntType{TypeKind::kInt, {}};
const Type kFloatType{TypeKind::kFloat, {}};

std::string overload(std::string_view name, const CallTypes& call, std::int64_t version = 6) {
  const std::optional<Match> match = match_overload(name, call, version);
  return match ? match->op->schema.overload : "none";
}

TEST(Overloads, TensorsAndNumbersAreTold) {
  EXPECT_EQ(overload("aten::add", {{kTensorType, kTensorType}, {}}), "Tensor");
  EXPECT_EQ(overload("aten::add", {{kTensorType, kFloatType}, {}}), "Scalar");
  EXPECT_EQ(overload("aten::add", {{kIntType, kIntType}, {}}), "int");
}

TEST(Overloads, KeywordsAreMatchedByName) {
  const auto match =
      match_overload("aten::add", {{kTensorType, kTensorType}, {{"alpha", kIntType}}}, 6);
  ASSERT_TRUE(match);
  EXPECT_EQ(match->sources[2], std::size_t{2});
  EXPECT_EQ(overload("aten::add", {{kTensorType, kTensorType}, {{"beta", kIntType}}}), "none");
}

TEST(Overloads, AKeywordGivenTwiceDoesNotMatch) {
  EXPECT_EQ(overload("aten::add", {{kTensorType, kTensorType}, {{"other", kTensorType}}}), "none");
}

TEST(Overloads, TheVersionDecidesWhatDivisionMeans) {
  const CallTypes call{{kTensorType, kTensorType}, {}};
  const auto old_meaning = match_overload("aten::div", call, 3);
  const auto new_meaning = match_overload("aten::div", call, 4);
  ASSERT_TRUE(old_meaning && new_meaning);
  EXPECT_NE(old_meaning->op, new_meaning->op);
}

TEST(Overloads, NamesThatAreNotThereMatchNothing) {
  EXPECT_EQ(overload("aten::no_such_operator", {{kTensorType}, {}}), "none");
}

}  // namespace
}  // namespace henson::runtime
