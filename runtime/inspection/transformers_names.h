// What transformers calls the weights of the models that it has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "henson/inspect.h"

namespace henson::runtime {

/// The name of a weight's role; nothing where transformers' model has none such.
std::optional<std::string> transformers_name(ModelFamily family, ModelKind kind,
                                             const WeightRole& role);

/// "BertForMaskedLM"; nothing for a family and kind that transformers has no class for.
std::optional<std::string> transformers_class(ModelFamily family, ModelKind kind);

/// "bert"; empty for kUnknown.
std::string_view transformers_type(ModelFamily family) noexcept;

}  // namespace henson::runtime
