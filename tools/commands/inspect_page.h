// `inspect --html`: the page.
#pragma once

#include <filesystem>
#include <string>

#include "tools/commands/command.h"

namespace henson::tools {

struct PageOptions {
  std::filesystem::path html;
  std::string shape;
  int threads = 0;
};

/// --html and --shape.
void add_page_options(Command& command, PageOptions& options);

/// Works on archives that Henson cannot run, too.
int write_page(const std::filesystem::path& archive, const OpenOptions& open,
               const PageOptions& options);

}  // namespace henson::tools
