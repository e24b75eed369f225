#include "tools/random_inputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "tests/loader/archive_maker.h"

namespace henson::tools {
namespace {

using Shape = std::vector<std::int64_t>;

Model open_golden(const std::string& name) {
  return Model::open(std::string(HENSON_TEST_DATA) + '/' + name);
}

/// Ids, mask and token types of two layers: 50 words, two types.
std::vector<NamedInput> inputs_of_full(InputSizes sizes, Masks masks, unsigned seed = 1) {
  return random_inputs(open_golden("torch2.13_encoder_full.pt"), sizes, masks, seed);
}

std::vector<std::int64_t> numbers_of(const NamedInput& input) {
  const auto values = input.tensor.values<std::int64_t>();
  return {values.begin(), values.end()};
}

std::size_t input_with(const Model& model, InputRole role) {
  const auto inputs = model.inputs();
  const auto found = std::find_if(inputs.begin(), inputs.end(),
                                  [&](const InputInfo& input) { return input.role == role; });
  EXPECT_NE(found, inputs.end()) << name_of(role);
  return static_cast<std::size_t>(found - inputs.begin());
}

TEST(RandomInputs, HaveTheShapesAskedFor) {
  for (const NamedInput& input : inputs_of_full({3, 11, 0}, Masks::kOnes)) {
    EXPECT_EQ(input.tensor.shape(), (Shape{3, 11})) << input.key;
  }
}

TEST(RandomInputs, DrawIdsOverTheWholeTable) {
  const Model model = open_golden("torch2.13_encoder_full.pt");
  for (const InputRole role : {InputRole::kIds, InputRole::kTokenTypes}) {
    const std::size_t i = input_with(model, role);
    ASSERT_TRUE(model.inputs()[i].table_rows);
    const std::int64_t rows = *model.inputs()[i].table_rows;
    const auto ids = numbers_of(inputs_of_full({100, 20, 0}, Masks::kOnes).at(i));
    const std::set<std::int64_t> distinct(ids.begin(), ids.end());
    EXPECT_EQ(distinct.size(), static_cast<std::size_t>(rows));
    EXPECT_EQ(*distinct.begin(), 0);
    EXPECT_EQ(*distinct.rbegin(), rows - 1);
  }
}

TEST(RandomInputs, MasksOfOnes) {
  const std::size_t mask = input_with(open_golden("torch2.13_encoder_full.pt"), InputRole::kMask);
  EXPECT_EQ(numbers_of(inputs_of_full({2, 5, 0}, Masks::kOnes).at(mask)),
            std::vector<std::int64_t>(10, 1));
}

TEST(RandomInputs, MasksHideTheLastTokens) {
  const std::size_t mask = input_with(open_golden("torch2.13_encoder_full.pt"), InputRole::kMask);
  const std::size_t rows = 8;
  const std::size_t length = 20;
  const auto values = numbers_of(inputs_of_full({rows, length, 0}, Masks::kHideTokens).at(mask));
  std::size_t hidden = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * length);
    const auto last = first + length;
    EXPECT_EQ(*first, 1);
    EXPECT_TRUE(std::is_sorted(first, last, std::greater<>()));
    hidden += static_cast<std::size_t>(std::count(first, last, 0));
  }
  EXPECT_EQ(std::count(values.begin(), values.begin() + length, 0), 0);  // one sees all
  EXPECT_GT(hidden, 0U);
}

TEST(RandomInputs, AreTheSameForTheSameSeed) {
  const auto bytes = [](unsigned seed) {
    return numbers_of(inputs_of_full({2, 7, 0}, Masks::kHideTokens, seed).front());
  };
  EXPECT_EQ(bytes(1), bytes(1));
  EXPECT_NE(bytes(1), bytes(2));
}

TEST(RandomInputs, OfPartsOfADict) {
  const Model model = open_golden("torch2.13_dict_input.pt");
  const auto inputs = random_inputs(model, {2, 5, 0}, Masks::kOnes, 1);
  ASSERT_EQ(inputs.size(), model.inputs().size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(inputs[i].key, model.inputs()[i].path);
  }
  EXPECT_FALSE(Session(model).run(std::span<const NamedInput>(inputs)).tensors().empty());
}

