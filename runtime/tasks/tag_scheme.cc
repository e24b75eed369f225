#include "runtime/tasks/tag_scheme.h"

#include <algorithm>
#include <set>

namespace henson::tasks {
namespace {

constexpr std::string_view kLetters = "BIMELSUW";

using Place = TagParts::Place;

Place place_of(char letter) {
  switch (letter) {
    case 'B':
      return Place::kBegin;
    case 'E':
    case 'L':
      return Place::kEnd;
    case 'S':
    case 'U':
    case 'W':
      return Place::kSingle;
    default:
      return Place::kInside;
  }
}

/// A label's letter and its type; no letter when it has none in that form.
struct Split {
  char letter = 0;
  std::string_view type;
};

Split split_before(std::string_view label) {
  if (label.size() < 2 || label[1] != '-' || kLetters.find(label[0]) == std::string_view::npos) {
    return {0, label};
  }
  return {label[0], label.substr(2)};
}

Split split_behind(std::string_view label) {
  if (label.size() < 2 || label[label.size() - 2] != '-' ||
      kLetters.find(label.back()) == std::string_view::npos) {
    return {0, label};
  }
  return {label.back(), label.substr(0, label.size() - 2)};
}

/// The letters that are places: B and I, and others of types that have one of these as well. Empty
/// when no label has B or I.
template <typename Splitting>
std::string places_in(std::span<const std::string> labels, const Splitting& split) {
  std::set<std::string_view> types;
  for (const std::string& label : labels) {
    const Split parts = split(label);
    if (parts.letter == 'B' || parts.letter == 'I') types.insert(parts.type);
  }
  if (types.empty()) return "";
  std::string places = "BI";
  for (const std::string& label : labels) {
    const Split parts = split(label);
    if (parts.letter == 0 || places.find(parts.letter) != std::string::npos) continue;
    if (types.contains(parts.type)) places += parts.letter;
  }
  return places;
}

}  // namespace

TagScheme::TagScheme(std::span<const std::string> labels)
    : form_(Form::kBefore), places_(places_in(labels, split_before)) {
  if (!places_.empty()) return;
  form_ = Form::kBehind;
  places_ = places_in(labels, split_behind);
  if (places_.empty()) form_ = Form::kPlain;
}

TagParts TagScheme::parts(std::string_view label) const {
  if (label == "O") return {};
  if (form_ == Form::kPlain) return {Place::kInside, label};
  const Split split = form_ == Form::kBefore ? split_before(label) : split_behind(label);
  if (split.letter == 0 || places_.find(split.letter) == std::string::npos) {
    return {Place::kInside, label};
  }
  return {place_of(split.letter), split.type};
}

void EntityJoiner::add(const ByteRange& range, std::string_view label, double score) {
  const TagParts parts = scheme_.parts(label);
  if (parts.place == Place::kOutside) {
    members_ = 0;
    return;
  }
  const bool starts = parts.place == Place::kBegin || parts.place == Place::kSingle;
  if (members_ == 0 || starts || entities_.back().label != parts.type) {
    entities_.push_back({range, std::string(parts.type), score});
    members_ = 1;
  } else {
    Entity& entity = entities_.back();
    entity.range.end = range.end;
    const auto count = static_cast<double>(members_++);
    entity.score = (entity.score * count + score) / (count + 1);
  }
  if (parts.place == Place::kEnd || parts.place == Place::kSingle) members_ = 0;
}

}  // namespace henson::tasks
