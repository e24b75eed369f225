// Sizes of operators that slide a window: pooling, convolutions, unfold.
#include <algorithm>

#include "runtime/operators/operator.h"
#include "runtime/operators/shape_rules.h"

namespace henson::runtime::shapes {
namespace {

/// A list of one number stands for as many as there are dimensions.
std::optional<std::int64_t> entry(const std::optional<std::vector<std::int64_t>>& list,
                                  std::size_t i, std::int64_t otherwise) {
  if (!list || list->empty()) return otherwise;
  if (list->size() == 1) return list->front();
  return i < list->size() ? std::optional((*list)[i]) : std::nullopt;
}

/// The numbers of dimension i that a call gives; nothing where the window is none.
std::optional<Window> window_of(const Inference& call, std::int64_t kernel, std::size_t i,
                                std::int64_t usual_stride) {
  const auto stride = entry(call.integers("stride"), i, usual_stride);
  const auto padding = entry(call.integers("padding"), i, 0);
  const auto dilation = entry(call.integers("dilation"), i, 1);
  if (!stride || !padding || !dilation) return std::nullopt;
  const Window window{kernel, *stride, *padding, *dilation};
  const bool sound = kernel > 0 && *stride > 0 && *dilation > 0 && *padding >= 0;
  if (!sound) throw Mismatch{};
  return window;
}

/// How many windows there are. All in formulas, which do not overflow.
Dimension slide(ShapeDomain& domain, const Dimension& size, const Window& window) {
  const Dimension reach =
      Dimension::of(window.dilation) * Dimension::of(window.kernel - 1) + Dimension::of(1);
  const Dimension room = size + Dimension::of(2) * Dimension::of(window.padding) - reach;
  if (const auto literal = room.literal(); literal && *literal < 0) throw Mismatch{};
  if (window.stride == 1) return room + Dimension::of(1);
  const auto steps = domain.apply(SizeFunction::kFloorDivide, room, Dimension::of(window.stride));
  return steps ? *steps + Dimension::of(1) : domain.unknown();
}

/// How many of the last dimensions a call slides over, of how many numbers its lists have at most.
std::size_t window_rank(const Inference& call) {
  return call.op().schema.name.find("2d") != std::string::npos ? 2 : 1;
}

}  // namespace

void pooled(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto kernel = call.integers("kernel_size");
  const std::size_t rank = window_rank(call);
  if (!sizes || !kernel || call.flag("ceil_mode") != false) return;
  if (sizes->size() < rank + 1) throw Mismatch{};
  for (std::size_t i = 0; i < rank; ++i) {
    const auto length = entry(kernel, i, 1);
    const auto window = length ? window_of(call, *length, i, *length) : std::nullopt;
    if (!window) return;
    Dimension& size = (*sizes)[sizes->size() - rank + i];
    call.domain().saw_window(size, *window);
    size = slide(call.domain(), size, *window);
  }
  call.give(*sizes);
}

void pooled_to(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto wanted = call.integers(1);
  const std::size_t rank = window_rank(call);
  if (!sizes || !wanted) return;
  if (sizes->size() <= rank) throw Mismatch{};
  for (std::size_t i = 0; i < rank; ++i) {
    const auto length = entry(wanted, i, 1);
    if (!length) return;
    Dimension& size = (*sizes)[sizes->size() - rank + i];
    call.domain().saw_pooled_to(size, *length);
    size = Dimension::of(*length);
  }
  call.give(*sizes);
}

/// Of a batch; padding by name ("same") is not followed.
void convolved(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  const std::optional<bool> transposed = call.flag("transposed");
  if (!sizes || !weight || transposed != false || !call.integers("padding")) return;
  if (sizes->size() != weight->size() || sizes->size() < 3) return;
  Dimensions result = {(*sizes)[0], (*weight)[0]};
  for (std::size_t i = 0; i + 2 < sizes->size(); ++i) {
    const auto kernel = (*weight)[i + 2].literal();
    const auto window = kernel ? window_of(call, *kernel, i, 1) : std::nullopt;
    if (!window) return;
    result.push_back(slide(call.domain(), (*sizes)[i + 2], *window));
  }
  call.give(result);
}

void windows(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.integer(1);
  const auto kernel = call.integer(2);
  const auto step = call.integer(3);
  if (!sizes || !dim || !kernel || !step) return;
  const std::size_t at = Inference::wrap(*dim, sizes->size());
  if (*step < 1 || *kernel < 0) throw Mismatch{};
  if (at < sizes->size()) {
    const Window window{*kernel, *step, 0, 1};
    call.domain().saw_window((*sizes)[at], window);
    (*sizes)[at] = slide(call.domain(), (*sizes)[at], window);
  }
  sizes->push_back(Dimension::of(*kernel));
  call.give(*sizes);
}

}  // namespace henson::runtime::shapes
