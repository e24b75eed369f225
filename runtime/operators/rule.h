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

/// What else is asked of an operator. An operator may have several: kMultiplies | kQuantized.
enum class Trait : std::uint32_t {
  kNone = 0,
  // What the result's elements are.
  kMoves = 1 << 0,     // those of the first argument, in other places: nothing is computed
  kCasts = 1 << 1,     // those of the first argument in another type, in their places
  kPicks = 1 << 2,     // those of the first argument that the argument `index` or `indices` names
  kLooksUp = 1 << 3,   // rows of the first argument (a table, or several), by those of the second
  kCreates = 1 << 4,   // numbers that the code says; of tensors the sizes and types alone count
  kAsks = 1 << 5,      // no elements: the sizes, type or place of a tensor
  kReshapes = 1 << 6,  // in place: the sizes of the first argument change, its elements do not
  kReadsLayout = 1 << 7,  // depends on how the first argument lies in memory
  // How they are computed.
  kMultiplies = 1 << 8,    // a product of matrices, by the argument `weight` where there is one
  kMixes = 1 << 9,         // each from many of the first argument's, that a model computes with
  kAccumulates = 1 << 10,  // each is the sum of those before it
  kSoftmax = 1 << 11,
  kLogSoftmax = 1 << 12,
  kSigmoid = 1 << 13,
  kTanh = 1 << 14,
  kQuantized = 1 << 15,  // in integers that stand for real numbers
};
constexpr Trait operator|(Trait a, Trait b) {
  return static_cast<Trait>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}

/// What a number of the code does that stands among the arguments and is no size, dimension or
/// index. Numbers that a size of the dummy input may have given are looked for by it.
enum class NumberUse : std::uint8_t {
  kNone,
  kScales,    // elements are multiplied or divided by it
  kAdds,      // it is added to elements, or elements are taken from it
  kBounds,    // elements are held below or above it
  kMeasures,  // elements are compared with it, or taken as so many of it and a rest
  kFills,     // elements become it
  kCounts,    // it counts elements, or tells a place
  kClasses,   // elements are below it
};

struct Rule {
  DTypeRule dtype = nullptr;  // null: nothing is told of dtypes
  ShapeRule shape = nullptr;  // null: nothing is told of sizes
  Trait traits = Trait::kNone;
  NumberUse numbers = NumberUse::kNone;

  constexpr bool has_any(Trait wanted) const {
    return (static_cast<std::uint32_t>(traits) & static_cast<std::uint32_t>(wanted)) != 0;
  }
};

/// Of an operator of which nothing is told. A test counts these.
inline constexpr Rule kNoRule{};

/// Sizes that do not fit each other: the operator would refuse them.
struct Mismatch {};

}  // namespace henson::runtime
