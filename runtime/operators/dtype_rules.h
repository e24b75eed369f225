// Rules of dtypes: how the type of a result follows from those of the arguments.
#pragma once

#include <initializer_list>
#include <span>

#include "runtime/operators/inference.h"

namespace henson::runtime::dtypes {

/// What promotion (runtime/operators/promotion.h) makes of these arguments, tensors and numbers;
/// None takes no part. A list counts as its tensors. Known as far as every possible rank agrees.
Fact promote_facts(const Inference& call, std::initializer_list<std::size_t> arguments);
/// Likewise where every tensor counts as one that has dimensions.
Fact promote_arrays(const Inference& call, std::initializer_list<std::size_t> arguments);
Fact promote_facts(std::span<const Fact> facts);
/// The type itself where it is floating, else float32.
Fact as_floating(Fact fact);
void give(Inference& call, const Fact& type);
/// Of a tensor, or what all tensors of a list have in common.
Fact type_of(const Fact& fact);
/// Of arguments, tensors and lists of them, that the operator refuses when their types differ: what
/// any of them tells.
Fact shared_fact(const Inference& call, std::initializer_list<std::size_t> arguments);

/// Every result has the one type.
template <DType kDType>
void always(Inference& call) {
  for (std::size_t i = 0; i < call.result_count(); ++i) call.result(i).dtype = kDType;
}
inline constexpr DTypeRule kBool = always<DType::kBool>;
inline constexpr DTypeRule kUInt8 = always<DType::kUInt8>;
inline constexpr DTypeRule kInt64 = always<DType::kInt64>;
inline constexpr DTypeRule kFloat32 = always<DType::kFloat32>;
inline constexpr DTypeRule kFloat64 = always<DType::kFloat64>;

/// Of one argument: a tensor, or a list of tensors of one type.
template <std::size_t kArgument = 0>
void same(Inference& call) {
  give(call, type_of(call.arg(kArgument)));
}

/// Of several arguments taken together.
template <std::size_t... kArguments>
void promoted(Inference& call) {
  give(call, promote_facts(call, {kArguments...}));
}

template <std::size_t... kArguments>
void promoted_arrays(Inference& call) {
  give(call, promote_arrays(call, {kArguments...}));
}

/// Likewise, and float32 instead of what is not floating.
template <std::size_t... kArguments>
void promoted_to_float(Inference& call) {
  give(call, as_floating(promote_facts(call, {kArguments...})));
}

/// The first argument's, or float32 when that is not floating.
inline constexpr DTypeRule kFloating = promoted_to_float<0>;

/// The operator refuses tensors of different types: the first that is known tells.
void shared(Inference& call);

/// Likewise of these arguments; others may differ.
template <std::size_t... kArguments>
void shared_by(Inference& call) {
  give(call, shared_fact(call, {kArguments...}));
}

/// A result as the first argument, the others int64: values with their places.
void with_places(Inference& call);

/// A list as long as the first argument, each tensor of the type of the one there.
void each(Inference& call);

/// What the argument `dtype` says; when it is None, what another rule says.
bool told(Inference& call);  // false when it is None or absent; nothing is known while it is open
template <DTypeRule kOtherwise>
void told_or(Inference& call) {
  if (!told(call)) kOtherwise(call);
}

/// The first argument's, int64 when that is an integer or bool: sums and products of many.
void summed(Inference& call);

}  // namespace henson::runtime::dtypes
