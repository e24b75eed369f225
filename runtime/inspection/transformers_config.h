// The config.json with which transformers makes the model that an archive holds.
#pragma once

#include <string>

#include "henson/inspect.h"

namespace henson::runtime {

struct TransformersConfig {
  std::string text;     // JSON; empty where it cannot be told
  std::string why_not;  // then
};

/// `tied`: whether the decoder is the table of words. `dtype`: of the weights as they are written.
TransformersConfig transformers_config(const ModelSummary& summary, bool tied, DType dtype);

}  // namespace henson::runtime
