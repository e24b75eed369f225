#include "runtime/tasks/output_facts.h"

#include <utility>

namespace henson::tasks {
namespace {

// Two lengths, to tell by which formulas are the length and which are not.
constexpr std::int64_t kShort = 7;
constexpr std::int64_t kLong = 12;

using Shapes = std::vector<std::vector<std::int64_t>>;

/// The shapes of a text's inputs.
Shapes shapes_of(std::span<const InputInfo> inputs, std::int64_t length) {
  Shapes shapes;
  for (const InputInfo& input : inputs) {
    shapes.push_back(input.used ? std::vector{std::int64_t{1}, length} : Shapes::value_type());
  }
  return shapes;
}

std::int64_t size_of(const SymbolicSize& size, const Shapes& few, const Shapes& many) {
  const std::optional<std::int64_t> a = size.at(few);
  const std::optional<std::int64_t> b = size.at(many);
  if (a && a == b) return *a;
  return a == kShort && b == kLong ? OutputFacts::kLength : OutputFacts::kOther;
}

std::string text_of(std::int64_t size, const SymbolicSize& formula) {
  if (size == OutputFacts::kLength) return "length";
  return size == OutputFacts::kOther ? formula.text() : std::to_string(size);
}

}  // namespace

std::vector<OutputFacts> find_output_facts(const Model& model) {
  const Shapes few = shapes_of(model.inputs(), kShort);
  const Shapes many = shapes_of(model.inputs(), kLong);
  std::vector<OutputFacts> all;
  for (const OutputInfo& output : model.outputs()) {
    OutputFacts facts;
    facts.name = output.key.empty() ? std::to_string(all.size()) : output.key;
    for (const SymbolicSize& size : output.shape.value_or(std::vector<SymbolicSize>())) {
      facts.shape.push_back(size_of(size, few, many));
      facts.text += (facts.text.empty() ? "" : ", ") + text_of(facts.shape.back(), size);
    }
    facts.text = '[' + (output.shape ? facts.text : "...") + ']';
    facts.floating = !output.dtype || is_floating(*output.dtype);
    facts.maker = output.maker;
    facts.order = output.order;
    all.push_back(std::move(facts));
  }
  return all;
}

std::string describe(const OutputFacts& output) {
  std::string text = output.text + (output.floating ? "" : " of integers");
  if (output.maker == OutputMaker::kOther) return text;
  const bool linear = output.maker == OutputMaker::kLinear;
  return text + " of " + std::string(linear ? "a linear layer" : name_of(output.maker));
}

std::vector<float> floats_of(const Tensor& tensor) {
  const Tensor floats = tensor.to(DType::kFloat32);
  const std::span<const float> values = floats.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace henson::tasks
