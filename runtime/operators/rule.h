// The one rule of an operator: what is known of its results before it runs. It stands beside the
// registration, and every analysis runs it over what it knows itself.
#pragma once

#include <cstdint>

namespace henson::runtime {

class Inference;

/// Tells the dtypes of the results, as far as those of the arguments are known.
using DTypeRule = void (*)(Inference& call);
/// Tells the sizes of the results and, of sizes and small integers, the number. Throws Mismatch.
using ShapeRule = void (*)(Inference& call);

/// What else the passes want to know of an operator.
enum class Trait : std::uint8_t {
  kNone,
  kMoves,     // the elements of the first argument, in other places: nothing is computed
  kCasts,     // the elements of the first argument in another type, in their places
  kLooksUp,   // rows of the first argument (a table), by the indices of the second
  kReshapes,  // in place: the sizes of the first argument change, its elements do not
};

struct Rule {
  DTypeRule dtype = nullptr;  // null: nothing is told of dtypes
  ShapeRule shape = nullptr;  // null: nothing is told of sizes
  Trait trait = Trait::kNone;
};

/// Of an operator of which nothing is told. A test counts these.
inline constexpr Rule kNoRule{};

/// Sizes that do not fit each other: the operator would refuse them.
struct Mismatch {};

}  // namespace henson::runtime
