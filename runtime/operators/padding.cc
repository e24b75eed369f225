// Tensors with their borders grown or cut.
#include <algorithm>
#include <string>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/joining.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// `pad` names (before, after) for the last dimension first. Negative amounts cut.
Tensor constant_pad(Allocator& memory, const Tensor& self, const Dims& pad, const Scalar& value) {
  const std::size_t rank = self.sizes().size();
  if (pad.size() % 2 != 0 || pad.size() / 2 > rank) {
    fail(
        "Length of pad should be even and no more than twice the number of dimensions of the "
        "input. Pad length is " +
        std::to_string(pad.size()) + " while the input has " + std::to_string(rank) +
        " dimensions.");
  }
  Dims sizes = self.sizes();
  Tensor source = self;
  for (std::size_t i = 0; 2 * i < pad.size(); ++i) {
    const std::size_t d = rank - 1 - i;
    std::int64_t grown = sizes[d];
    if (__builtin_add_overflow(grown, pad[2 * i], &grown) ||
        __builtin_add_overflow(grown, pad[2 * i + 1], &grown) || grown < 0) {
      fail("The input size " + std::to_string(sizes[d]) + ", plus negative padding " +
           std::to_string(pad[2 * i]) + " and " + std::to_string(pad[2 * i + 1]) +
           ", resulted in a negative output size");
    }
    if (pad[2 * i] < -sizes[d] || pad[2 * i + 1] < -sizes[d]) {
      fail("narrow(): length must be non-negative.");
    }
    const std::int64_t first = std::max<std::int64_t>(-pad[2 * i], 0);
    const std::int64_t last = sizes[d] - std::max<std::int64_t>(-pad[2 * i + 1], 0);
    source = narrow(source, static_cast<std::int64_t>(d), first, last - first);
    sizes[d] = grown;
  }
  const Tensor out = filled(memory, sizes, value, self.dtype());
  Tensor middle = out;
  for (std::size_t i = 0; 2 * i < pad.size(); ++i) {
    const std::size_t d = rank - 1 - i;
    const std::int64_t before = std::clamp<std::int64_t>(pad[2 * i], 0, sizes[d]);
    middle = slice(middle, static_cast<std::int64_t>(d), before, before + source.sizes()[d], 1);
  }
  copy_into(memory, middle, source);
  return out;
}

enum class Border { kReflect, kReplicate, kCircular };

/// The place in [0, size) that shows at `position`, which may lie outside.
std::int64_t place_at(std::int64_t position, std::int64_t size, Border border) {
  switch (border) {
    case Border::kReflect:
      if (position < 0) return -position;
      return position < size ? position : 2 * (size - 1) - position;
    case Border::kReplicate:
      return std::clamp<std::int64_t>(position, 0, size - 1);
    case Border::kCircular:
      return (position % size + size) % size;
  }
  return position;
}

Tensor pad_dimension(Allocator& memory, const Tensor& self, std::size_t dim, std::int64_t before,
                     std::int64_t after, Border border) {
  const std::int64_t size = self.sizes()[dim];
  if (before < -size || after < -size) fail("narrow(): length must be non-negative.");
  if (border == Border::kCircular && (before < 0 || after < 0)) {
    // Cut first: the ring is what is left.
    const auto cut_of = [](std::int64_t amount) { return std::max<std::int64_t>(-amount, 0); };
    const Tensor cut = slice(self, static_cast<std::int64_t>(dim), cut_of(before),
                             self.sizes()[dim] - cut_of(after), 1);
    return pad_dimension(memory, cut, dim, std::max<std::int64_t>(before, 0),
                         std::max<std::int64_t>(after, 0), border);
  }
  const std::int64_t most = border == Border::kReflect ? size - 1 : size;
  if (border != Border::kReplicate && (before > most || after > most)) {
    fail("Padding size should be less than the corresponding input dimension, but got: padding (" +
         std::to_string(before) + ", " + std::to_string(after) + ") at dimension " +
         std::to_string(dim) + " of input " + to_string(self.sizes()));
  }
  std::int64_t length = size;
  if (__builtin_add_overflow(length, before, &length) ||
      __builtin_add_overflow(length, after, &length) || length < 1 || size < 1) {
    fail("input (" + std::to_string(size) + ") with padding (" + std::to_string(before) + ", " +
         std::to_string(after) + ") leaves nothing");
  }
  Tensor places = Tensor::empty(memory, DType::kInt64, {length});
  auto* const out = places.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < length; ++i) out[i] = place_at(i - before, size, border);
  return take_elements(memory, self,
                       plan_index_select(memory, self, static_cast<std::int64_t>(dim), places));
}

Tensor pad_border(Allocator& memory, const Tensor& self, const Dims& pad, Border border) {
  const std::size_t padded = pad.size() / 2;
  const std::size_t rank = self.sizes().size();
  if (pad.size() % 2 != 0 || padded < 1 || padded > 3 ||
      (rank != padded + 1 && rank != padded + 2)) {
    fail("Padding size " + std::to_string(pad.size()) + " is not supported for " +
         std::to_string(rank) + "D input tensor.");
  }
  Tensor result = self;
  for (std::size_t i = 0; i < padded; ++i) {
    result = pad_dimension(memory, result, rank - 1 - i, pad[2 * i], pad[2 * i + 1], border);
  }
  return result;
}

void pad_kernel(Call& call) {
  const std::string mode = call.string(2);
  if (mode == "constant") {
    call.give(constant_pad(call.memory(), call.tensor(0), call.ints(1),
                           call.maybe_number(3).value_or(0.0)));
    return;
  }
  if (!call.is_none(3) && call.number(3) != 0) {
    fail("Padding mode \"" + mode + "\" doesn't take in value argument");
  }
  if (mode != "reflect" && mode != "replicate" && mode != "circular") {
    fail("Unrecognised padding mode " + mode);
  }
  const Border border = mode == "reflect"     ? Border::kReflect
                        : mode == "replicate" ? Border::kReplicate
                                              : Border::kCircular;
  call.give(pad_border(call.memory(), call.tensor(0), call.ints(1), border));
}

}  // namespace

void register_padding(OperatorTable& table) {
  table.add("aten::pad(Tensor self, int[] pad, str mode=\"constant\", float? value=None) -> Tensor",
            pad_kernel, {dtypes::same, shapes::padded});
  table.add("aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor",
            [](Call& call) {
              call.give(constant_pad(call.memory(), call.tensor(0), call.ints(1), call.scalar(2)));
            },
            {dtypes::same, shapes::padded});
  table.add("aten::reflection_pad1d(Tensor self, int[2] padding) -> Tensor",
            [](Call& call) {
              call.give(pad_border(call.memory(), call.tensor(0), call.ints(1), Border::kReflect));
            },
            {dtypes::same, shapes::padded});
  table.add(
      "aten::replication_pad1d(Tensor self, int[2] padding) -> Tensor",
      [](Call& call) {
        call.give(pad_border(call.memory(), call.tensor(0), call.ints(1), Border::kReplicate));
      },
      {dtypes::same, shapes::padded});
}

}  // namespace henson::runtime
