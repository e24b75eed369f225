// Operators whose meaning depends on the archive's version.
#include <gtest/gtest.h>

#include "henson/error.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {
namespace {

const Operator* find(std::string_view name, std::string_view overload, std::int64_t version) {
  for (const Operator* const op : OperatorTable::get().overloads(name)) {
    const bool holds = version >= op->versions.first && version <= op->versions.last;
    if (op->schema.overload == overload && holds) return op;
  }
  return nullptr;
}

Tensor call(std::string_view name, std::int64_t version, const Tensor& a, const Tensor& b) {
  const Operator* const op = find(name, "Tensor", version);
  const std::vector<Value> arguments{a, b};
  std::vector<Value> results(1);
  Call call(system_memory(), arguments, results);
  op->kernel(call);
  return results[0].as<Tensor>();
}

TEST(OperatorVersions, DivisionOfIntegersTruncatesBelowVersion4) {
  const Tensor a = Tensor::scalar(std::int64_t{-7});
  const Tensor b = Tensor::scalar(std::int64_t{2});
  const Tensor old = call("aten::div", 3, a, b);
  ASSERT_EQ(old.dtype(), DType::kInt64);
  EXPECT_EQ(*old.data<std::int64_t>(), -3);
  const Tensor now = call("aten::div", 4, a, b);
  ASSERT_EQ(now.dtype(), DType::kFloat32);
  EXPECT_EQ(*now.data<float>(), -3.5f);
}

TEST(OperatorVersions, DivisionOfFloatsIsTheSameInAll) {
  const Tensor a = Tensor::scalar(std::int64_t{7});
  const Tensor b = Tensor::scalar(2.0);
  for (const std::int64_t version : {1, 3, 4, 10}) {
    EXPECT_EQ(*call("aten::div", version, a, b).data<float>(), 3.5f) << version;
  }
}

TEST(OperatorVersions, DivisionInPlaceOfIntegersBelowVersion4) {
  const Tensor a = Tensor::scalar(std::int64_t{7});
  const Tensor b = Tensor::scalar(std::int64_t{2});
  const Tensor result = call("aten::div_", 2, a, b);
  EXPECT_TRUE(result.same_as(a));
  EXPECT_EQ(*a.data<std::int64_t>(), 3);
  EXPECT_THROW(call("aten::div_", 4, a, b), Error);
}

TEST(OperatorVersions, FloorDivideTruncatesWhereTheArchiveIsSurelyOld) {
  const Tensor a = Tensor::scalar(std::int64_t{-7});
  const Tensor b = Tensor::scalar(std::int64_t{2});
  EXPECT_EQ(*call("aten::floor_divide", 2, a, b).data<std::int64_t>(), -3);
  EXPECT_EQ(*call("aten::floor_divide", 3, a, b).data<std::int64_t>(), -4);
}

TEST(OperatorVersions, ComparisonsGiveBytesInVersion0) {
  const Tensor a = Tensor::scalar(std::int64_t{7});
  const Tensor b = Tensor::scalar(std::int64_t{2});
  const Tensor old = call("aten::gt", 0, a, b);
  ASSERT_EQ(old.dtype(), DType::kUInt8);
  EXPECT_EQ(*old.data<std::uint8_t>(), 1);
  const Tensor now = call("aten::gt", 1, a, b);
  ASSERT_EQ(now.dtype(), DType::kBool);
  EXPECT_TRUE(*now.data<bool>());
}

}  // namespace
}  // namespace henson::runtime
