#include "runtime/operators/contractions.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

bool contains(std::span<const int> labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

std::size_t position(std::span<const int> labels, int label) {
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

Tensor filled(Allocator& memory, DType dtype, Dims sizes, double value) {
  return Tensor::scalar(value, dtype).with_view(sizes, Dims(sizes.size(), 0), 0).contiguous(memory);
}

/// The dimensions of `labels`, in that order, first; then whatever else the operand has.
Labelled reordered(const Labelled& operand, std::span<const int> labels) {
  std::vector<int> order(labels.begin(), labels.end());
  std::copy_if(operand.labels.begin(), operand.labels.end(), std::back_inserter(order),
               [&](int label) { return !contains(labels, label); });
  Dims dims;
  for (const int label : order) {
    dims.push_back(static_cast<std::int64_t>(position(operand.labels, label)));
  }
  return {permute(operand.tensor, dims), std::move(order)};
}

std::int64_t product_of(std::span<const std::int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

/// Sums over the dimensions that `kept` does not list.
Labelled sum_out(Allocator& memory, const Labelled& operand, std::span<const int> kept) {
  std::vector<int> left;
  std::copy_if(operand.labels.begin(), operand.labels.end(), std::back_inserter(left),
               [&](int label) { return contains(kept, label); });
  if (left.size() == operand.labels.size()) return operand;
  const Labelled ordered = reordered(operand, left);
  Dims sizes(ordered.tensor.sizes().begin(),
             ordered.tensor.sizes().begin() + static_cast<std::ptrdiff_t>(left.size()));
  const DType dtype = product_dtype(operand.tensor.dtype());
  const std::int64_t summed = product_of(std::span(ordered.tensor.sizes()).subspan(left.size()));
  const Tensor rows =
      reshape(memory, ordered.tensor.to(memory, dtype), Dims{product_of(sizes), summed});
  const Tensor sum = product(memory, rows, filled(memory, dtype, {summed, 1}, 1));
  return {reshape(memory, sum, std::move(sizes)).to(memory, operand.tensor.dtype()),
          std::move(left)};
}

/// Without the dimensions of size 1 that `other` has at another size: they broadcast.
Labelled without_broadcast(const Labelled& operand, const Labelled& other) {
  Labelled result{operand.tensor, {}};
  Dims sizes;
  Dims strides;
  for (std::size_t d = 0; d < operand.labels.size(); ++d) {
    const int label = operand.labels[d];
    const std::size_t there = position(other.labels, label);
    const bool shared = there < other.labels.size();
    if (shared && operand.tensor.sizes()[d] == 1 && other.tensor.sizes()[there] != 1) continue;
    result.labels.push_back(label);
    sizes.push_back(operand.tensor.sizes()[d]);
    strides.push_back(operand.tensor.strides()[d]);
  }
  result.tensor =
      operand.tensor.with_view(std::move(sizes), std::move(strides), operand.tensor.offset());
  return result;
}

/// The labels of one operand by what becomes of them in a product.
struct Roles {
  std::vector<int> batch;   // in both, kept
  std::vector<int> own;     // in one only
  std::vector<int> summed;  // in both, not kept
};

Roles roles_of(const Labelled& operand, const Labelled& other, std::span<const int> kept) {
  Roles roles;
  for (const int label : operand.labels) {
    if (!contains(other.labels, label)) {
      roles.own.push_back(label);
    } else {
      (contains(kept, label) ? roles.batch : roles.summed).push_back(label);
    }
  }
  return roles;
}

std::vector<int> joined(std::initializer_list<std::vector<int>> parts) {
  std::vector<int> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Dims sizes_of(const Labelled& operand, std::span<const int> labels) {
  Dims sizes;
  for (const int label : labels) {
    sizes.push_back(operand.tensor.sizes()[position(operand.labels, label)]);
  }
  return sizes;
}

void check_sizes(const Labelled& a, const Labelled& b) {
  for (std::size_t d = 0; d < a.labels.size(); ++d) {
    const std::size_t there = position(b.labels, a.labels[d]);
    if (there == b.labels.size() || a.tensor.sizes()[d] == b.tensor.sizes()[there]) continue;
    throw Error(ErrorCode::kBadInput,
                "contracted dimensions need to match, but one operand has shape " +
                    to_string(a.tensor.sizes()) + " and the other " + to_string(b.tensor.sizes()));
  }
}

}  // namespace

Labelled contract(Allocator& memory, Labelled a, Labelled b, std::span<const int> kept) {
  check_same_dtype(a.tensor, b.tensor);
  const DType dtype = a.tensor.dtype();
  const Labelled narrow = without_broadcast(a, b);
  b = without_broadcast(b, a);
  a = narrow;
  check_sizes(a, b);
  // What only one operand has, and nobody wants, is summed first.
  std::vector<int> wanted(kept.begin(), kept.end());
  a = sum_out(memory, a, joined({wanted, b.labels}));
  b = sum_out(memory, b, joined({wanted, a.labels}));
  const Roles roles = roles_of(a, b, kept);
  const std::vector<int> own = roles_of(b, a, kept).own;
  const Dims batch = sizes_of(a, roles.batch);
  const Dims left = sizes_of(a, roles.own);
  const Dims right = sizes_of(b, own);
  const std::int64_t depth = product_of(sizes_of(a, roles.summed));
  const Tensor x = reordered(a, joined({roles.batch, roles.own, roles.summed})).tensor;
  const Tensor y = reordered(b, joined({roles.batch, roles.summed, own})).tensor;
  const DType computed = product_dtype(dtype);
  const Tensor sum = product(
      memory,
      reshape(memory, x, Dims{product_of(batch), product_of(left), depth}).to(memory, computed),
      reshape(memory, y, Dims{product_of(batch), depth, product_of(right)}).to(memory, computed));
  Dims sizes = batch;
  sizes.insert(sizes.end(), left.begin(), left.end());
  sizes.insert(sizes.end(), right.begin(), right.end());
  return {reshape(memory, sum, std::move(sizes)).to(memory, dtype),
          joined({roles.batch, roles.own, own})};
}

namespace {

/// torch.tensordot: the dimensions listed are summed in pairs.
Tensor tensordot(Allocator& memory, const Tensor& a, const Tensor& b, const Dims& a_dims,
                 const Dims& b_dims) {
  if (a_dims.size() != b_dims.size()) {
    throw Error(ErrorCode::kBadInput, "both dimension lists should have same length");
  }
  std::vector<int> a_labels(a.sizes().size());
  std::iota(a_labels.begin(), a_labels.end(), 0);
  std::vector<int> b_labels(b.sizes().size());
  std::iota(b_labels.begin(), b_labels.end(), static_cast<int>(a_labels.size()));
  std::vector<int> kept = joined({a_labels, b_labels});
  for (std::size_t i = 0; i < a_dims.size(); ++i) {
    const auto from = static_cast<std::size_t>(wrap_dim(a_dims[i], a.dim()));
    const auto to = static_cast<std::size_t>(wrap_dim(b_dims[i], b.dim()));
    const int label = a_labels.at(from);
    if (!contains(kept, label) || !contains(kept, b_labels.at(to))) {
      throw Error(ErrorCode::kBadInput, "a dim appears multiple times in the list of dims");
    }
    std::erase(kept, label);
    std::erase(kept, b_labels[to]);
    b_labels[to] = label;
  }
  return contract(memory, {a, std::move(a_labels)}, {b, std::move(b_labels)}, kept).tensor;
}

Tensor inner(Allocator& memory, const Tensor& a, const Tensor& b) {
  if (a.dim() == 0 || b.dim() == 0) return tensordot(memory, a, b, {}, {});
  if (a.size(-1) != b.size(-1)) {
    throw Error(ErrorCode::kBadInput,
                "inner() the last dimension must match on both input tensors but got shapes " +
                    to_string(a.sizes()) + " and " + to_string(b.sizes()));
  }
  return tensordot(memory, a, b, {-1}, {-1});
}

/// y[..., o] = sum over i, j of x1[..., i] * weight[o, i, j] * x2[..., j], + bias[o].
Tensor bilinear(Allocator& memory, const Tensor& x1, const Tensor& x2, const Tensor& weight,
                const std::optional<Tensor>& bias) {
  const auto lead = [](const Tensor& x) {
    return x.dim() == 0 ? Dims{} : Dims(x.sizes().begin(), x.sizes().end() - 1);
  };
  if (x1.dim() == 0 || x2.dim() == 0 || weight.dim() != 3 || lead(x1) != lead(x2) ||
      x1.size(-1) != weight.size(1) || x2.size(-1) != weight.size(2)) {
    throw Error(ErrorCode::kBadInput, "bilinear(): inputs of shapes " + to_string(x1.sizes()) +
                                          " and " + to_string(x2.sizes()) +
                                          " do not fit a weight of " + to_string(weight.sizes()));
  }
  check_same_dtype(x1, x2);
  check_same_dtype(x1, weight);
  const DType dtype = product_dtype(x1.dtype());
  Dims sizes = lead(x1);
  const std::int64_t rows = product_of(sizes);
  constexpr int kRow = 0, kOut = 1, kFirst = 2, kSecond = 3;
  const Labelled first{reshape(memory, x1, Dims{rows, x1.size(-1)}).to(memory, dtype),
                       {kRow, kFirst}};
  const Labelled second{reshape(memory, x2, Dims{rows, x2.size(-1)}).to(memory, dtype),
                        {kRow, kSecond}};
  const std::vector<int> inside = {kRow, kOut, kSecond};
  const std::vector<int> outside = {kRow, kOut};
  const Labelled half =
      contract(memory, first, {weight.to(memory, dtype), {kOut, kFirst, kSecond}}, inside);
  sizes.push_back(weight.size(0));
  Tensor sum = reshape(memory, contract(memory, half, second, outside).tensor, std::move(sizes));
  if (bias) scale_and_add(sum, bias->to(memory, dtype), std::int64_t{1}, std::int64_t{1});
  return sum.to(memory, x1.dtype());
}

/// Matrices multiplied from left to right; the first and the last may be vectors.
Tensor chain(Allocator& memory, const std::vector<Tensor>& factors) {
  if (factors.empty()) throw Error(ErrorCode::kBadInput, "expected at least one matrix");
  Tensor total = factors.front();
  for (std::size_t i = 1; i < factors.size(); ++i) total = matmul(memory, total, factors[i]);
  return total;
}

/// The dimensions of both operands but those that are summed in pairs.
void tensordot_sizes(Inference& call) {
  Dimensions result;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const std::optional<Dimensions> sizes = call.dims(i);
    const auto summed = call.integers(i + 2);
    if (!sizes || !summed) return;
    std::vector<bool> kept(sizes->size(), true);
    for (const std::int64_t dim : *summed) {
      const auto at = Inference::dim_at(dim, sizes->size());
      if (!at || !kept[*at]) throw Mismatch{};
      kept[*at] = false;
    }
    for (std::size_t d = 0; d < sizes->size(); ++d) {
      if (kept[d]) result.push_back((*sizes)[d]);
    }
  }
  call.give(result);
}

void inner_sizes(Inference& call) {
  std::optional<Dimensions> a = call.dims(0);
  std::optional<Dimensions> b = call.dims(1);
  if (!a || !b) return;
  if (!a->empty() && !b->empty()) {
    call.domain().require_equal(a->back(), b->back());
    a->pop_back();
    b->pop_back();
  }
  a->insert(a->end(), b->begin(), b->end());
  call.give(*a);
}

void bilinear_sizes(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(2);
  if (!sizes || !weight) return;
  if (sizes->empty() || weight->size() != 3) throw Mismatch{};
  call.domain().require_equal(sizes->back(), (*weight)[1]);
  sizes->back() = weight->front();
  call.give(*sizes);
}

void chain_sizes(Inference& call) {
  const std::optional<std::vector<Fact>>& factors = call.arg(0).items;
  if (!factors) return;
  if (factors->empty()) throw Mismatch{};
  std::optional<Dimensions> total = call.resolved(factors->front().dims);
  for (std::size_t i = 1; i < factors->size() && total; ++i) {
    const std::optional<Dimensions> factor = call.resolved((*factors)[i].dims);
    total = factor ? std::optional(shapes::product_sizes(call, *total, *factor)) : std::nullopt;
  }
  if (total) call.give(*total);
}

}  // namespace

void register_contractions(OperatorTable& table) {
  table.add("aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
            [](Call& call) {
              call.give(einsum(call.memory(), call.string(0), call.tensors(1), call.maybe_ints(2)));
            },
            {dtypes::shared, einsum_sizes, Trait::kMultiplies});
  table.add(
      "aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
      [](Call& call) {
        call.give(
            tensordot(call.memory(), call.tensor(0), call.tensor(1), call.ints(2), call.ints(3)));
      },
      {dtypes::shared, tensordot_sizes, Trait::kMultiplies});
  table.add("aten::inner(Tensor self, Tensor other) -> Tensor",
            [](Call& call) { call.give(inner(call.memory(), call.tensor(0), call.tensor(1))); },
            {dtypes::shared, inner_sizes, Trait::kMultiplies});
  table.add(
      "aten::bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
      [](Call& call) {
        call.give(bilinear(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2),
                           call.maybe_tensor(3)));
      },
      {dtypes::shared_by<0, 1, 2>, bilinear_sizes, Trait::kMultiplies});
  for (const char* schema : {"aten::linalg_multi_dot(Tensor[] tensors) -> Tensor",
                             "aten::chain_matmul(Tensor[] matrices) -> Tensor"}) {
    table.add(schema, [](Call& call) { call.give(chain(call.memory(), call.tensors(0))); },
              {dtypes::shared, chain_sizes, Trait::kMultiplies});
  }
}

}  // namespace henson::runtime
