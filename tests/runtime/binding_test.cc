#include "runtime/api/binding.h"

#include <gtest/gtest.h>

#include "henson/error.h"
#include "tests/runtime/graph_support.h"

namespace henson::runtime {
namespace {

using test::archive_of;
using test::method;
using PublicTensor = henson::Tensor;

/// Of two inputs that are needed and two that have defaults, one between them.
constexpr const char* kParameters =
    "a: Tensor, b: Optional[Tensor]=None, c: Optional[Tensor]=None, d: Optional[Tensor]=None";

BuiltGraph built_without(const std::set<std::string>& omitted) {
  const loader::Archive archive = archive_of(
      method(kParameters,
             {"x = [a]", "if torch.__isnot__(b, None):", "  x = [a, unchecked_cast(Tensor, b)]",
              "else:", "  x = [a]", "return torch.cat(x, 0)"}));
  return build_graph(archive, {"forward", omitted});
}

std::vector<PublicTensor> tensors(std::size_t count) {
  static const float kValues[] = {0, 1, 2, 3, 4, 5};
  std::vector<PublicTensor> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(PublicTensor::borrow(std::span(kValues).subspan(i, 1), {1}));
  }
  return all;
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.message();
  }
  return "";
}

TEST(Binding, ByPositionWhatComesLastMayBeLeftOut) {
  const BuiltGraph usual = built_without({});
  ASSERT_EQ(usual.graph.inputs.size(), 4U);
  using Names = std::set<std::string>;
  EXPECT_EQ(omitted_parameters(usual, tensors(4)), Names());
  EXPECT_EQ(omitted_parameters(usual, tensors(2)), (Names{"c", "d"}));
  EXPECT_EQ(omitted_parameters(usual, tensors(0)), (Names{"b", "c", "d"})) << "a has no default";
  EXPECT_EQ(refusal([&] { omitted_parameters(usual, tensors(5)); }),
            "5 inputs are given, and the model takes 4: 0 (a), 1 (b), 2 (c), 3 (d)");
}

TEST(Binding, PositionsAreTheUsualGraphs) {
  const BuiltGraph usual = built_without({});
  const BuiltGraph less = built_without({"b", "d"});
  const auto places = places_of(usual, less);
  ASSERT_EQ(places.size(), 4U);
  EXPECT_EQ(places[0], 0U);
  EXPECT_FALSE(places[1]);
  EXPECT_EQ(places[2], 1U);
  const std::vector<PublicTensor> given = tensors(3);
  EXPECT_EQ(place_inputs(less, given, places), (GivenInputs{&given[0], &given[2]}));
  EXPECT_EQ(place_inputs(usual, given, places_of(usual, usual)),
            (GivenInputs{&given[0], &given[1], &given[2], nullptr}));
}

TEST(Binding, NamesAndPathsLeadToTheSamePlace) {
  const BuiltGraph usual = built_without({});
  const std::vector<PublicTensor> some = tensors(2);
  const std::vector<NamedInput> given = {{"1", some[0]}, {"a", some[1]}};
  EXPECT_EQ(place_inputs(usual, given),
            (GivenInputs{&given[1].tensor, &given[0].tensor, nullptr, nullptr}));
  const std::vector<NamedInput> twice = {{"0", some[0]}, {"a", some[1]}};
  EXPECT_EQ(refusal([&] { place_inputs(usual, twice); }), "input 0 (a) is given twice");
  const std::vector<NamedInput> wrong = {{"e", some[0]}};
  EXPECT_EQ(refusal([&] { place_inputs(usual, wrong); }),
            "the model has no input `e`; it takes 0 (a), 1 (b), 2 (c), 3 (d)");
}

TEST(Binding, WhatIsMissingIsNamed) {
  const BuiltGraph usual = built_without({});
  const InputUses uses(usual.graph);
  const std::vector<PublicTensor> given = tensors(4);
  EXPECT_EQ(refusal([&] {
              bind_inputs(usual, uses, {&given[0], nullptr, nullptr, nullptr});
            }),
            "input 1 (b) is missing; the model takes 0 (a), 1 (b), 2 (c), 3 (d)");
  const std::vector<Value> values =
      bind_inputs(usual, uses, {&given[0], &given[1], nullptr, nullptr});
  EXPECT_EQ(*values[1].as<Tensor>().data<float>(), 1);
  EXPECT_TRUE(values[2].is_none()) << "nothing reads it";
}

}  // namespace
}  // namespace henson::runtime
