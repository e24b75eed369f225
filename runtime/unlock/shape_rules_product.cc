// Sizes of matrix products, attention and the like.
#include <algorithm>

#include "runtime/unlock/shape_analysis.h"

namespace henson::runtime {
namespace {

Dimensions without_last(Dimensions sizes, std::size_t count) {
  sizes.resize(sizes.size() - count);
  return sizes;
}

void linear(RuleCall& call) {
  std::optional<Dimensions> x = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  if (!x || !weight || x->empty() || weight->size() != 2) return;
  call.same(x->back(), (*weight)[1]);
  x->back() = (*weight)[0];
  call.give(std::move(*x));
}

void quantized_linear(RuleCall& call) {
  std::optional<Dimensions> x = call.dims(0);
  const std::optional<Value>& constant = call.constant(1);
  if (!x || x->empty() || !constant) return;
  const auto* packed = std::get_if<std::shared_ptr<const PackedLinear>>(&*constant);
  if (packed == nullptr) return;
  x->back() = Dimension::of((*packed)->weight.sizes()[0]);
  call.give(std::move(*x));
}

Dimensions product(RuleCall& call, Dimensions a, Dimensions b) {
  const bool row = a.size() == 1;
  const bool column = b.size() == 1;
  if (row) a.insert(a.begin(), Dimension::of(1));
  if (column) b.push_back(Dimension::of(1));
  if (a.size() < 2 || b.size() < 2) throw Contradiction{};
  call.same(a.back(), b[b.size() - 2]);
  const Dimension rows = a[a.size() - 2];
  const Dimension columns = b.back();
  Dimensions result = call.broadcast(without_last(std::move(a), 2), without_last(std::move(b), 2));
  if (!row) result.push_back(rows);
  if (!column) result.push_back(columns);
  return result;
}

void matmul(RuleCall& call) {
  const std::optional<Dimensions> a = call.dims(0);
  const std::optional<Dimensions> b = call.dims(1);
  if (a && b) call.give(product(call, *a, *b));
}

/// addmm, baddbmm: input + a · b.
void added_product(RuleCall& call) {
  const std::optional<Dimensions> a = call.dims(1);
  const std::optional<Dimensions> b = call.dims(2);
  if (!a || !b) return;
  Dimensions result = product(call, *a, *b);
  if (const std::optional<Dimensions> added = call.dims(0)) result = call.broadcast(*added, result);
  call.give(std::move(result));
}

void attention(RuleCall& call) {
  const std::optional<Dimensions> query = call.dims(0);
  const std::optional<Dimensions> key = call.dims(1);
  const std::optional<Dimensions> value = call.dims(2);
  if (!query || !key || !value || query->size() < 2 || key->size() < 2) return;
  if (call.is_tensor(3)) {
    if (const std::optional<Dimensions> mask = call.dims(3)) {
      Dimensions scores = without_last(*query, 1);
      scores.push_back((*key)[key->size() - 2]);
      call.broadcast(scores, *mask);
    }
  }
  Dimensions result = without_last(*query, 1);
  result.push_back(value->back());
  call.give(std::move(result));
}

std::vector<std::string> split_terms(const std::string& text) {
  std::vector<std::string> terms(1);
  for (const char c : text) {
    if (c == ' ') continue;
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  return terms;
}

void einsum(RuleCall& call) {
  const std::optional<Value>& constant = call.constant(0);
  const std::optional<std::vector<AbstractValue>>& operands = call.value(1).items;
  if (!constant || !constant->is<std::string>() || !operands) return;
  const std::string& equation = constant->as<std::string>();
  const std::size_t arrow = equation.find("->");
  if (arrow == std::string::npos || equation.find('.') != std::string::npos) return;
  const std::vector<std::string> terms = split_terms(equation.substr(0, arrow));
  if (terms.size() != operands->size()) return;
  std::map<char, Dimension> sizes;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::optional<Dimensions>& own = (*operands)[i].dims;
    if (!own || own->size() != terms[i].size()) return;
    for (std::size_t d = 0; d < own->size(); ++d) {
      const auto [found, added] = sizes.emplace(terms[i][d], (*own)[d]);
      if (!added) found->second = call.broadcast(found->second, (*own)[d]);
    }
  }
  Dimensions result;
  for (const char label : equation.substr(arrow + 2)) {
    if (label != ' ') result.push_back(call.solver().resolve(sizes[label]));
  }
  call.give(std::move(result));
}

}  // namespace

void add_product_rules(ShapeRules& rules) {
  rules.emplace("aten::linear", linear);
  rules.emplace("quantized::linear_dynamic", quantized_linear);
  rules.emplace("quantized::linear_dynamic_fp16", quantized_linear);
  for (const char* const name :
       {"aten::matmul", "aten::mm", "aten::bmm", "aten::mv", "aten::dot"}) {
    rules.emplace(name, matmul);
  }
  for (const char* const name :
       {"aten::addmm", "aten::baddbmm", "aten::baddbmm_", "aten::addmm_"}) {
    rules.emplace(name, added_product);
  }
  rules.emplace("aten::scaled_dot_product_attention", attention);
  rules.emplace("aten::einsum", einsum);
}

}  // namespace henson::runtime
