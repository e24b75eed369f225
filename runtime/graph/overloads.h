// Which overload of an operator a call means, by the types of its arguments, as TorchScript tells
// it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/operators/operator.h"

namespace henson::runtime {

/// The arguments of a call as written.
struct CallTypes {
  std::vector<Type> positional;
  std::vector<std::pair<std::string, Type>> keywords;
};

struct Match {
  const Operator* op = nullptr;
  /// For each argument of the schema: the place in positional (then keywords) of what was given, or
  /// nothing for the default.
  std::vector<std::optional<std::size_t>> sources;
};

/// The first overload that takes the arguments, tried without conversions first, then with them
/// (int to float, 0-dimensional tensor to number). Only overloads that hold for `archive_version`
/// count.
std::optional<Match> match_overload(std::string_view name, const CallTypes& call,
                                    std::int64_t archive_version);

/// "(Tensor, int, *, dtype: int)": for errors.
std::string to_string(const CallTypes& call);

}  // namespace henson::runtime
