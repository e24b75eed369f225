#include "runtime/operators/inference.h"

#include <algorithm>

#include "runtime/operators/fact_items.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {
namespace {

std::optional<std::int64_t> integer_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(value)) return *integer;
  if (const auto* flag = std::get_if<bool>(value)) return *flag ? 1 : 0;
  return std::nullopt;
}

Fact fact_of_tensor(const Tensor& tensor) {
  Fact fact;
  fact.kind = TypeKind::kTensor;
  if (!tensor.defined()) return fact;
  fact.dtype = tensor.dtype();
  fact.floating = is_floating(tensor.dtype());
  fact.least_rank = tensor.sizes().size();
  fact.dims.emplace();
  for (const std::int64_t size : tensor.sizes()) fact.dims->push_back(Dimension::of(size));
  if (tensor.numel() == 1 && is_integral(tensor.dtype())) {
    fact.number = Dimension::of(*tensor.to(system_memory(), DType::kInt64).data<std::int64_t>());
  }
  return fact;
}

void settle(Fact& fact) {
  if (fact.dtype) fact.floating = is_floating(*fact.dtype);
  if (fact.dims) fact.least_rank = fact.dims->size();
  if (!fact.items) return;
  for (Fact& item : *fact.items) {
    if (!item.dtype) item.dtype = fact.dtype;
    if (!item.floating) item.floating = fact.floating;
    settle(item);
  }
}

/// A result that is the argument itself, written.
void show_written(const Operator& op, std::span<const Fact> arguments, std::size_t i,
                  Fact& result) {
  const Alias& alias = op.schema.result_aliases[i];
  if (!alias.write) return;
  for (std::size_t a = 0; a < arguments.size(); ++a) {
    if (op.schema.arguments[a].alias.set != alias.set) continue;
    result.dtype = arguments[a].dtype;
    result.floating = arguments[a].floating;
    if (op.rule.has_any(Trait::kReshapes)) return;
    result.dims = arguments[a].dims;
    result.least_rank = arguments[a].least_rank;
    return;
  }
}

}  // namespace

std::size_t count_of(const Fact& fact) {
  std::size_t count = 1;
  if (fact.items) {
    for (const Fact& item : *fact.items) count += count_of(item);
  }
  return count;
}

void ItemCollector::add(const Fact& item) {
  if (!items_) return;
  count_ += count_of(item);
  if (count_ > kMostItems) {
    items_.reset();
  } else {
    items_->push_back(item);
  }
}

Fact fact_of(const Value& value) {
  Fact fact;
  if (const auto* tensor = std::get_if<Tensor>(&value)) fact = fact_of_tensor(*tensor);
  if (const auto number = integer_of(&value)) {
    fact.kind = value.is<bool>() ? TypeKind::kBool : TypeKind::kInt;
    fact.number = Dimension::of(*number);
  } else if (value.is<double>()) {
    fact.kind = TypeKind::kFloat;
  } else if (value.is<std::string>()) {
    fact.kind = TypeKind::kString;
  } else if (value.is_none()) {
    fact.kind = TypeKind::kNone;
  } else if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value)) {
    fact.kind = TypeKind::kList;
    ItemCollector items;
    if ((*list)->items.size() <= kMostItems) {
      for (const Value& item : (*list)->items) items.add(fact_of(item));
      fact.items = items.take();
    }
  }
  fact.constant = &value;
  return fact;
}

std::optional<std::int64_t> evaluate(SizeFunction function, std::int64_t a, std::int64_t b) {
  if (function == SizeFunction::kMin) return std::min(a, b);
  if (function == SizeFunction::kMax) return std::max(a, b);
  if (b <= 0) return std::nullopt;
  const std::int64_t rest = a % b + (a % b < 0 ? b : 0);
  if (function == SizeFunction::kRemainder) return rest;
  if (function == SizeFunction::kTrueDivide && rest != 0) return std::nullopt;
  const std::int64_t floor = a / b - (a % b < 0 ? 1 : 0);
  return function == SizeFunction::kSteps && rest > 0 ? floor + 1 : floor;
}

std::optional<std::size_t> Inference::place(std::string_view name) const {
  return op_.schema.place_of(name);
}

bool Inference::is_none(std::size_t i) const {
  const Value* const constant = arguments_[i].constant;
  return constant != nullptr && constant->is_none();
}

std::optional<std::int64_t> Inference::integer(std::size_t i) const {
  if (i >= arguments_.size()) return std::nullopt;
  if (const auto constant = integer_of(arguments_[i].constant)) return constant;
  if (is_tensor(i) || domain_ == nullptr) return std::nullopt;
  const std::optional<Dimension> formula = number(i);
  return formula ? formula->literal() : std::nullopt;
}

