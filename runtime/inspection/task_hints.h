// The commands that fit an archive.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "henson/inspect.h"

namespace henson::runtime {

std::vector<TaskHint> find_tasks(const std::filesystem::path& path, const Model& model,
                                 const ModelSummary& summary,
                                 std::span<const OutputFigures> outputs,
                                 std::span<const LockGroup> locks);

}  // namespace henson::runtime
