#include "loader/tensor.h"

#include "henson/error.h"
#include "loader/limits.h"

namespace henson::loader {
namespace {

std::string list_text(std::span<const std::int64_t> numbers) {
  std::string text = "[";
  for (const std::int64_t number : numbers) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(number);
  }
  return text + "]";
}

[[noreturn]] void bad_tensor(const std::string& what, const std::string& message) {
  throw Error(ErrorCode::kBadArchive, message, {what, {}, {}});
}

// One past the largest element that the tensor reaches, counted from the start of its storage;
// nothing on overflow.
std::optional<std::int64_t> reach_of(const StoredTensor& tensor) {
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    std::int64_t step = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &step) ||
        __builtin_add_overflow(last, step, &last)) {
      return std::nullopt;
    }
  }
  if (__builtin_add_overflow(last, 1, &last)) return std::nullopt;
  return last;
}

void check_form(const StoredTensor& tensor, const std::string& what) {
  if (tensor.shape.size() != tensor.strides.size()) {
    bad_tensor(what, "a tensor of " + std::to_string(tensor.shape.size()) + " sizes and " +
                         std::to_string(tensor.strides.size()) + " strides");
  }
  if (tensor.shape.size() > limits::kMaxRank) {
    bad_tensor(what, "a tensor of " + std::to_string(tensor.shape.size()) +
                         " dimensions; at most " + std::to_string(limits::kMaxRank) + " can be");
  }
  if (tensor.offset < 0) {
    bad_tensor(what, "a tensor with a negative offset, " + std::to_string(tensor.offset));
  }
  for (const std::int64_t stride : tensor.strides) {
    if (stride < 0) {
      bad_tensor(what, "a tensor with a negative stride, " + list_text(tensor.strides));
    }
  }
}

}  // namespace

std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) noexcept {
  std::int64_t count = 1;
  bool overflow = false;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) empty = true;
    overflow = overflow || __builtin_mul_overflow(count, size, &count);
  }
  if (empty) return 0;
  if (overflow) return std::nullopt;
  return count;
}

void check_bounds(const StoredTensor& tensor, const std::string& what) {
  check_form(tensor, what);
  const auto count = element_count(tensor.shape);
  std::int64_t bytes = 0;
  const auto item = static_cast<std::int64_t>(size_of(tensor.dtype));
  if (!count || __builtin_mul_overflow(*count, item, &bytes)) {
    bad_tensor(what, "a tensor whose sizes are negative or overflow, " + list_text(tensor.shape));
  }
  if (*count == 0) return;
  const auto reach = reach_of(tensor);
  std::int64_t end = 0;
  const std::size_t held = tensor.storage ? tensor.storage->size() : 0;
  if (!reach || __builtin_mul_overflow(*reach, item, &end) ||
      static_cast<std::uint64_t>(end) > held) {
    bad_tensor(what, "a tensor of shape " + list_text(tensor.shape) + ", strides " +
                         list_text(tensor.strides) + ", offset " + std::to_string(tensor.offset) +
                         " reaches outside its storage" +
                         (tensor.storage ? " " + tensor.storage->entry() : "") + " of " +
                         std::to_string(held) + " bytes");
  }
}

}  // namespace henson::loader
