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

/// Of dimension i; nothing where the code's numbers are not known. A name gives none.
std::optional<std::int64_t> setting(const Inference& call, std::string_view name, std::size_t i,
                                    std::int64_t otherwise) {
  const std::optional<std::size_t> place = call.place(name);
  if (!place) return otherwise;
  const Value* const constant = call.arg(*place).constant;
  if (constant != nullptr && constant->is<std::string>()) return otherwise;
  const auto list = call.integers(*place);
  return list ? entry(list, i, otherwise) : std::nullopt;
}

constexpr std::int64_t kLargest = std::int64_t{1} << 31;  // formulas do not follow larger numbers

/// The numbers of dimension i that a call gives; nothing where the window is none.
std::optional<Window> window_of(const Inference& call, std::int64_t kernel, std::size_t i,
                                std::int64_t usual_stride) {
  const auto stride = setting(call, "stride", i, usual_stride);
  const auto padding = setting(call, "padding", i, 0);
  const auto dilation = setting(call, "dilation", i, 1);
  if (!stride || !padding || !dilation) return std::nullopt;
  const Window window{kernel, *stride, *padding, *dilation};
  const bool sound = kernel > 0 && *stride > 0 && *dilation > 0 && *padding >= 0;
  if (!sound) throw Mismatch{};
  if (std::max({kernel, *stride, *padding, *dilation}) > kLargest) return std::nullopt;
  return window;
}

/// How many windows there are. In formulas, which do not overflow. `overhangs`: the last one may
/// reach past the end.
Dimension slide(ShapeDomain& domain, const Dimension& size, const Window& window,
                bool overhangs = false) {
  const Dimension reach =
      Dimension::of(window.dilation) * Dimension::of(window.kernel - 1) + Dimension::of(1);
  const Dimension room = size + Dimension::of(2) * Dimension::of(window.padding) - reach;
  if (window.stride == 1) {
    if (const auto literal = room.literal(); literal && *literal < 0) throw Mismatch{};
    return room + Dimension::of(1);
  }
  const Dimension stride = Dimension::of(window.stride);
  if (overhangs) {
    const auto steps = domain.apply(SizeFunction::kSteps, room, stride);
    // The last window starts inside, or in the padding before.
    const auto left =
        steps ? (size + Dimension::of(window.padding) - *steps * stride).literal() : std::nullopt;
    if (!left) return domain.unknown();
    const Dimension windows = *left <= 0 ? *steps : *steps + Dimension::of(1);
    if (windows.literal().value_or(1) < 1) throw Mismatch{};
    return windows;
  }
  if (const auto literal = room.literal(); literal && *literal < 0) throw Mismatch{};
  const auto steps = domain.apply(SizeFunction::kFloorDivide, room, stride);
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
  const std::optional<bool> overhangs = call.flag("ceil_mode");
  const std::size_t rank = window_rank(call);
  if (!sizes || !kernel || !overhangs) return;
  if (sizes->size() < rank + 1) throw Mismatch{};
  for (std::size_t i = 0; i < rank; ++i) {
    const auto length = entry(kernel, i, 1);
    const auto window = length ? window_of(call, *length, i, *length) : std::nullopt;
    if (!window) return;
    Dimension& size = (*sizes)[sizes->size() - rank + i];
    call.domain().saw_window(size, *window);
    size = slide(call.domain(), size, *window, *overhangs);
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
    if (*length < 0) throw Mismatch{};
    Dimension& size = (*sizes)[sizes->size() - rank + i];
    call.domain().saw_pooled_to(size, *length);
    size = Dimension::of(*length);
  }
  call.give(*sizes);
}

namespace {

/// How a convolution pads: by numbers, not at all ("valid"), or so that sizes stay ("same").
enum class Padding { kOpen, kNumbers, kNone, kSame };

Padding padding_of(const Inference& call) {
  const std::optional<std::size_t> place = call.place("padding");
  if (!place) return Padding::kOpen;
  if (call.integers(*place)) return Padding::kNumbers;
  const Value* const constant = call.arg(*place).constant;
  const auto* name = constant == nullptr ? nullptr : std::get_if<std::string>(constant);
  if (name == nullptr) return Padding::kOpen;
  return *name == "same" ? Padding::kSame : Padding::kNone;
}

Dimension convolved_size(Inference& call, const Dimension& size, const Dimension& kernel,
                         std::size_t i, Padding padding) {
  if (padding == Padding::kSame) return size;
  const auto length = kernel.literal();
  const auto window = length && padding != Padding::kOpen ? window_of(call, *length, i, 1)
                                                          : std::optional<Window>();
  return window ? slide(call.domain(), size, *window) : call.domain().unknown();
}

}  // namespace

/// Of a batch [N, C, ...], or of one [C, ...].
void convolved(Inference& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  if (!sizes || !weight || call.flag("transposed") != false) return;
  if (weight->size() < 3 || sizes->size() + 1 < weight->size()) throw Mismatch{};
  if (sizes->size() > weight->size()) throw Mismatch{};
  const std::size_t lead = sizes->size() + 2 - weight->size();  // N and C, or C
  const Padding padding = padding_of(call);
  Dimensions result(sizes->begin(), sizes->begin() + static_cast<std::ptrdiff_t>(lead));
  result.back() = weight->front();
  for (std::size_t i = 0; i + 2 < weight->size(); ++i) {
    result.push_back(convolved_size(call, (*sizes)[lead + i], (*weight)[i + 2], i, padding));
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
