// Sizes of matrix products, attention and the like.
#include <algorithm>

#include "runtime/operators/operator.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime::shapes {
namespace {

Dimensions without_last(Dimensions sizes, std::size_t count) {
  sizes.resize(sizes.size() - count);
  return sizes;
}

}  // namespace

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

Dimensions linear_sizes(Inference& call, Dimensions x, const Dimensions& weight) {
  if (x.empty() || weight.empty() || weight.size() > 2) throw Mismatch{};
  call.domain().require_equal(x.back(), weight.back());
  x.pop_back();
  if (weight.size() == 2) x.push_back(weight.front());
  return x;
}

void linear(Inference& call) {
  call.result().least_rank = call.arg(0).least_rank > 0 ? call.arg(0).least_rank - 1 : 0;
  const std::optional<Dimensions> x = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  if (x && weight) call.give(linear_sizes(call, *x, *weight));
}

void packed_linear(Inference& call) {
  call.result().least_rank = 2;
  std::optional<Dimensions> x = call.dims(0);
  if (!x) return;
  if (x->size() < 2) throw Mismatch{};
  const Value* const constant = call.arg(1).constant;
  const auto* packed =
      constant == nullptr ? nullptr : std::get_if<std::shared_ptr<const PackedLinear>>(constant);
  if (packed == nullptr || *packed == nullptr || !(*packed)->weight.defined()) {
    x->back() = call.domain().unknown();
    return call.give(*x);
  }
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
  give_added(call, result);
}

void give_added(Inference& call, const Dimensions& sizes) {
  call.give(sizes);
  const std::optional<Dimensions> added = call.dims(0);
  if (!added) return;
  if (added->size() > sizes.size()) throw Mismatch{};
  for (std::size_t i = 1; i <= added->size(); ++i) {
    call.domain().expand((*added)[added->size() - i], sizes[sizes.size() - i]);
  }
}

void outer(Inference& call) {
  const std::optional<Dimensions> a = call.dims(0);
  const std::optional<Dimensions> b = call.dims(1);
  if (!a || !b) return;
  if (a->size() != 1 || b->size() != 1) throw Mismatch{};
  call.give({a->front(), b->front()});
}

namespace {

/// The sizes of keys or values as the queries meet them: with `grouped`, each of their heads serves
/// several of the query's. Nothing where it cannot be said.
std::optional<Dimensions> with_heads_of(const Dimensions& query, Dimensions sizes,
                                        std::optional<bool> grouped) {
  if (!grouped) return std::nullopt;
  if (!*grouped || (query.size() == 2 && sizes.size() == 2)) return sizes;
  if (query.size() == 2 || sizes.size() == 2) return std::nullopt;
  sizes[sizes.size() - 3] = query[query.size() - 3];
  return sizes;
}

/// [..., queries, keys], the mask broadcast in.
std::optional<Dimensions> score_sizes(Inference& call, const Dimensions& query,
                                      const Dimensions& key) {
  call.domain().require_equal(query.back(), key.back());
  Dimensions scores = call.broadcast(without_last(query, 2), without_last(key, 2));
  scores.push_back(query[query.size() - 2]);
  scores.push_back(key[key.size() - 2]);
  const std::optional<std::size_t> mask = call.place("attn_mask");
  if (!mask || call.is_none(*mask)) return scores;
  const std::optional<Dimensions> sizes = call.dims(*mask);
  return sizes ? std::optional(call.broadcast(scores, *sizes)) : std::nullopt;
}

}  // namespace

std::optional<AttentionSizes> attention_sizes(Inference& call) {
  const std::optional<Dimensions> query = call.dims(0);
  std::optional<Dimensions> key = call.dims(1);
  std::optional<Dimensions> value = call.dims(2);
  if (!query || !key || !value) return std::nullopt;
  if (query->size() < 2 || key->size() < 2 || value->size() < 2) throw Mismatch{};
  call.domain().require_equal((*key)[key->size() - 2], (*value)[value->size() - 2]);
  key = with_heads_of(*query, *key, call.flag("enable_gqa"));
  value = with_heads_of(*query, *value, call.flag("enable_gqa"));
  if (!key || !value) return std::nullopt;
  const std::optional<Dimensions> scores = score_sizes(call, *query, *key);
  if (!scores) return std::nullopt;
  Dimensions output = call.broadcast(without_last(*scores, 2), without_last(*value, 2));
  output.push_back((*scores)[scores->size() - 2]);
  output.push_back(value->back());
  return AttentionSizes{std::move(output), *scores};
}

void attention(Inference& call) {
  call.result().least_rank = 2;
  if (const auto sizes = attention_sizes(call)) call.result().dims = sizes->output;
}

}  // namespace henson::runtime::shapes
