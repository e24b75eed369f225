// Findings of an audit as SARIF, which systems for continuous integration read.
#pragma once

#include <string>

#include "henson/audit.h"
#include "tools/report.h"

namespace henson::tools {

/// A log of SARIF 2.1.0 with one run. `file` is as the user named it.
Json to_sarif(const AuditReport& report, const std::string& file);

/// "code/model.py:17", "data.pkl: byte 12"; empty for a finding of the whole file.
std::string place_of(const AuditFinding& finding);

}  // namespace henson::tools
