// Linear layers and products of matrices: torch.linear, matmul, addmm and their kin.
#include <string>

#include "henson/error.h"
#include "runtime/operators/contractions.h"
#include "runtime/operators/convolution.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/recurrent.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

void check_rank(const Tensor& tensor, std::int64_t rank, const char* name) {
  if (tensor.dim() == rank) return;
  throw Error(ErrorCode::kBadInput, std::string(name) + " must be a " + std::to_string(rank) +
                                        "D tensor, but has shape " + to_string(tensor.sizes()));
}

void check_same_batch(const Tensor& a, const Tensor& b) {
  if (a.size(0) == b.size(0)) return;
  throw Error(ErrorCode::kBadInput, "batch1 and batch2 must have same number of batches, got " +
                                        std::to_string(a.size(0)) + " and " +
                                        std::to_string(b.size(0)));
}

/// A product of operands of exactly these ranks.
Tensor ranked_matmul(Allocator& memory, const Tensor& a, std::int64_t a_rank, const Tensor& b,
                     std::int64_t b_rank) {
  check_rank(a, a_rank, "the first operand");
  check_rank(b, b_rank, "the second operand");
  if (a_rank == 3) check_same_batch(a, b);
  return matmul(memory, a, b);
}

/// Beta and alpha of the addmm family.
struct Factors {
  Scalar beta;
  Scalar alpha;
};

/// beta * self + alpha * (a · b), rounded once; self broadcasts to the product.
Tensor add_product(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
                   const Factors& factors) {
  check_same_dtype(a, b);
  check_same_dtype(self, a);
  const DType dtype = product_dtype(a.dtype());
  Tensor total;
  if (b.dim() == 1) {
    const Tensor column = product(memory, a.to(memory, dtype), unsqueeze(b, 1).to(memory, dtype));
    total = reshape(memory, column, Dims{column.size(0)});
  } else {
    total = product(memory, a.to(memory, dtype), b.to(memory, dtype));
  }
  scale_and_add(total, self.to(memory, dtype), factors.beta, factors.alpha);
  return total.to(memory, a.dtype());
}

Tensor addmm(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
             const Factors& factors) {
  check_rank(a, 2, "mat1");
  check_rank(b, 2, "mat2");
  return add_product(memory, self, a, b, factors);
}

Tensor addmv(Allocator& memory, const Tensor& self, const Tensor& matrix, const Tensor& vector,
             const Factors& factors) {
  check_rank(matrix, 2, "mat");
  check_rank(vector, 1, "vec");
  return add_product(memory, self, matrix, vector, factors);
}

Tensor baddbmm(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
               const Factors& factors) {
  check_rank(a, 3, "batch1");
  check_rank(b, 3, "batch2");
  check_same_batch(a, b);
  return add_product(memory, self, a, b, factors);
}

/// Sums over the batch one matrix at a time, each sum rounded, as PyTorch does.
Tensor addbmm(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
              const Factors& factors) {
  check_rank(a, 3, "batch1");
  check_rank(b, 3, "batch2");
  check_same_batch(a, b);
  if (a.size(0) == 0) {
    const Tensor nothing = Tensor::empty(memory, a.dtype(), {a.size(1), 0});
    return addmm(memory, self, nothing, Tensor::empty(memory, b.dtype(), {0, b.size(2)}), factors);
  }
  Tensor total = self;
  Factors step = factors;
  for (std::int64_t i = 0; i < a.size(0); ++i) {
    const Tensor left = reshape(memory, narrow(a, 0, i, 1), Dims{a.size(1), a.size(2)});
    const Tensor right = reshape(memory, narrow(b, 0, i, 1), Dims{b.size(1), b.size(2)});
    total = addmm(memory, total, left, right, step);
    step.beta = std::int64_t{1};
  }
  return total;
}

void check_factors(const Factors& factors, DType dtype) {
  if (is_floating(dtype)) return;
  for (const auto& [name, factor] :
       {std::pair("beta", factors.beta), std::pair("alpha", factors.alpha)}) {
    if (is_floating(factor)) {
      throw Error(ErrorCode::kBadInput, "For integral input tensors, argument " +
                                            std::string(name) +
                                            " must not be a floating point number.");
    }
  }
}

Tensor addr(Allocator& memory, const Tensor& self, const Tensor& a, const Tensor& b,
            const Factors& factors) {
  check_rank(a, 1, "vec1");
  check_rank(b, 1, "vec2");
  check_factors(factors, a.dtype());
  return add_product(memory, self, unsqueeze(a, 1), unsqueeze(b, 0), factors);
}

using AddProduct = Tensor (*)(Allocator&, const Tensor&, const Tensor&, const Tensor&,
                              const Factors&);

template <AddProduct kFunction>
void run(Call& call) {
  call.give(kFunction(call.memory(), call.tensor(0), call.tensor(1), call.tensor(2),
                      {call.scalar(3), call.scalar(4)}));
}

template <AddProduct kFunction>
void run_in_place(Call& call) {
  Tensor self = call.tensor(0);
  const Tensor total = kFunction(call.memory(), self, call.tensor(1), call.tensor(2),
                                 {call.scalar(3), call.scalar(4)});
  if (total.sizes() != self.sizes()) {
    throw Error(ErrorCode::kBadInput, "the input tensor must have shape " +
                                          to_string(total.sizes()) + ", but has shape " +
                                          to_string(self.sizes()));
  }
  copy_into(call.memory(), self, total);
  call.give(self);
}

