#include "runtime/operators/dtype_rules.h"

#include <algorithm>
#include <vector>

#include "runtime/operators/promotion.h"

namespace henson::runtime::dtypes {
namespace {

/// What an operand of promotion is, as far as it is known.
struct Operand {
  std::optional<DType> dtype;
  std::optional<bool> floating;
  bool number = false;
  std::optional<bool> dimensional;  // of a tensor: whether it has any dimensions
  bool operator==(const Operand&) const = default;
};

std::optional<bool> has_dimensions(const Fact& fact) {
  if (fact.dims) return !fact.dims->empty();
  return fact.least_rank > 0 ? std::optional(true) : std::nullopt;
}

Operand number_operand(TypeKind kind, const Value* constant) {
  Operand operand;
  operand.number = true;
  if (kind == TypeKind::kNumber && constant != nullptr) {
    if (constant->is<std::int64_t>()) kind = TypeKind::kInt;
    if (constant->is<double>()) kind = TypeKind::kFloat;
    if (constant->is<bool>()) kind = TypeKind::kBool;
  }
  if (kind == TypeKind::kInt) operand.dtype = DType::kInt64;
  if (kind == TypeKind::kFloat) operand.dtype = DType::kFloat32;
  if (kind == TypeKind::kBool) operand.dtype = DType::kBool;
  if (operand.dtype) operand.floating = is_floating(*operand.dtype);
  return operand;
}

void add_operands(const Fact& fact, std::vector<Operand>& operands) {
  switch (fact.kind) {
    case TypeKind::kNone:
      return;
    case TypeKind::kTensor:
      operands.push_back({fact.dtype, fact.floating, false, has_dimensions(fact)});
      return;
    case TypeKind::kList:
      if (fact.items) {
        for (const Fact& item : *fact.items) add_operands(item, operands);
      } else {
        operands.push_back({fact.dtype, fact.floating, false, std::nullopt});
      }
      return;
    default:
      if (fact.constant != nullptr && fact.constant->is_none()) return;
      operands.push_back(number_operand(fact.kind, fact.constant));
  }
}

/// The results of promotion for each way to fill in the ranks that are not known.
void promote_all(std::span<const Operand> rest, const Promotion& so_far,
                 std::vector<DType>& results) {
  if (rest.empty()) {
    results.push_back(so_far.result());
    return;
  }
  const Operand& first = rest.front();
  if (first.number) {
    promote_all(rest.subspan(1), Promotion(so_far).add_number(*first.dtype), results);
    return;
  }
  for (const bool dimensional : {false, true}) {
    if (first.dimensional.value_or(dimensional) != dimensional) continue;
    promote_all(rest.subspan(1), Promotion(so_far).add(*first.dtype, dimensional), results);
  }
}

/// Floating types win whatever the ranks.
Fact promote_categories(const std::vector<Operand>& operands) {
  Fact fact;
  bool all_known = true;
  for (const Operand& operand : operands) {
    if (operand.floating == true) fact.floating = true;
    all_known = all_known && operand.floating;
  }
  if (!fact.floating && all_known) fact.floating = false;
  return fact;
}

constexpr std::size_t kMostOperands = 8;  // each of unknown rank doubles the work

std::vector<Operand> operands_of(const Inference& call,
                                 std::initializer_list<std::size_t> arguments) {
  std::vector<Operand> operands;
  for (const std::size_t i : arguments) {
    if (i < call.size()) add_operands(call.arg(i), operands);
  }
  return operands;
}

Fact promote_operands(const std::vector<Operand>& all) {
  if (all.empty()) return {};
  Fact fact = promote_categories(all);
  std::vector<Operand> operands;  // each kind once: another of it changes nothing
  for (const Operand& operand : all) {
    if (!operand.dtype) return fact;
    const bool met = std::find(operands.begin(), operands.end(), operand) != operands.end();
    if (!met) operands.push_back(operand);
  }
  if (operands.size() > kMostOperands) return fact;
  std::vector<DType> results;
  promote_all(operands, Promotion(), results);
  for (const DType result : results) {
    if (result != results.front()) return fact;
  }
  fact.dtype = results.front();
  return fact;
}

}  // namespace

Fact promote_facts(const Inference& call, std::initializer_list<std::size_t> arguments) {
  return promote_operands(operands_of(call, arguments));
}

Fact promote_facts(std::span<const Fact> facts) {
  std::vector<Operand> operands;
  for (const Fact& fact : facts) add_operands(fact, operands);
  return promote_operands(operands);
}

Fact promote_arrays(const Inference& call, std::initializer_list<std::size_t> arguments) {
  std::vector<Operand> operands = operands_of(call, arguments);
  for (Operand& operand : operands) operand.dimensional = true;
  return promote_operands(operands);
}

Fact as_floating(Fact fact) {
  if (fact.dtype) fact.floating = is_floating(*fact.dtype);
  if (fact.floating == false) fact.dtype = DType::kFloat32;
  fact.floating = true;
  return fact;
}

void give(Inference& call, const Fact& type) {
  for (std::size_t i = 0; i < call.result_count(); ++i) {
    call.result(i).dtype = type.dtype;
    call.result(i).floating = type.floating;
  }
}

Fact type_of(const Fact& fact) {
  Fact type;
  type.dtype = fact.dtype;
  type.floating = fact.floating;
  if (!fact.items || fact.items->empty()) return type;
  const Fact& first = fact.items->front();
  const auto all_have = [&](auto member) {
    return std::all_of(fact.items->begin(), fact.items->end(),
                       [&](const Fact& item) { return item.*member == first.*member; });
  };
  if (!type.dtype && all_have(&Fact::dtype)) type.dtype = first.dtype;
  if (!type.floating && all_have(&Fact::floating)) type.floating = first.floating;
  return type;
}

namespace {

/// Takes what is not known yet from a tensor, or from any tensor of a list.
void learn_type(const Fact& from, Fact& type) {
  if (from.kind == TypeKind::kTensor || from.kind == TypeKind::kList) {
    if (!type.dtype) type.dtype = from.dtype;
    if (!type.floating) type.floating = from.floating;
  }
  if (!from.items) return;
  for (const Fact& item : *from.items) learn_type(item, type);
}

}  // namespace

Fact shared_fact(const Inference& call, std::initializer_list<std::size_t> arguments) {
  Fact type;
  for (const std::size_t i : arguments) {
    if (i < call.size()) learn_type(call.arg(i), type);
  }
  return type;
}

void shared(Inference& call) {
  Fact type;
  for (std::size_t i = 0; i < call.size(); ++i) learn_type(call.arg(i), type);
  give(call, type);
}

void with_places(Inference& call) {
  same<0>(call);
  for (std::size_t i = 1; i < call.result_count(); ++i) {
    call.result(i).dtype = DType::kInt64;
    call.result(i).floating = false;
  }
}

void each(Inference& call) {
  same<0>(call);
  const std::optional<std::vector<Fact>>& items = call.arg(0).items;
  if (!items) return;
  call.result().items.emplace();
  for (const Fact& item : *items) {
    Fact part;
    part.kind = TypeKind::kTensor;
    part.dtype = item.dtype;
    part.floating = item.floating;
    call.result().items->push_back(std::move(part));
  }
}

bool told(Inference& call) {
  const std::optional<std::size_t> place = call.place("dtype");
  if (!place) return false;
  const Value* const constant = call.arg(*place).constant;
  if (constant == nullptr) return true;  // not known yet
  if (constant->is_none()) return false;
  Fact type;
  if (constant->is<std::int64_t>()) type.dtype = dtype_from_number(constant->as<std::int64_t>());
  give(call, type);
  return true;
}

void summed(Inference& call) {
  Fact type;
  type.dtype = call.arg(0).dtype;
  type.floating = call.arg(0).floating;
  const bool whole = type.dtype && !is_floating(*type.dtype) && !is_quantized(*type.dtype);
  if (whole || type.floating == false) type.dtype = DType::kInt64;
  give(call, type);
}

}  // namespace henson::runtime::dtypes
