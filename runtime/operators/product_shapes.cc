// Sizes of matrix products, attention and the like.
#include <algorithm>
#include <map>

#include "runtime/operators/operator.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime::shapes {
namespace {

Dimensions without_last(Dimensions sizes, std::size_t count) {
  sizes.resize(sizes.size() - count);
  return sizes;
}

/// A vector on the left is a row, on the right a column.
Dimensions product_sizes(Inference& call, Dimensions a, Dimensions b) {
  const bool row = a.size() == 1;
  const bool column = b.size() == 1;
  if (row) a.insert(a.begin(), Dimension::of(1));
  if (column) b.push_back(Dimension::of(1));
  if (a.size() < 2 || b.size() < 2) throw Mismatch{};
  call.domain().require_equal(a.back(), b[b.size() - 2]);
  const Dimension rows = a[a.size() - 2];
  const Dimension columns = b.back();
  Dimensions result = call.broadcast(without_last(std::move(a), 2), without_last(std::move(b), 2));
  if (!row) result.push_back(rows);
  if (!column) result.push_back(columns);
  return result;
}

}  // namespace

void linear(Inference& call) {
  call.result().least_rank = call.arg(0).least_rank > 0 ? call.arg(0).least_rank - 1 : 0;
  std::optional<Dimensions> x = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  if (!x || !weight) return;
  if (x->empty() || weight->empty() || weight->size() > 2) throw Mismatch{};
  call.domain().require_equal(x->back(), weight->back());
  x->pop_back();
  if (weight->size() == 2) x->push_back(weight->front());
  call.give(*x);
}

void packed_linear(Inference& call) {
  std::optional<Dimensions> x = call.dims(0);
  const Value* const constant = call.arg(1).constant;
  const auto* packed =
      constant == nullptr ? nullptr : std::get_if<std::shared_ptr<const PackedLinear>>(constant);
  if (!x || x->empty() || packed == nullptr) return;
  const Dims& weight = (*packed)->weight.sizes();
  if (weight.size() != 2) throw Mismatch{};
  call.domain().require_equal(x->back(), Dimension::of(weight[1]));
  x->back() = Dimension::of(weight[0]);
  call.give(*x);
}

void matmul(Inference& call) {
  const std::size_t most = std::max(call.arg(0).least_rank, call.arg(1).least_rank);
  call.result().least_rank = most > 0 ? most - 1 : 0;  // a vector takes one away
  const std::optional<Dimensions> a = call.dims(0);
  const std::optional<Dimensions> b = call.dims(1);
  if (a && b) call.give(product_sizes(call, *a, *b));
}

void added_product(Inference& call) {
  const std::optional<Dimensions> a = call.dims(1);
  const std::optional<Dimensions> b = call.dims(2);
  if (!a || !b) return;
  const Dimensions result = product_sizes(call, *a, *b);
  const std::optional<Dimensions> added = call.dims(0);
  call.give(added ? call.broadcast(*added, result) : result);
}

void outer(Inference& call) {
  const std::optional<Dimensions> a = call.dims(0);
  const std::optional<Dimensions> b = call.dims(1);
  if (!a || !b) return;
  if (a->size() != 1 || b->size() != 1) throw Mismatch{};
  call.give({a->front(), b->front()});
}

void attention(Inference& call) {
  const std::optional<Dimensions> query = call.dims(0);
  const std::optional<Dimensions> key = call.dims(1);
  const std::optional<Dimensions> value = call.dims(2);
  if (!query || !key || !value) return;
  if (query->size() < 2 || key->size() < 2 || value->empty()) throw Mismatch{};
  Dimensions scores = without_last(*query, 1);
  scores.push_back((*key)[key->size() - 2]);
  if (call.size() > 3 && call.is_tensor(3)) {
    const std::optional<Dimensions> mask = call.dims(3);
    if (!mask) return;
    scores = call.broadcast(scores, *mask);
  }
  scores.back() = value->back();
  call.give(scores);
}

namespace {

/// The operands of "bld,dh->blh", and its result; nothing for what names no result, or "...".
struct Equation {
  std::vector<std::string> operands{1};
  std::string result;
};
std::optional<Equation> parse_equation(const std::string& text) {
  const std::size_t arrow = text.find("->");
  if (arrow == std::string::npos || text.find('.') != std::string::npos) return std::nullopt;
  Equation equation;
  for (const char c : text.substr(0, arrow)) {
    if (c == ',') {
      equation.operands.emplace_back();
    } else if (c != ' ') {
      equation.operands.back() += c;
    }
  }
  for (const char c : text.substr(arrow + 2)) {
    if (c != ' ') equation.result += c;
  }
  return equation;
}

}  // namespace

void einsum(Inference& call) {
  const Value* const constant = call.arg(0).constant;
  const std::optional<std::vector<Fact>>& operands = call.arg(1).items;
  if (constant == nullptr || !constant->is<std::string>() || !operands) return;
  const std::optional<Equation> equation = parse_equation(constant->as<std::string>());
  if (!equation || equation->operands.size() != operands->size()) return;
  std::map<char, Dimension> sizes;
  for (std::size_t i = 0; i < operands->size(); ++i) {
    const std::optional<Dimensions> own = call.resolved((*operands)[i].dims);
    if (!own) return;
    if (own->size() != equation->operands[i].size()) throw Mismatch{};
    for (std::size_t d = 0; d < own->size(); ++d) {
      const auto [found, added] = sizes.emplace(equation->operands[i][d], (*own)[d]);
      if (!added) found->second = call.domain().broadcast(found->second, (*own)[d]);
    }
  }
  Dimensions result;
  for (const char label : equation->result) {
    if (!sizes.contains(label)) throw Mismatch{};
    result.push_back(call.domain().resolve(sizes[label]));
  }
  call.give(result);
}

}  // namespace henson::runtime::shapes