/// The sizes of an operand of exactly that rank, as far as they are known.
Dimensions ranked_sizes(Inference& call, std::size_t i, std::size_t rank) {
  std::optional<Dimensions> sizes = call.dims(i);
  if (sizes && sizes->size() != rank) throw Mismatch{};
  if (sizes) return *sizes;
  Dimensions open;
  for (std::size_t d = 0; d < rank; ++d) open.push_back(call.domain().unknown());
  return open;
}

template <std::size_t kLeft, std::size_t kRight>
Dimensions ranked_product_sizes(Inference& call, std::size_t first) {
  const Dimensions a = ranked_sizes(call, first, kLeft);
  const Dimensions b = ranked_sizes(call, first + 1, kRight);
  if (kLeft == 3) call.domain().require_equal(a.front(), b.front());
  return shapes::product_sizes(call, a, b);
}

template <std::size_t kLeft, std::size_t kRight>
void ranked_product(Inference& call) {
  call.give(ranked_product_sizes<kLeft, kRight>(call, 0));
}

template <std::size_t kLeft, std::size_t kRight>
void added_product(Inference& call) {
  shapes::give_added(call, ranked_product_sizes<kLeft, kRight>(call, 1));
}

/// Summed over the batch.
void added_batches(Inference& call) {
  Dimensions sizes = ranked_product_sizes<3, 3>(call, 1);
  sizes.erase(sizes.begin());
  shapes::give_added(call, sizes);
}

void added_outer(Inference& call) {
  shapes::give_added(call, {ranked_sizes(call, 1, 1).front(), ranked_sizes(call, 2, 1).front()});
}

void register_products(OperatorTable& table) {
  table.add(
      "aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
      [](Call& call) {
        call.give(linear(call.memory(), call.tensor(0), call.tensor(1), call.maybe_tensor(2)));
      },
      {dtypes::shared, shapes::linear, Trait::kMultiplies});
  for (const char* schema : {"aten::matmul(Tensor self, Tensor other) -> Tensor",
                             "aten::linalg_matmul(Tensor self, Tensor other) -> Tensor"}) {
    table.add(schema,
              [](Call& call) { call.give(matmul(call.memory(), call.tensor(0), call.tensor(1))); },
              {dtypes::shared, shapes::matmul, Trait::kMultiplies});
  }
  table.add("aten::mm(Tensor self, Tensor mat2) -> Tensor",
            [](Call& call) {
              call.give(ranked_matmul(call.memory(), call.tensor(0), 2, call.tensor(1), 2));
            },
            {dtypes::shared, ranked_product<2, 2>, Trait::kMultiplies});
  table.add("aten::bmm(Tensor self, Tensor mat2) -> Tensor",
            [](Call& call) {
              call.give(ranked_matmul(call.memory(), call.tensor(0), 3, call.tensor(1), 3));
            },
            {dtypes::shared, ranked_product<3, 3>, Trait::kMultiplies});
  table.add("aten::mv(Tensor self, Tensor vec) -> Tensor",
            [](Call& call) {
              call.give(ranked_matmul(call.memory(), call.tensor(0), 2, call.tensor(1), 1));
            },
            {dtypes::shared, ranked_product<2, 1>, Trait::kMultiplies});
  for (const char* schema : {"aten::dot(Tensor self, Tensor tensor) -> Tensor",
                             "aten::vdot(Tensor self, Tensor other) -> Tensor"}) {
    table.add(schema,
              [](Call& call) {
                call.give(ranked_matmul(call.memory(), call.tensor(0), 1, call.tensor(1), 1));
              },
              {dtypes::shared, ranked_product<1, 1>, Trait::kMultiplies});
  }
}

/// One operator of the addmm family, and its in-place variant.
template <AddProduct kFunction>
void add_pair(OperatorTable& table, const std::string& name, const std::string& operands,
              ShapeRule sizes) {
  const std::string rest = ", " + operands + ", *, Scalar beta=1, Scalar alpha=1) -> Tensor";
  table.add("aten::" + name + "(Tensor self" + rest, run<kFunction>,
            {dtypes::shared, sizes, Trait::kMultiplies});
  table.add("aten::" + name + "_(Tensor(a!) self" + rest + "(a!)", run_in_place<kFunction>,
            {dtypes::shared, sizes, Trait::kMultiplies});
}

void register_sums_of_products(OperatorTable& table) {
  add_pair<addmm>(table, "addmm", "Tensor mat1, Tensor mat2", added_product<2, 2>);
  add_pair<addmv>(table, "addmv", "Tensor mat, Tensor vec", added_product<2, 1>);
  add_pair<addbmm>(table, "addbmm", "Tensor batch1, Tensor batch2", added_batches);
  add_pair<baddbmm>(table, "baddbmm", "Tensor batch1, Tensor batch2", added_product<3, 3>);
  add_pair<addr>(table, "addr", "Tensor vec1, Tensor vec2", added_outer);
}

}  // namespace

void register_linear(OperatorTable& table) {
  register_products(table);
  register_sums_of_products(table);
  register_contractions(table);
  register_convolution(table);
  register_pooling(table);
  register_recurrent(table);
}

}  // namespace henson::runtime
