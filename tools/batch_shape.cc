#include "tools/batch_shape.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>

namespace henson::tools {
namespace {

/// Takes a size off the front of the text.
std::optional<std::int64_t> take_size(std::string_view& text) {
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || size < 1 || size > kMaxBatchSize) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return size;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// From the shortest to the longest in equal steps, rounded.
std::vector<std::int64_t> spaced(std::int64_t count, std::int64_t first, std::int64_t last) {
  const std::int64_t steps = std::max<std::int64_t>(count - 1, 1);
  std::vector<std::int64_t> lengths;
  for (std::int64_t k = 0; k < count; ++k) {
    lengths.push_back(first + ((last - first) * k + steps / 2) / steps);
  }
  return lengths;
}

}  // namespace

std::int64_t BatchShape::tokens() const {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

std::optional<BatchShape> parse_batch_shape(const std::string& text) {
  std::string_view rest = text;
  const std::optional<std::int64_t> count = take_size(rest);
  if (!count || !take(rest, "x")) return std::nullopt;
  const std::optional<std::int64_t> first = take_size(rest);
  if (!first) return std::nullopt;
  const bool ragged = take(rest, "..");
  const std::optional<std::int64_t> last = ragged ? take_size(rest) : first;
  if (!last || *last < *first || !rest.empty()) return std::nullopt;
  return BatchShape{text, spaced(*count, *first, *last), ragged};
}

}  // namespace henson::tools
