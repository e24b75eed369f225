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
Tensor normalized(const Tensor& self, std::int64_t dim, double eps) {
  const Tensor length = vector_norm(self, 2, {dim}, true);
  return divide(self, clamp(length, Operand(Scalar(eps)), std::nullopt));
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim, double eps) {
  const DType common = promote(a.dtype(), b.dtype());
  if (!is_floating(common)) fail("expected common dtype to be floating point");
  const Dims sizes = broadcast_sizes(a.sizes(), b.sizes());
  const Tensor x = expand_to(a, sizes).to(common);
  const Tensor y = expand_to(b, sizes).to(common);
  return sum(multiply(normalized(x, dim, eps), normalized(y, dim, eps)), {dim}, false);
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
  return vector_norm(add(subtract(a, b), Scalar(eps)), p, {-1}, keepdim);
}

/// Of every row of `a` [..., n, m] to every row of `b` [..., k, m]: [..., n, k].
Tensor cdist(const Tensor& a, const Tensor& b, double p) {
  if (a.dim() < 2 || b.dim() < 2) fail("cdist only supports at least 2D tensors");
  if (a.size(-1) != b.size(-1)) {
    fail("X1 and X2 must have the same number of columns. X1: " + std::to_string(a.size(-1)) +
         " X2: " + std::to_string(b.size(-1)));
  }
  if (!is_floating(a.dtype()) || !is_floating(b.dtype())) {
    fail("cdist only supports floating-point dtypes");
  }
  if (p < 0) fail("cdist only supports non-negative p values");
  return vector_norm(subtract(unsqueeze(a, -2), unsqueeze(b, -3)), p, {-1}, false);
}

}  // namespace

void register_distances(OperatorTable& table) {
  table.add("aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
            [](Call& call) {
              call.give(cosine_similarity(call.tensor(0), call.tensor(1), call.integer(2),
                                          call.number(3)));
            });
  table.add(
      "aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=1e-06, "
      "bool keepdim=False) -> Tensor",
      [](Call& call) {
        call.give(pairwise_distance(call.tensor(0), call.tensor(1), call.number(2), call.number(3),
                                    call.flag(4)));
      });
  table.add("aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor",
            [](Call& call) { call.give(cdist(call.tensor(0), call.tensor(1), call.number(2))); });
  table.add("aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor", [](Call& call) {
    call.give(vector_norm(subtract(call.tensor(0), call.tensor(1)), call.number(2), {}, false));
  });
}

}  // namespace henson::runtime
