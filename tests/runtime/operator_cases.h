// Runs the table's kernels on cases that PyTorch recorded (tests/runtime/case_writer.py).
#pragma once

#include <string>

namespace henson::runtime {

/// Runs every case of tests/runtime/cases/GROUP.json as one check each: results equal in dtype,
/// shape and values, arguments' storages as PyTorch left them, errors where PyTorch threw.
void run_operator_cases(const std::string& group);

}  // namespace henson::runtime
