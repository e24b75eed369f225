// What `inspect` tells of single tensors: statistics, values, a chosen table of them.
#pragma once

#include <filesystem>
#include <string>

#include "tools/commands/command.h"
#include "tools/tensor_rows.h"

namespace henson::tools {

struct TensorOptions {
  bool stats = false;
  bool rank = false;
  TensorFilter filter;
  std::string sort;
  std::string tensor;  // with what is taken of it
  std::filesystem::path export_to;
  int threads = 0;
};

void add_tensor_options(Command& command, TensorOptions& options);

/// Whether the command line asks for tensors, and so for nothing else.
bool asks_for_tensors(const TensorOptions& options);

/// The archive, as far as it can be read. Errors name the file.
Inspection open_inspection(const std::filesystem::path& path, const OpenOptions& open);
/// On standard error, when it does not run here.
void note_why_not(const Inspection& archive);

/// Works on archives that Henson cannot run, too.
int inspect_tensors(const std::filesystem::path& archive, const OpenOptions& open,
                    const TensorOptions& options, bool all, bool json);

}  // namespace henson::tools
