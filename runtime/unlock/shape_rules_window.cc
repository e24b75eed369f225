// Sizes of operators that slide a window: pooling, convolutions, unfold.
#include <algorithm>

#include "runtime/unlock/shape_analysis.h"

namespace henson::runtime {
namespace {

struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;

  std::int64_t reach() const { return dilation * (kernel - 1) + 1; }
  bool keeps_size() const { return stride == 1 && 2 * padding == reach() - 1; }
};

/// A list of one number stands for as many as there are dimensions.
std::optional<std::int64_t> entry(const std::optional<std::vector<std::int64_t>>& list,
                                  std::size_t i, std::int64_t otherwise) {
  if (!list || list->empty()) return otherwise;
  return list->size() == 1 ? list->front() : i < list->size() ? (*list)[i] : otherwise;
}

std::optional<std::vector<std::int64_t>> numbers(RuleCall& call, std::string_view name) {
  const std::optional<std::size_t> at = call.argument(name);
  return at ? call.numbers(*at) : std::nullopt;
}

Dimension slide(RuleCall& call, const Dimension& size, const Window& window) {
  const Dimension room = size + Dimension::of(2 * window.padding - window.reach());
  if (window.stride == 1) return room + Dimension::of(1);
  const auto count = [&](std::int64_t whole) { return whole / window.stride + 1; };
  if (const auto literal = room.literal()) return Dimension::of(count(*literal));
  const auto traced = call.solver().traced(room);
  return call.solver().derived("windows of", room, Dimension::of(window.stride),
                               traced ? std::optional(count(*traced)) : std::nullopt);
}

/// A window whose length the dummy input may have given: as long as all of it, for one.
void check_window(RuleCall& call, const Dimension& size, const Window& window) {
  if (!call.depends_on_input(size)) return;
  const std::string reason = "a window of " + std::to_string(window.kernel) +
                             ", which cannot be told from the dummy input's size";
  if (const auto traced = call.solver().traced(size)) {
    const bool all = window.kernel > 1 && window.reach() >= *traced;
    const bool part = window.kernel > 2 && call.may_stem_from(window.kernel, *traced);
    if (all || (part && !window.keeps_size())) {
      call.lock(size, *traced, false, reason);
    }
  } else if (!window.keeps_size() && window.kernel > (window.stride == window.kernel ? 2 : 3)) {
    call.lock(size, window.kernel, false, reason);
  }
}

void pool(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const auto kernel = numbers(call, "kernel_size");
  if (!sizes || !kernel) return;
  const std::size_t rank = call.name().find("2d") != std::string::npos ? 2 : 1;
  if (sizes->size() < rank + 1 || call.flag("ceil_mode")) return;
  Dimensions result = *sizes;
  for (std::size_t i = 0; i < rank; ++i) {
    Window window;
    window.kernel = entry(kernel, i, 1).value_or(1);
    window.stride = entry(numbers(call, "stride"), i, window.kernel).value_or(1);
    window.padding = entry(numbers(call, "padding"), i, 0).value_or(0);
    window.dilation = entry(numbers(call, "dilation"), i, 1).value_or(1);
    if (window.stride < 1) return;
    Dimension& size = result[result.size() - rank + i];
    check_window(call, size, window);
    size = slide(call, size, window);
  }
  while (!call.complete()) call.give(result);
}

void adaptive_pool(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto wanted = call.numbers(1);
  const std::size_t rank = call.name().find("2d") != std::string::npos ? 2 : 1;
  if (!sizes || !wanted || wanted->size() != rank || sizes->size() <= rank) return;
  for (std::size_t i = 0; i < rank; ++i) {
    Dimension& size = (*sizes)[sizes->size() - rank + i];
    const auto traced = call.solver().traced(size);
    if (call.depends_on_input(size) && (*wanted)[i] > 1 &&
        (traced ? call.may_stem_from((*wanted)[i], *traced) : (*wanted)[i] > 2)) {
      call.lock_to_traced(size, "pooled to " + std::to_string((*wanted)[i]) +
                                    ", which cannot be told from the dummy input's size");
    }
    size = Dimension::of((*wanted)[i]);
  }
  while (!call.complete()) call.give(*sizes);
}

void convolution(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<Dimensions> weight = call.dims(1);
  const auto padding = numbers(call, "padding");
  if (!sizes || !weight || sizes->size() != weight->size() || sizes->size() < 3 || !padding) return;
  Dimensions result = {(*sizes)[0], (*weight)[0]};
  for (std::size_t i = 0; i + 2 < sizes->size(); ++i) {
    const auto kernel = (*weight)[i + 2].literal();
    if (!kernel) return;
    Window window;
    window.kernel = *kernel;
    window.stride = entry(numbers(call, "stride"), i, 1).value_or(1);
    window.padding = entry(padding, i, 0).value_or(0);
    window.dilation = entry(numbers(call, "dilation"), i, 1).value_or(1);
    if (window.stride < 1) return;
    result.push_back(slide(call, (*sizes)[i + 2], window));
  }
  call.give(std::move(result));
}

void unfold(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const auto dim = call.number(std::size_t{1});
  const auto kernel = call.number(std::size_t{2});
  const auto step = call.number(std::size_t{3});
  if (!sizes || sizes->empty() || !dim || !kernel || !step || *step < 1) return;
  Dimension& size = (*sizes)[call.wrap(*dim, sizes->size())];
  const Window window{*kernel, *step, 0, 1};
  check_window(call, size, window);
  size = slide(call, size, window);
  sizes->push_back(Dimension::of(*kernel));
  call.give(std::move(*sizes));
}

}  // namespace

void add_window_rules(ShapeRules& rules) {
  for (const char* const name :
       {"aten::max_pool1d", "aten::max_pool1d_with_indices", "aten::max_pool2d",
        "aten::max_pool2d_with_indices", "aten::avg_pool1d", "aten::avg_pool2d"}) {
    rules.emplace(name, pool);
  }
  for (const char* const name : {"aten::adaptive_avg_pool1d", "aten::adaptive_avg_pool2d",
                                 "aten::adaptive_max_pool1d", "aten::adaptive_max_pool2d"}) {
    rules.emplace(name, adaptive_pool);
  }
  for (const char* const name :
       {"aten::conv1d", "aten::conv2d", "aten::convolution", "aten::_convolution"}) {
    rules.emplace(name, convolution);
  }
  rules.emplace("aten::unfold", unfold);
}

}  // namespace henson::runtime
