// The steps of a tokenizer.json, which are made by the name of their type: normalizers,
// pre-tokenizers and decoders.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/json_file.h"

namespace henson::tokenizer {

/// What makes a `Step` of its description, for each type.
template <typename Step>
using StepMakers =
    std::map<std::string, std::function<std::unique_ptr<const Step>(const JsonValue&)>,
             std::less<>>;

template <typename Step, typename Kind>
std::unique_ptr<const Step> make_kind(const JsonValue& description) {
  return std::make_unique<Kind>(description);
}

/// The step of the description's type. Throws kUnsupported for one that is not among the makers:
/// "is X, a decoder that Henson does not know".
template <typename Step>
std::unique_ptr<const Step> make_by_type(const StepMakers<Step>& makers,
                                         const JsonValue& description, std::string_view what) {
  const std::string type = description.at("type").text();
  const auto maker = makers.find(type);
  if (maker == makers.end()) {
    description.unsupported("is " + type + ", a " + std::string(what) +
                            " that Henson does not know");
  }
  return maker->second(description);
}

inline constexpr std::size_t kMaxSteps = 256;

/// The steps of a Sequence, each of `make(description)`. Throws kUnsupported for more than
/// kMaxSteps.
template <typename Step, typename Make>
std::vector<std::unique_ptr<const Step>> make_steps(const JsonValue& list, const Make& make) {
  if (list.size() > kMaxSteps) list.unsupported("has too many steps");
  std::vector<std::unique_ptr<const Step>> steps;
  for (std::size_t i = 0; i < list.size(); ++i) steps.push_back(make(list.at(i)));
  return steps;
}

}  // namespace henson::tokenizer