std::optional<std::int64_t> Inference::integer(std::string_view name,
                                               std::int64_t otherwise) const {
  const std::optional<std::size_t> i = place(name);
  return i ? integer(*i) : std::optional(otherwise);
}

std::optional<std::vector<std::int64_t>> Inference::integers(std::size_t i) const {
  if (i >= arguments_.size()) return std::nullopt;
  if (const auto one = integer(i)) return {{*one}};
  if (!arguments_[i].items) return std::nullopt;
  std::vector<std::int64_t> found;
  for (const Fact& item : *arguments_[i].items) {
    std::optional<std::int64_t> number = integer_of(item.constant);
    if (!number && domain_ != nullptr && item.number) {
      number = domain_->resolve(*item.number).literal();
    }
    if (!number) return std::nullopt;
    found.push_back(*number);
  }
  return found;
}

std::optional<std::vector<std::int64_t>> Inference::integers(std::string_view name) const {
  const std::optional<std::size_t> i = place(name);
  return i ? integers(*i) : std::nullopt;
}

std::optional<bool> Inference::flag(std::string_view name) const {
  const std::optional<std::int64_t> number = integer(name, 0);
  return number ? std::optional(*number != 0) : std::nullopt;
}

std::optional<Dimensions> Inference::resolved(const std::optional<Dimensions>& dims) const {
  if (!dims) return std::nullopt;
  Dimensions known;
  for (const Dimension& size : *dims) known.push_back(domain_->resolve(size));
  return known;
}

std::optional<Dimension> Inference::number(std::size_t i) const {
  if (i >= arguments_.size() || !arguments_[i].number) return std::nullopt;
  return domain_->resolve(*arguments_[i].number);
}

std::optional<Dimension> Inference::size_argument(std::size_t i, SitePurpose purpose,
                                                  const std::optional<Dimension>& against) const {
  const auto constant = integer_of(arguments_[i].constant);
  if (constant && *constant > 0) {
    return domain_->size_of_number(*constant, {i, std::nullopt, purpose}, against);
  }
  return number(i);
}

std::optional<std::vector<std::optional<Dimension>>> Inference::size_list(
    std::size_t i, SitePurpose purpose) const {
  const Fact& list = arguments_[i];
  const std::vector<Fact> single = list.items ? std::vector<Fact>() : std::vector<Fact>{list};
  std::vector<std::optional<Dimension>> sizes;
  for (const Fact& item : list.items ? *list.items : single) {
    if (!item.number) return std::nullopt;
    const Dimension size = domain_->resolve(*item.number);
    const std::optional<std::int64_t> literal = size.literal();
    if (literal == -1) {
      sizes.emplace_back();
    } else if (literal && *literal > 0) {
      sizes.emplace_back(domain_->size_of_number(*literal, {i, sizes.size(), purpose}, {}));
    } else {
      sizes.emplace_back(size);
    }
  }
  return sizes;
}

std::size_t Inference::wrap(std::int64_t dim, std::size_t rank) {
  const auto bound = static_cast<std::int64_t>(rank == 0 ? 1 : rank);
  if (dim < -bound || dim >= bound) throw Mismatch{};
  return static_cast<std::size_t>(dim < 0 ? dim + bound : dim);
}

std::optional<std::size_t> Inference::dim_at(std::optional<std::int64_t> dim, std::size_t rank) {
  if (!dim) return std::nullopt;
  const std::size_t at = wrap(*dim, rank);
  return at < rank ? std::optional(at) : std::nullopt;
}

Dimensions Inference::broadcast(const Dimensions& a, const Dimensions& b) const {
  Dimensions result = a.size() > b.size() ? a : b;
  const Dimensions& shorter = a.size() > b.size() ? b : a;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    Dimension& size = result[result.size() - 1 - i];
    size = domain_->broadcast(size, shorter[shorter.size() - 1 - i]);
  }
  return result;
}

void Inference::give(const Dimensions& dims) {
  for (Fact& fact : results_) fact.dims = dims;
}

void infer(const Operator& op, std::span<const Fact> arguments, std::span<Fact> results,
           ShapeDomain* domain) {
  Inference call(op, arguments, results, domain);
  if (op.rule.dtype != nullptr) op.rule.dtype(call);
  if (domain != nullptr && op.rule.shape != nullptr) op.rule.shape(call);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TypeKind kind = op.schema.results[i].kind;
    if (kind != TypeKind::kAny) results[i].kind = kind;
    show_written(op, arguments, i, results[i]);
    if (count_of(results[i]) > kMostItems) results[i].items.reset();
    settle(results[i]);
  }
}

}  // namespace henson::runtime
