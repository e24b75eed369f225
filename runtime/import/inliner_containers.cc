// Tuples, lists and dicts of the code, and what the code costs: bounded in depth and in all.
#include <algorithm>

#include "henson/error.h"
#include "loader/limits.h"
#include "runtime/import/inliner.h"

namespace henson::runtime {

using Kind = loader::Budget::Kind;

Inliner::Level::Level(Inliner& inliner, const Frame& frame) : inliner_(inliner) {
  inliner.spend(Kind::kSteps, 1, frame);
  const std::size_t values = inliner.graph_.values.size();
  inliner.spend(Kind::kGraphValues, values - inliner.counted_values_, frame);
  inliner.counted_values_ = values;
  if (inliner.levels_ >= limits::kMaxEvaluateDepth) {
    inliner.fail(frame, "the code nests deeper than " + std::to_string(limits::kMaxEvaluateDepth) +
                            " levels, calls and expressions together");
  }
  ++inliner.levels_;
}

void Inliner::spend(Kind kind, std::uint64_t amount, const Frame& frame) {
  if (!budget_.spend(kind, amount)) fail(frame, budget_.refusal(kind));
}

/// The depth of a container that holds `item` besides what made it `depth` deep.
std::size_t Inliner::depth_around(const Term& item, std::size_t depth, const Frame& frame) {
  spend(Kind::kItems, 1, frame);
  const std::size_t around = std::max(depth, depth_of(item) + 1);
  if (around > limits::kMaxValueDepth) {
    fail(frame, "tuples, lists and dicts nest deeper than " +
                    std::to_string(limits::kMaxValueDepth) + " levels");
  }
  if (const auto* list = item.get<std::shared_ptr<ListTerm>>()) (*list)->held = true;
  if (const auto* dict = item.get<std::shared_ptr<DictTerm>>()) (*dict)->held = true;
  return around;
}

Term Inliner::make_tuple(std::vector<Term> items, const Frame& frame,
                         std::vector<std::string> names) {
  std::size_t depth = 1;
  for (const Term& item : items) depth = depth_around(item, depth, frame);
  return std::make_shared<TupleTerm>(TupleTerm{std::move(items), std::move(names), depth});
}

Term Inliner::make_list(std::vector<Term> items, const Frame& frame) {
  std::size_t depth = 1;
  for (const Term& item : items) depth = depth_around(item, depth, frame);
  return std::make_shared<ListTerm>(ListTerm{std::move(items), std::nullopt, depth});
}

Term Inliner::make_dict(std::vector<std::pair<std::string, Term>> items, const Frame& frame) {
  std::size_t depth = 1;
  for (const auto& [key, item] : items) depth = depth_around(item, depth, frame);
  return std::make_shared<DictTerm>(DictTerm{std::move(items), depth});
}

void Inliner::check_change(bool held, const Term& item, const Frame& frame) const {
  if (held && depth_of(item) > 0) {
    fail(frame, "a list or dict gets another into it after one holds it, or holds itself");
  }
}

void Inliner::append(ListTerm& list, Term item, const Frame& frame) {
  const std::size_t depth = depth_around(item, list.depth, frame);
  check_change(list.held, item, frame);  // held by itself, too
  list.depth = depth;
  list.items.push_back(std::move(item));
}

void Inliner::set_item(DictTerm& dict, std::string key, Term item, const Frame& frame) {
  const std::size_t depth = depth_around(item, dict.depth, frame);
  check_change(dict.held, item, frame);
  spend(Kind::kItems, dict.items.size(), frame);
  dict.depth = depth;
  const auto found = std::find_if(dict.items.begin(), dict.items.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  if (found != dict.items.end()) {
    found->second = std::move(item);
  } else {
    dict.items.emplace_back(std::move(key), std::move(item));
  }
}

/// Of a list or tuple that a node makes: as deep as the deepest of its inputs, or one deeper.
void Inliner::note_nesting(ValueId made, const std::vector<ValueId>& inputs, bool deeper,
                           const Frame& frame) {
  std::size_t depth = 0;
  for (const ValueId id : inputs) {
    const auto known = nesting_.find(id);
    if (known != nesting_.end()) depth = std::max(depth, known->second);
  }
  depth = std::max<std::size_t>(depth + (deeper ? 1 : 0), 1);
  if (depth > limits::kMaxValueDepth) {
    fail(frame, "lists and tuples of the computation nest deeper than " +
                    std::to_string(limits::kMaxValueDepth) + " levels");
  }
  nesting_.insert_or_assign(made, depth);
}

const loader::Value* Inliner::find_attribute(const loader::Object& object,
                                             const std::string& name) {
  const auto [known, fresh] = attributes_.try_emplace(&object);
  if (fresh) {
    for (const auto& [key, value] : object.attributes) known->second.try_emplace(key, &value);
  }
  const auto found = known->second.find(name);
  return found == known->second.end() ? nullptr : found->second;
}

const script::Function* Inliner::find_method(const std::string& of_class, const std::string& name) {
  const auto [known, fresh] = methods_.try_emplace(of_class);
  const auto defined = archive_.classes.find(of_class);
  if (fresh && defined != archive_.classes.end()) {
    for (const script::Function& method : defined->second.methods) {
      known->second.try_emplace(method.name, &method);
    }
  }
  const auto found = known->second.find(name);
  return found == known->second.end() ? nullptr : found->second;
}

}  // namespace henson::runtime
