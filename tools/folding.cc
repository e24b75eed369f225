#include "tools/folding.h"

#include <algorithm>
#include <charconv>

namespace henson::tools {
namespace {

/// Lines of one group that is looked for, at most: no layer has more.
constexpr std::size_t kLargestGroup = 256;

using Names = std::span<const std::string>;

/// How many names from `first` on belong to the same layer; 0 when that is in none.
std::size_t layer_size(Names names, std::size_t first) {
  const auto layer = split_number(names[first]);
  if (!layer) return 0;
  std::size_t end = first;
  for (; end < names.size(); ++end) {
    const auto next = split_number(names[end]);
    if (!next || next->prefix != layer->prefix || next->number != layer->number) break;
  }
  return end - first;
}

/// How many groups of that size are equal to the first one, which counts.
std::size_t count_equal(std::span<const std::string> lines, std::size_t first, std::size_t size) {
  std::size_t count = 1;
  while (first + (count + 1) * size <= lines.size() &&
         std::equal(lines.begin() + static_cast<std::ptrdiff_t>(first),
                    lines.begin() + static_cast<std::ptrdiff_t>(first + size),
                    lines.begin() + static_cast<std::ptrdiff_t>(first + count * size))) {
    ++count;
  }
  return count;
}

}  // namespace

std::optional<NumberedName> split_number(std::string_view name) {
  for (std::size_t start = 0; start < name.size();) {
    const std::size_t end = std::min(name.find('.', start), name.size());
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(name.data() + start, name.data() + end, number);
    if (start > 0 && end < name.size() && error == std::errc() && stop == name.data() + end) {
      return NumberedName{name.substr(0, start), number, name.substr(end)};
    }
    start = end + 1;
  }
  return std::nullopt;
}

std::vector<Fold> fold_layers(Names names,
                              const std::function<bool(std::size_t, std::size_t)>& alike) {
  const auto same = [&](std::size_t a, std::size_t b) {
    const auto one = split_number(names[a]);
    const auto other = split_number(names[b]);
    return one->prefix == other->prefix && one->suffix == other->suffix && alike(a, b);
  };
  std::vector<Fold> folds;
  for (std::size_t first = 0; first < names.size();) {
    const std::size_t size = layer_size(names, first);
    Fold fold{first, std::max<std::size_t>(size, 1), 1};
    for (std::size_t next = first + size; size > 0 && next < names.size(); next += size) {
      if (layer_size(names, next) != size) break;
      bool all = true;
      for (std::size_t i = 0; i < size && all; ++i) all = same(first + i, next + i);
      if (!all) break;
      ++fold.count;
    }
    folds.push_back(fold);
    first += fold.size * fold.count;
  }
  return folds;
}

std::vector<Fold> fold_repeats(std::span<const std::string> lines) {
  std::vector<Fold> folds;
  for (std::size_t first = 0; first < lines.size();) {
    Fold best{first, 1, 1};
    for (std::size_t size = 1; size <= kLargestGroup && first + 2 * size <= lines.size(); ++size) {
      const std::size_t count = count_equal(lines, first, size);
      if (count > 1 && size * count > best.size * best.count) best = {first, size, count};
    }
    folds.push_back(best);
    first += best.size * best.count;
  }
  return folds;
}

}  // namespace henson::tools
