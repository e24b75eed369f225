// Reads a scheme of buckets from the rows that it takes at all distances.
#include <algorithm>
#include <cmath>

#include "runtime/unlock/drawn_values.h"

namespace henson::runtime {
namespace {

/// One side, from distance 1 on: its first rows a distance each, then wider, then the last for
/// good.
struct Side {
  std::int64_t exact = 0;
  std::int64_t last = 0;
  bool operator==(const Side&) const = default;
};

bool is_constant(const std::vector<std::int64_t>& side) {
  return std::all_of(side.begin() + 1, side.end(),
                     [&](std::int64_t row) { return row == side[1]; });
}

std::optional<Side> side_of(const std::vector<std::int64_t>& side) {
  const auto count = static_cast<std::int64_t>(side.size());
  Side found;
  while (found.exact + 2 < count && side[found.exact + 2] == side[found.exact + 1] + 1)
    ++found.exact;
  ++found.exact;
  found.last = count - 1;
  while (found.last > 1 && side[found.last - 1] == side.back()) --found.last;
  const auto falls = [](std::int64_t row, std::int64_t next) {
    return next != row && next != row + 1;
  };
  const bool widens = std::adjacent_find(side.begin() + 1, side.end(), falls) == side.end();
  const bool ends = found.last < count / 2;
  if (!widens || !ends || found.exact < 2 || found.last < 2 * found.exact) return std::nullopt;
  return found;
}

}  // namespace

std::optional<BucketForm> bucket_form(const std::vector<std::int64_t>& right,
                                      const std::vector<std::int64_t>& left, std::int64_t rows) {
  if (right.size() < 4 || left.size() != right.size()) return std::nullopt;
  std::int64_t sides = 0;
  std::int64_t least = right[0];
  std::int64_t most = right[0];
  std::optional<Side> form;
  for (const std::vector<std::int64_t>* const side : {&right, &left}) {
    const auto [low, high] = std::minmax_element(side->begin(), side->end());
    least = std::min(least, *low);
    most = std::max(most, *high);
    if (is_constant(*side) && (*side)[1] == (*side)[0]) continue;
    const std::optional<Side> own = side_of(*side);
    if (!own || (form && *form != *own)) return std::nullopt;
    form = own;
    ++sides;
  }
  if (!form || least != 0 || most != rows - 1 || rows != 2 * sides * form->exact)
    return std::nullopt;
  // exact + log(distance / exact) / log(furthest / exact) * exact is the last bucket at `last`, and
  // was not before.
  const auto exact = static_cast<double>(form->exact);
  const auto furthest = [&](double last) {
    return exact * std::pow(last / exact, exact / (exact - 1));
  };
  constexpr double kRounding = 1e-4;
  return BucketForm{form->exact, form->last,
                    furthest(static_cast<double>(form->last - 1)) * (1 - kRounding),
                    furthest(static_cast<double>(form->last)) * (1 + kRounding)};
}

}  // namespace henson::runtime
