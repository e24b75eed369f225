// What labels of words say of where entities start and end.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "henson/tasks.h"

namespace henson::tasks {

/// A label taken apart: "B-PER" begins one of the type PER.
struct TagParts {
  enum class Place {
    kOutside,
    kBegin,   // B
    kInside,  // I, M; and labels that tell no place
    kEnd,     // E, L
    kSingle,  // S, U, W
  };

  Place place = Place::kOutside;
  std::string_view type;
};

/// IOB1, IOB2, BIOES, BILOU, BMEWO and plain labels, with the place before the type ("B-PER") or
/// behind it ("PER-B").
class TagScheme {
 public:
  /// By all labels that a model has.
  explicit TagScheme(std::span<const std::string> labels);

  TagParts parts(std::string_view label) const;

 private:
  enum class Form { kPlain, kBefore, kBehind };

  Form form_ = Form::kPlain;
  std::string places_;  // the letters that are places: "BI", "BIES"
};

/// Joins what follows each other and belongs together. `Piece` has a range, a label and a score.
class EntityJoiner {
 public:
  explicit EntityJoiner(std::span<const std::string> labels) : scheme_(labels) {}

  void add(const ByteRange& range, std::string_view label, double score);
  std::vector<Entity> take() { return std::move(entities_); }

 private:
  TagScheme scheme_;
  std::vector<Entity> entities_;
  std::size_t members_ = 0;  // of the last entity; 0 when nothing goes on with it
};

}  // namespace henson::tasks
