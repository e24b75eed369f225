// What repeats itself, told once.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace henson::tools {

/// `count` groups of `size` lines each follow each other from line `first` on, and are alike.
struct Fold {
  std::size_t first = 0;
  std::size_t size = 1;
  std::size_t count = 1;

  bool operator==(const Fold&) const = default;
};

/// "encoder.layer.3.output.weight" is {"encoder.layer.", 3, ".output.weight"}.
struct NumberedName {
  std::string_view prefix;
  std::size_t number = 0;
  std::string_view suffix;
};

/// By the first part of the name that is a number, behind another part; nothing without one.
std::optional<NumberedName> split_number(std::string_view name);

/// Names of layers whose names differ by their number only; `alike` says of two lines whether
/// nothing else differs. Layers of one name each are folded as well; a layer that stands alone is
/// one fold of its lines.
std::vector<Fold> fold_layers(std::span<const std::string> names,
                              const std::function<bool(std::size_t, std::size_t)>& alike);

/// Lines that come again and again, in the groups that cover the most.
std::vector<Fold> fold_repeats(std::span<const std::string> lines);

}  // namespace henson::tools
