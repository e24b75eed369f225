#include "runtime/inspection/lock_groups.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace henson::runtime {
namespace {

std::string of_input(const InputInfo& input) {
  return "of input " + input.path + (input.name.empty() ? "" : " (" + input.name + ')');
}

/// What a person calls a size of an input.
std::string name_of_size(const InputInfo& input, std::size_t dim) {
  const bool of_tokens = input.role != InputRole::kOther && input.rank == 2;
  const bool of_states = input.dtype && is_floating(*input.dtype) && input.rank == 3;
  if (dim == 0 && (of_tokens || of_states)) return "the batch";
  if (dim == 1 && (of_tokens || of_states)) return "the sequence length";
  if (dim == 2 && of_states) return "the hidden size";
  return "size " + std::to_string(dim) + ' ' + of_input(input);
}

class Grouper {
 public:
  Grouper(const UnlockResult& unlocked, std::span<const InputInfo> inputs)
      : unlocked_(unlocked), inputs_(inputs) {}

  std::vector<LockGroup> run() {
    for (const UnlockedSize& size : unlocked_.unlocked) {
      LockGroup& group = group_of(name_of(size.size), size.held, true, {});
      add_line(group, to_string(size.where));
    }
    for (const ShapeCondition& condition : unlocked_.conditions) {
      using Demand = ShapeCondition::Demand;
      const bool at_most = condition.demand == Demand::kAtMost;
      // The others go with a size that is unlocked.
      if (condition.limit || (!at_most && condition.demand != Demand::kValue)) continue;
      const auto value = condition.value < 0 ? std::nullopt : std::optional(condition.value);
      std::string reason = condition.reason;
      if (!value) {
        reason += "; the archive does not tell at which shape it was traced";
      } else if (at_most) {
        reason += "; the archive runs up to there";
      }
      LockGroup& group = group_of(name_of(condition.size), value, false, reason);
      add_line(group, to_string(condition.where));
    }
    return std::move(groups_);
  }

 private:
  std::string name_of(const Dimension& size) const {
    if (const auto symbol = size.symbol()) return name_of_symbol(*symbol);
    std::string names;
    for (const SymbolId symbol : size.symbols()) {
      names += (names.empty() ? "what follows from " : " and ") + name_of_symbol(symbol);
    }
    return names.empty() ? "a size of the dummy input" : names;
  }

  std::string name_of_symbol(SymbolId symbol) const {
    const auto place = static_cast<std::size_t>(symbol);
    if (place >= unlocked_.symbols.size() || !unlocked_.symbols[place]) {
      return "a size that the code computes";
    }
    const UnlockResult::InputSize size = *unlocked_.symbols[place];
    return size.input < inputs_.size() ? name_of_size(inputs_[size.input], size.dim)
                                       : "a size of the dummy input";
  }

  LockGroup& group_of(std::string dimension, std::optional<std::int64_t> value, bool unlocked,
                      std::string reason) {
    const auto known = std::find_if(groups_.begin(), groups_.end(), [&](const LockGroup& group) {
      return group.dimension == dimension && group.value == value && group.unlocked == unlocked &&
             group.reason == reason;
    });
    if (known != groups_.end()) return *known;
    groups_.push_back({std::move(dimension), value, unlocked, std::move(reason), {}});
    return groups_.back();
  }

  static void add_line(LockGroup& group, std::string line) {
    if (std::find(group.lines.begin(), group.lines.end(), line) == group.lines.end()) {
      group.lines.push_back(std::move(line));
    }
  }

  const UnlockResult& unlocked_;
  std::span<const InputInfo> inputs_;
  std::vector<LockGroup> groups_;
};

}  // namespace

std::vector<LockGroup> group_locks(const UnlockResult& unlocked,
                                   std::span<const InputInfo> inputs) {
  return Grouper(unlocked, inputs).run();
}

}  // namespace henson::runtime
