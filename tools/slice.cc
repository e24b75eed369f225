#include "tools/slice.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "tools/command_line.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExample = "; write it like Python: [0:3, -1, ::2]";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(by), text.size());
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::int64_t parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError("`" + std::string(text) + "` is no index" + std::string(kExample));
  }
  return number;
}

std::optional<std::int64_t> parse_end(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(parse_integer(text));
}

Subscript parse_subscript(std::string_view text) {
  Subscript subscript;
  if (text == "...") {
    subscript.kind = Subscript::Kind::kEllipsis;
    return subscript;
  }
  const std::vector<std::string_view> ends = split(text, ':');
  if (ends.size() == 1) {
    subscript.kind = Subscript::Kind::kIndex;
    subscript.index = parse_integer(text);
    return subscript;
  }
  if (ends.size() > 3) {
    throw UsageError("`" + std::string(text) + "` has too many colons" + std::string(kExample));
  }
  subscript.start = parse_end(ends[0]);
  subscript.stop = parse_end(ends[1]);
  if (ends.size() == 3 && !ends[2].empty()) subscript.step = parse_integer(ends[2]);
  if (subscript.step == 0) {
    throw UsageError("`" + std::string(text) + "`: a step of 0 goes nowhere");
  }
  return subscript;
}

/// The places that are taken of one dimension.
struct Places {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
  bool dropped = false;  // by an index
};

Places all_of(std::int64_t size) { return {0, 1, size, false}; }

Places one_of(std::int64_t index, std::size_t dim, const std::vector<std::int64_t>& shape) {
  const std::int64_t size = shape[dim];
  if (index < -size || index >= size) {
    throw Error(ErrorCode::kBadInput, "index " + std::to_string(index) +
                                          " is out of range: dimension " + std::to_string(dim) +
                                          " of " + format_shape(shape) + " has " +
                                          std::to_string(size));
  }
  return {index < 0 ? index + size : index, 1, 1, true};
}

/// As Python's slice.indices.
Places range_of(const Subscript& range, std::int64_t size) {
  const bool forward = range.step > 0;
  const std::int64_t lowest = forward ? 0 : -1;
  const std::int64_t highest = forward ? size : size - 1;
  const auto end = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
    if (!given) return otherwise;
    return std::clamp(*given < 0 ? *given + size : *given, lowest, highest);
  };
  const std::int64_t start = end(range.start, forward ? lowest : highest);
  const std::int64_t stop = end(range.stop, forward ? highest : lowest);
  const std::int64_t length = forward ? stop - start : start - stop;
  // Steps that leave the dimension at once are all the same: none overflows here.
  const std::int64_t stride = std::clamp(range.step, -size - 1, size + 1);
  const std::int64_t pace = forward ? stride : -stride;
  return {start, stride, length <= 0 ? 0 : (length - 1) / pace + 1, false};
}

std::vector<Places> places_of(const std::vector<std::int64_t>& shape,
                              const std::vector<Subscript>& subscripts) {
  const auto is_ellipsis = [](const Subscript& subscript) {
    return subscript.kind == Subscript::Kind::kEllipsis;
  };
  const auto ellipses =
      static_cast<std::size_t>(std::count_if(subscripts.begin(), subscripts.end(), is_ellipsis));
  if (ellipses > 1) throw UsageError("only one `...` may stand among the indices");
  const std::size_t named = subscripts.size() - ellipses;
  if (named > shape.size()) {
    throw Error(ErrorCode::kBadInput, "too many indices: " + format_shape(shape) + " has " +
                                          plural(shape.size(), "dimension") + ", and " +
                                          std::to_string(named) + " are indexed");
  }
  std::vector<Places> places;
  for (const Subscript& subscript : subscripts) {
    const std::size_t dim = places.size();
    if (is_ellipsis(subscript)) {
      for (std::size_t d = dim; d < dim + shape.size() - named; ++d) {
        places.push_back(all_of(shape[d]));
      }
    } else if (subscript.kind == Subscript::Kind::kIndex) {
      places.push_back(one_of(subscript.index, dim, shape));
    } else {
      places.push_back(range_of(subscript, shape[dim]));
    }
  }
  while (places.size() < shape.size()) places.push_back(all_of(shape[places.size()]));
  return places;
}

/// Copies the elements at places[dim:] of the part of the tensor that starts at `from`.
void copy(const std::byte* from, const std::vector<std::int64_t>& strides,
          const std::vector<Places>& places, std::size_t dim, std::size_t width, std::byte*& to) {
  if (dim == places.size()) {
    std::memcpy(to, from, width);
    to += width;
    return;
  }
  for (std::int64_t i = 0; i < places[dim].count; ++i) {
    const std::int64_t place = places[dim].start + i * places[dim].step;
    copy(from + place * strides[dim], strides, places, dim + 1, width, to);
  }
}

}  // namespace

std::vector<Subscript> parse_subscripts(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();  // "[0,]"
  std::vector<Subscript> subscripts;
  for (const std::string_view part : parts) subscripts.push_back(parse_subscript(part));
  return subscripts;
}

Tensor take(const Tensor& tensor, const std::vector<Subscript>& subscripts) {
  const std::vector<Places> places = places_of(tensor.shape(), subscripts);
  const std::size_t width = size_of(tensor.dtype());
  std::vector<std::int64_t> strides(places.size());
  auto stride = static_cast<std::int64_t>(width);
  for (std::size_t d = places.size(); d-- > 0;) {
    strides[d] = stride;
    stride *= tensor.shape()[d];
  }
  std::vector<std::int64_t> shape;
  std::size_t count = 1;
  for (const Places& dim : places) {
    if (!dim.dropped) shape.push_back(dim.count);
    count *= static_cast<std::size_t>(dim.count);
  }
  std::vector<std::byte> elements(count * width);
  std::byte* to = elements.data();
  if (count > 0) copy(tensor.bytes().data(), strides, places, 0, width, to);
  return Tensor::copy(tensor.dtype(), std::move(shape), elements);
}

NamedPart split_name(const std::string& text) {
  const std::size_t open = text.ends_with(']') ? text.rfind('[') : std::string::npos;
  if (open == std::string::npos) return {text, ""};
  return {std::string(trimmed(std::string_view(text).substr(0, open))), text.substr(open)};
}

}  // namespace henson::tools
