// What is known of an archive as JSON: tools/schema/inspect.json says what stands where.
#pragma once

#include "henson/inspect.h"
#include "tools/report.h"

namespace henson::tools {

/// Of the member "schema". Raised when a member goes away or means something else.
inline constexpr int kInspectSchema = 1;

Json inspection_as_json(const Inspection& archive);

}  // namespace henson::tools
