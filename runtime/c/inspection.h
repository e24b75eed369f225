// What a model is and holds, as JSON.
#pragma once

#include <string>

#include "henson/henson.h"

namespace henson::c {

std::string inspection_of(const Model& model);

}  // namespace henson::c
