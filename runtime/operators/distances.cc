// Distances and similarities of vectors.
#include <string>

#include "henson/error.h"
#include "runtime/operators/arithmetic.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/reduction.h"
#include "runtime/operators/unary.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// The vectors along `dim` made as long as 1; those shorter than eps are divided by eps.
Tensor normalized(Allocator& memory, const Tensor& self, std::int64_t dim, double eps) {
  const Tensor length = vector_norm(memory, self, 2, {dim}, true);
  return divide(memory, self, clamp(memory, length, Operand(Scalar(eps)), std::nullopt));
}

Tensor cosine_similarity(Allocator& memory, const Tensor& a, const Tensor& b, std::int64_t dim,
                         double eps) {
  const DType common = promote(a.dtype(), b.dtype());
  if (!is_floating(common)) fail("expected common dtype to be floating point");
  const Dims sizes = broadcast_sizes(a.sizes(), b.sizes());
  const Tensor x = expand_to(a, sizes).to(memory, common);
  const Tensor y = expand_to(b, sizes).to(memory, common);
  return sum(memory,
             multiply(memory, normalized(memory, x, dim, eps), normalized(memory, y, dim, eps)),
             {dim}, false);
}

Tensor pairwise_distance(Allocator& memory, const Tensor& a, const Tensor& b, double p, double eps,
                         bool keepdim) {
  return vector_norm(memory, add(memory, subtract(memory, a, b), Scalar(eps)), p, {-1}, keepdim);
}

/// Of every row of `a` [..., n, m] to every row of `b` [..., k, m]: [..., n, k].
Tensor cdist(Allocator& memory, const Tensor& a, const Tensor& b, double p) {
  if (a.dim() < 2 || b.dim() < 2) fail("cdist only supports at least 2D tensors");
  if (a.size(-1) != b.size(-1)) {
    fail("X1 and X2 must have the same number of columns. X1: " + std::to_string(a.size(-1)) +
         " X2: " + std::to_string(b.size(-1)));
  }
  if (!is_floating(a.dtype()) || !is_floating(b.dtype())) {
    fail("cdist only supports floating-point dtypes");
  }
  if (p < 0) fail("cdist only supports non-negative p values");
  return vector_norm(memory, subtract(memory, unsqueeze(a, -2), unsqueeze(b, -3)), p, {-1}, false);
}

/// The smallest type that both fit in, whatever their ranks; only floating ones are accepted.
void common_type(Inference& call) {
  Fact common;
  common.floating = true;
  const std::optional<DType> a = call.arg(0).dtype;
  const std::optional<DType> b = call.arg(1).dtype;
  if (a && b) common.dtype = promote(*a, *b);
  dtypes::give(call, common);
}

/// Both broadcast together, a dimension reduced.
void give_reduced(Inference& call, std::optional<std::int64_t> dim, std::optional<bool> keeps) {
  const std::optional<Dimensions> a = call.dims(0);
  const std::optional<Dimensions> b = call.dims(1);
  if (!a || !b || !dim || !keeps) return;
  Dimensions sizes = call.broadcast(*a, *b);
  if (const auto at = Inference::dim_at(dim, sizes.size())) {
    if (*keeps) {
      sizes[*at] = Dimension::of(1);
    } else {
      sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(*at));
    }
  }
  call.give(sizes);
}

void similarity_sizes(Inference& call) { give_reduced(call, call.integer("dim", 1), false); }
void distance_sizes(Inference& call) { give_reduced(call, -1, call.flag("keepdim")); }

void cdist_sizes(Inference& call) {
  call.result().least_rank = 2;
  std::optional<Dimensions> a = call.dims(0);
  std::optional<Dimensions> b = call.dims(1);
  if (!a || !b) return;
  if (a->size() < 2 || b->size() < 2) throw Mismatch{};
  call.domain().require_equal(a->back(), b->back());
  const Dimension rows = (*a)[a->size() - 2];
  const Dimension columns = (*b)[b->size() - 2];
  a->resize(a->size() - 2);
  b->resize(b->size() - 2);
  Dimensions sizes = call.broadcast(*a, *b);
  sizes.push_back(rows);
  sizes.push_back(columns);
  call.give(sizes);
}

}  // namespace

void register_distances(OperatorTable& table) {
  table.add("aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
            [](Call& call) {
              call.give(cosine_similarity(call.memory(), call.tensor(0), call.tensor(1),
                                          call.integer(2), call.number(3)));
            },
            {common_type, similarity_sizes});
  table.add(
      "aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=1e-06, "
      "bool keepdim=False) -> Tensor",
      [](Call& call) {
        call.give(pairwise_distance(call.memory(), call.tensor(0), call.tensor(1), call.number(2),
                                    call.number(3), call.flag(4)));
      },
      {dtypes::promoted_to_float<0, 1>, distance_sizes});
  table.add("aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor",
            [](Call& call) {
              call.give(cdist(call.memory(), call.tensor(0), call.tensor(1), call.number(2)));
            },
            {common_type, cdist_sizes});
  table.add("aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor",
            [](Call& call) {
              call.give(vector_norm(call.memory(),
                                    subtract(call.memory(), call.tensor(0), call.tensor(1)),
                                    call.number(2), {}, false));
            },
            {dtypes::promoted<0, 1>, shapes::scalar});
}

}  // namespace henson::runtime
