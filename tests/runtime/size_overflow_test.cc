// Sizes made of a file's or a caller's numbers: an overflow is said, and never a wrapped size.
#include <gtest/gtest.h>

#include <limits>

#include "runtime/tensor/bools.h"
#include "runtime/tensor/checked.h"
#include "tests/runtime/hostile_support.h"

namespace henson {
namespace {

using runtime::checked_add;
using test::answer_to;
using test::class_of;
using test::interpreted;
using test::kFirstLine;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
const std::string kHuge = "4611686018427387904";  // 2^62

/// One statement that is answered by its message, behind the place and the operator's name.
struct Case {
  std::string expression;
  std::string message;
};

class SizeOverflow : public testing::TestWithParam<Case> {};

TEST_P(SizeOverflow, IsSaid) {
  const std::string answer = interpreted(class_of({"return " + GetParam().expression}), {2, 8});
  EXPECT_EQ(answer, kFirstLine + GetParam().message);
}

const std::string kPlane = "torch.unsqueeze(x, 0)";  // [1, 2, 8]
const std::string kConvolution = "torch._convolution(" + kPlane +
                                 ", torch.expand(torch.reshape(torch.slice(self.weight, 0, 0, 1), "
                                 "[1, 1, 3]), [1, 2, 3]), None, ";
const std::string kTail = ", False, [0], 1, False, False, True, True)";

INSTANTIATE_TEST_SUITE_P(
    Operators, SizeOverflow,
    testing::Values(
        Case{kConvolution + "[1], [0], [" + kHuge + "]" + kTail,
             "aten::_convolution: a size of 4611686018427387904 * 2 is larger than 64 bits can "
             "hold"},
        Case{kConvolution + "[1], [" + kHuge + "], [1]" + kTail,
             "aten::_convolution: a size of 4611686018427387912 + 4611686018427387904 is larger "
             "than 64 bits can hold"},
        Case{"torch.max_pool1d(" + kPlane + ", [3], [1], [0], [" + kHuge + "])",
             "aten::max_pool1d: a size of 4611686018427387904 * 2 is larger than 64 bits can hold"},
        Case{"torch.max_pool1d(" + kPlane + ", [2], [9223372036854775807], [1], [2], True)",
             "aten::max_pool1d: a size of 7 + 9223372036854775806 is larger than 64 bits can "
             "hold"},
        Case{"torch.adaptive_avg_pool1d(" + kPlane + ", [" + kHuge + "])",
             "aten::adaptive_avg_pool1d: a size of 8 * 4611686018427387904 is larger than 64 bits "
             "can hold"},
        Case{"torch.unfold(torch.expand(torch.slice(torch.reshape(x, [16]), 0, 0, 1), [" + kHuge +
                 "]), 0, 2305843009213693952, 1)",
             "aten::unfold: the sizes of a tensor are negative or too large"},
        Case{"torch.as_strided(x, [1, 1], [" + kHuge + ", 1], 0)",
             "aten::as_strided: the strides of a tensor reach too far"},
        Case{"torch.expand(torch.slice(x, 1, 0, 0), [2, 0, " + kHuge + ", " + kHuge + "])",
             "aten::expand: The expanded size of the tensor (4611686018427387904) must match the "
             "existing size (2) at non-singleton dimension 2"},
        Case{"torch.zeros([" + kHuge + ", " + kHuge + ", 0], dtype=6)",
             "aten::zeros: the sizes of a tensor are negative or too large"},
        Case{"torch.one_hot(torch.full([1], 9223372036854775807, dtype=4), -1)",
             "aten::one_hot: a size of 9223372036854775807 + 1 is larger than 64 bits can hold"},
        Case{"torch.pad(" + kPlane +
                 ", [-9223372036854775808, 9223372036854775807], "
                 "\"replicate\")",
             "aten::pad: narrow(): length must be non-negative."},
        Case{"torch.fake_quantize_per_tensor_affine(x, 0.1, -9223372036854775807, "
             "-9223372036854775807, 9223372036854775807)",
             "aten::fake_quantize_per_tensor_affine: quantize: the quant_min -9223372036854775807 "
             "is out of range"},
        Case{"torch.group_norm(torch.expand(torch.slice(torch.unsqueeze(x, -1), 1, 0, 0), "
             "[2, 0, 8]), 9223372036854775807)",
             "aten::group_norm: a size of 2 * 9223372036854775807 is larger than 64 bits can "
             "hold"},
        Case{"torch.view(x, [-1, -1])", "aten::view: only one dimension can be inferred"}));

TEST(SizeOverflow, HarmlessExtremesStillRun) {
  // The largest end there is, a step past everything, an index that wraps to the last.
  EXPECT_EQ(interpreted(class_of({"return torch.slice(x, 0, 0, 9223372036854775807, "
                                  "9223372036854775807)"}),
                        {2, 8}),
            "");
  EXPECT_EQ(interpreted(class_of({"return torch.slice(x, 1, -9223372036854775808, "
                                  "9223372036854775807, 1)"}),
                        {2, 8}),
            "");
  EXPECT_EQ(
      interpreted(class_of({"n = torch.gcd(-9223372036854775808, 6)", "return torch.add(x, n)"}),
                  {2, 8}),
      "");
}

// The quotient is one more than the largest number: PyTorch's processor stops it, ours says so.
TEST(SizeOverflow, TheLowestNumberByMinusOne) {
  const std::string told = "-9223372036854775808 / -1 is larger than 64 bits can hold";
  const auto answer = [](const std::string& number) {
    return interpreted(class_of({"n = " + number, "return torch.add(x, n)"}), {2, 8});
  };
  for (const std::string function : {"floordiv", "__round_to_zero_floordiv"}) {
    EXPECT_TRUE(answer("torch." + function + "(-9223372036854775808, -1)").ends_with(told))
        << function;
    EXPECT_EQ(answer("torch." + function + "(-9223372036854775807, -1)"), "") << function;
  }
  EXPECT_EQ(answer("torch.remainder(-9223372036854775808, -1)"), "");
  const auto rounded = [&](const std::string& mode) {
    return answer("torch.div(torch.tensor(-9223372036854775808), -1, rounding_mode=\"" + mode +
                  "\")");
  };
  EXPECT_TRUE(rounded("trunc").ends_with(told)) << rounded("trunc");
  EXPECT_EQ(rounded("floor"), "");  // PyTorch wraps it
}

TEST(SizeOverflow, CheckedArithmeticNamesBothNumbers) {
  using runtime::checked_multiply;
  using runtime::checked_subtract;
  EXPECT_EQ(checked_add(kLargest, kLowest), -1);
  EXPECT_EQ(test::error_of([] { checked_add(kLargest, 1); }),
            "a size of 9223372036854775807 + 1 is larger than 64 bits can hold");
  EXPECT_EQ(test::error_of([] { checked_subtract(kLowest, 1); }),
            "a size of -9223372036854775808 - 1 is larger than 64 bits can hold");
  EXPECT_EQ(test::error_of([] { checked_multiply(kLowest, -1); }),
            "a size of -9223372036854775808 * -1 is larger than 64 bits can hold");
  EXPECT_EQ(test::error_of([] { runtime::checked_divide(kLowest, -1); }),
            "-9223372036854775808 / -1 is larger than 64 bits can hold");
  EXPECT_EQ(runtime::checked_divide(kLargest, -1), -kLargest);
  EXPECT_EQ(runtime::checked_divide(-7, 2), -3);
  EXPECT_EQ(runtime::saturated_sum(kLargest, 1), kLargest);
  EXPECT_EQ(runtime::saturated_sum(kLowest, -1), kLowest);
  EXPECT_EQ(runtime::saturated_difference(0, kLowest), kLargest);
  EXPECT_EQ(runtime::saturated_difference(kLowest, 1), kLowest);
}

/// A model whose code counts on two dimensions, and whose table has three rows.
const std::string kUnlocked =
    class_of({"p = torch.unsqueeze(torch.arange(7), 0)", "q = torch.expand_as(p, x)",
              "return torch.add(x, torch.select(torch.embedding(self.weight, q), 2, 0))"});

TEST(Ranks, OtherThanTheModelsAreRefused) {
  const std::string two = "input 0 (x) should have 2 dimensions, and has ";
  EXPECT_EQ(answer_to(kUnlocked, {}), two + "0");
  EXPECT_EQ(answer_to(kUnlocked, {2}), two + "1");
  EXPECT_EQ(answer_to(kUnlocked, {1, 1, 2}), two + "3");
  EXPECT_EQ(answer_to(kUnlocked, {1, 2}), "");
}

TEST(Ranks, ATableThatIsTooShortIsNoReasonToReadPastAShape) {
  const std::string code = class_of({"n = torch.size(x, 1)", "p = torch.arange(n)",
                                     "return torch.add(torch.embedding(self.weight, p), 0)"});
  EXPECT_EQ(answer_to(code, {1, 2}), "");
  EXPECT_NE(answer_to(code, {1, 4}), "");
  EXPECT_NE(answer_to(code, {2}), "");
  EXPECT_NE(answer_to(code, {}), "");
}

TEST(Tensors, EmptyAndMovedFromOnesAreRefused) {
  const test::TempFile file;
  test::write_code(file, kUnlocked);
  const Model model = Model::open(file.path());
  const auto run = [&](const Tensor& tensor) {
    return test::error_of([&] { Session(model).run({tensor}); });
  };
  EXPECT_EQ(run(Tensor()), "input 0 (x) should have 2 dimensions, and has 1");
  const std::vector<float> numbers(2);
  Tensor moved = Tensor::copy(DType::kFloat32, {1, 2}, std::as_bytes(std::span(numbers)));
  const Tensor taken = std::move(moved);
  EXPECT_EQ(run(taken), "");
  EXPECT_EQ(run(moved), "input 0 (x) is a tensor that was moved from");  // NOLINT: on purpose
  EXPECT_TRUE(moved.bytes().empty());                                    // NOLINT
}

TEST(Bools, AnyByteButZeroIsTrue) {
  const std::byte given[] = {std::byte{0}, std::byte{1}, std::byte{2}, std::byte{255}};
  const auto buffer = runtime::as_bools(runtime::Buffer::borrow(given));
  EXPECT_TRUE(buffer->read_only());
  const std::vector<std::byte> bytes(buffer->data(), buffer->data() + buffer->size());
  EXPECT_EQ(bytes,
            (std::vector<std::byte>{std::byte{0}, std::byte{1}, std::byte{1}, std::byte{1}}));
  const std::byte sound[] = {std::byte{1}, std::byte{0}};
  EXPECT_EQ(runtime::as_bools(runtime::Buffer::borrow(sound))->data(), sound);
}

TEST(Bools, OfAFileAndOfACallerIndexAsTrue) {
  const std::string bytes("\x00\x02", 2);
  test::Entries entries = test::small_archive();
  test::entry_named(entries, "m/data/0").bytes = bytes;
  test::entry_named(entries, "m/data.pkl").bytes = test::PickleMaker()
                                                       .global("__torch__", "M")
                                                       .raw(")\x81}(")
                                                       .text("weight")
                                                       .tensor("BoolStorage", "0", 2, 0, {2}, {1})
                                                       .raw("ub")
                                                       .stop();
  test::entry_named(entries, "m/code/__torch__.py").bytes =
      class_of({"a = torch.index(x, [self.weight])", "return torch.logical_not(a)"});
  const test::TempFile file;
  test::write_zip(file.path(), entries);
  const auto given = std::as_bytes(std::span(bytes));
  const Output output =
      Session(Model::open(file.path())).run({Tensor::borrow(DType::kBool, {2}, given)});
  // The second element alone is chosen, and is true.
  ASSERT_EQ(output.tensor.shape(), std::vector<std::int64_t>{1});
  EXPECT_FALSE(output.tensor.values<bool>()[0]);
}

}  // namespace
}  // namespace henson
