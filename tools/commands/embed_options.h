// What the commands that embed texts share.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "henson/tasks.h"
#include "tools/command_line.h"

namespace henson::tools {

/// Options as they were given.
class EmbedArguments {
 public:
  /// --pooling, --prompt, --prompt-name and --truncate-to.
  void add_to(Command& command);
  /// --normalize and --no-normalize, where lengths are the caller's.
  void add_length_to(Command& command);
  /// Once the command line is parsed.
  EmbedOptions options() const;

 private:
  EmbedOptions options_;
  std::string prompt_;
  std::optional<Option> prompt_option_;
  bool to_length_one_ = false;
  bool as_they_are_ = false;
};

}  // namespace henson::tools
