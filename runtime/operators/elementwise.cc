#include "runtime/operators/elementwise.h"

#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

int category(DType dtype) {
  if (is_floating(dtype)) return 2;
  return dtype == DType::kBool ? 0 : 1;
}

/// A number keeps all its digits: int64, double or bool.
Tensor tensor_of(const Scalar& number) {
  if (const auto* real = std::get_if<double>(&number)) {
    return Tensor::scalar(*real, DType::kFloat64);
  }
  if (const auto* flag = std::get_if<bool>(&number)) return Tensor::scalar(*flag);
  return Tensor::scalar(std::get<std::int64_t>(number));
}

}  // namespace

Operand::Operand(const Scalar& of) : tensor(tensor_of(of)), number(true) {}

Operand operand(const Call& call, std::size_t i) {
  if (call.arg(i).is<Tensor>()) return call.tensor(i);
  return call.scalar(i);
}

DType promoted(std::initializer_list<Operand> operands) {
  Promotion promotion;
  for (const Operand& operand : operands) {
    if (operand.number) {
      promotion.add(to_scalar(operand.tensor));
    } else {
      promotion.add(operand.tensor);
    }
  }
  return promotion.result();
}

DType promoted_to_float(std::initializer_list<Operand> operands) {
  return floating(promoted(operands));
}

DType compute_dtype(DType dtype) {
  if (is_quantized(dtype)) throw_unsupported_dtype(dtype);
  if (!is_floating(dtype)) return DType::kInt64;
  return dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
}

Tensor widened(Allocator& memory, const Tensor& tensor, DType common) {
  return tensor.to(memory, common).to(memory, compute_dtype(common));
}

std::array<Tensor, 2> widened_pair(Allocator& memory, const Operand& a, const Operand& b,
                                   DType common) {
  const bool reduced = is_floating(common) && size_of(common) == 2;
  const bool b_alone = reduced && b.tensor.numel() == 1;
  const bool a_alone = reduced && !b_alone && a.tensor.numel() == 1;
  const DType compute = compute_dtype(common);
  return {a_alone ? a.tensor.to(memory, compute) : widened(memory, a.tensor, common),
          b_alone ? b.tensor.to(memory, compute) : widened(memory, b.tensor, common)};
}

void check_result_fits(const Tensor& target, DType computed, std::span<const std::int64_t> sizes) {
  if (category(computed) > category(target.dtype())) {
    throw Error(ErrorCode::kBadInput, "result type " + std::string(name_of(computed)) +
                                          " can't be cast to the desired output type " +
                                          std::string(name_of(target.dtype())));
  }
  if (!std::equal(sizes.begin(), sizes.end(), target.sizes().begin(), target.sizes().end())) {
    throw Error(ErrorCode::kBadInput, "output with shape " + to_string(target.sizes()) +
                                          " doesn't match the broadcast shape " + to_string(sizes));
  }
  check_writable(target);
}

Tensor write_result(Allocator& memory, Tensor target, const Tensor& result) {
  check_result_fits(target, result.dtype(), result.sizes());
  copy_into(memory, target, result);
  return target;
}

}  // namespace henson::runtime
