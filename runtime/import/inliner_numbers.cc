#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "runtime/import/inliner.h"
#include "runtime/operators/numbers.h"

namespace henson::runtime {
namespace {

constexpr std::array<std::string_view, 8> kTakeNumbers = {
    "aten::add",    "aten::sub",      "aten::mul",      "aten::div",
    "aten::divide", "aten::multiply", "aten::subtract", "aten::true_divide"};

/// The operand that may be a number: the second one, given by position or by name.
Term* second_operand(std::vector<Term>& positional,
                     std::vector<std::pair<std::string, Term>>& keywords) {
  if (positional.size() > 1) return &positional[1];
  const auto found = std::find_if(keywords.begin(), keywords.end(),
                                  [](const auto& keyword) { return keyword.first == "other"; });
  return found == keywords.end() ? nullptr : &found->second;
}

}  // namespace

/// TorchScript's executor turns a 0-dimensional tensor of the constants table into a number where
/// it is itself the second operand of these, before it runs anything (its pass CanonicalizeOps):
/// such a number weighs less in type promotion. An attribute stays a tensor, and so does what any
/// operator made of a constant.
void Inliner::read_constant_as_number(const std::string& name, Arguments& arguments,
                                      const Frame& frame) {
  if (std::find(kTakeNumbers.begin(), kTakeNumbers.end(), name) == kTakeNumbers.end()) return;
  for (const auto& keyword : arguments.keywords) {
    if (keyword.first == "rounding_mode") return;
  }
  if (arguments.positional.empty()) return;
  if (type_of_term(arguments.positional[0], frame).kind != TypeKind::kTensor) return;
  Term* const other = second_operand(arguments.positional, arguments.keywords);
  const Value* const known = other == nullptr ? nullptr : constant_value(*other);
  if (known == nullptr || !known->is<Tensor>()) return;
  const Tensor& tensor = known->as<Tensor>();
  const std::string place = graph_.values[*other->get<ValueId>()].name;
  const bool counts = tensor.dim() == 0 && tensor.dtype() != DType::kBool &&  // PyTorch fails there
                      place.starts_with("CONSTANTS.");
  // A quotient's type is the same for an integer of either kind, but archives of old drop the
  // fraction where both operands are integers, and there PyTorch keeps the tensor.
  const bool quotient = name.ends_with("div") || name.ends_with("divide");
  if (!counts || (quotient && !is_floating(tensor.dtype()))) return;
  *other = constant(to_value(to_scalar(tensor)), place);
}

}  // namespace henson::runtime