TEST(RandomInputs, OfMultipleChoice) {
  const Model untold = open_golden("torch1.0_encoder_full.pt");
  EXPECT_FALSE(tells_shapes(untold));
  for (const NamedInput& input : random_inputs(untold, {3, 5, 2}, Masks::kHideTokens, 1)) {
    EXPECT_EQ(input.tensor.shape(), (Shape{3, 2, 5})) << input.key;
  }
  const Model told = open_golden("torch2.13_encoder_full.pt");
  EXPECT_TRUE(tells_shapes(told));
  for (const NamedInput& input : random_inputs(told, {3, 5, 2}, Masks::kHideTokens, 1)) {
    EXPECT_EQ(input.tensor.shape(), (Shape{3, 5})) << input.key;
  }
}

TEST(RandomInputs, CasesDiffer) {
  const Model model = open_golden("torch2.13_encoder_full.pt");
  const InputSizes traced = traced_sizes(model);
  const auto cases = random_cases(model);
  std::set<Shape> shapes;
  for (const auto& inputs : cases) shapes.insert(inputs.front().tensor.shape());
  EXPECT_EQ(cases.front().front().tensor.shape(), (Shape{traced.batch, traced.length}));
  EXPECT_EQ(shapes.size(), cases.size());
  EXPECT_GE(cases.size(), 3U);
}

/// A model of one float input, whose archive tells this shape of the dummy input.
Model traced_at(const Shape& shape) {
  const test::TempFile file;
  test::Entries entries = test::small_archive();
  test::entry_named(entries, "m/code/__torch__.py").bytes =
      "class M(Module):\n"
      "  weight : Tensor\n"
      "  def forward(self: __torch__.M,\n"
      "    x: Tensor) -> Tensor:\n"
      "    return torch.relu(x)\n";
  entries.push_back(
      {"m/traced_inputs.pkl", test::PickleMaker()
                                  .raw("}(")
                                  .text("forward")
                                  .raw("]")
                                  .tensor("FloatStorage", "0", 0, 0, shape, Shape(shape.size(), 1))
                                  .raw("au")
                                  .stop()});
  test::write_zip(file.path(), entries);
  return Model::open(file.path());
}

TEST(RandomInputs, OfADummyInputWithoutElements) {
  for (const Shape& shape : {Shape{0}, Shape{0, 7}, Shape{2, 0}, Shape{0, 0}, Shape{3, 0, 2}}) {
    const Model model = traced_at(shape);
    ASSERT_EQ(model.inputs()[0].traced_shape, shape);
    const auto cases = random_cases(model);
    EXPECT_EQ(cases.front().front().tensor.shape(), shape);
    for (const auto& inputs : cases) {
      EXPECT_FALSE(Session(model).run(std::span<const NamedInput>(inputs)).tensors().empty());
    }
  }
}

TEST(RandomInputs, OfADummyInputThatIsTooLarge) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::pair<Shape, std::string> cases[] = {{{kMost}, "[9223372036854775807]"},
                                                 {{1LL << 40, 0}, "[1099511627776, 0]"},
                                                 {{1LL << 32, 7}, "[4294967296, 7]"},
                                                 {{8192, 8193}, "[8192, 8193]"}};
  for (const auto& [shape, text] : cases) {
    const Model model = traced_at(shape);
    const std::string refusal = "an input of shape " + text + " is too large to be made up";
    EXPECT_EQ(test::error_of([&] { random_cases(model); }), refusal);
    EXPECT_EQ(test::error_of([&] { traced_sizes(model); }), refusal);
  }
  const Model small = traced_at({2, 7});
  EXPECT_EQ(test::error_of([&] {
              random_inputs(small, {1 << 20, 1 << 20, 0}, Masks::kOnes, 1);
            }),
            "an input of shape [1048576, 1048576] is too large to be made up");
}

}  // namespace
}  // namespace henson::tools
