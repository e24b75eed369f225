#include "runtime/tensor/checked.h"

#include <string>

#include "henson/error.h"

namespace henson::runtime {
namespace {

[[noreturn]] void overflow(std::int64_t a, char sign, std::int64_t b) {
  throw Error(ErrorCode::kBadInput, "a size of " + std::to_string(a) + ' ' + sign + ' ' +
                                        std::to_string(b) + " is larger than 64 bits can hold");
}

}  // namespace

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  const std::optional<std::int64_t> sum = try_add(a, b);
  if (!sum) overflow(a, '+', b);
  return *sum;
}

std::int64_t checked_subtract(std::int64_t a, std::int64_t b) {
  const std::optional<std::int64_t> difference = try_subtract(a, b);
  if (!difference) overflow(a, '-', b);
  return *difference;
}

std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
  const std::optional<std::int64_t> product = try_multiply(a, b);
  if (!product) overflow(a, '*', b);
  return *product;
}

std::int64_t checked_divide(std::int64_t a, std::int64_t b) {
  const std::optional<std::int64_t> quotient = try_divide(a, b);
  if (quotient) return *quotient;
  throw Error(ErrorCode::kBadInput,
              std::to_string(a) + " / " + std::to_string(b) + " is larger than 64 bits can hold");
}

}  // namespace henson::runtime
