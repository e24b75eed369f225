#include "tools/commands/generate.h"

#include <iostream>
#include <memory>

#include "tools/commands/command.h"
#include "tools/completions.h"
#include "tools/manual.h"

namespace henson::tools {

void add_generate(CommandLine& program) {
  using Writer = void (*)(std::ostream&, const ProgramText&);
  Command command = program.add_hidden("generate", "Write the manual, or completions for a shell");
  const auto writer = std::make_shared<Writer>();
  command
      .choice("what", *writer,
              {{"man", &write_manual},
               {"bash", &write_bash_completions},
               {"zsh", &write_zsh_completions},
               {"fish", &write_fish_completions}},
              "The page for man, or what the shell completes by")
      .required();
  command.action([writer, &program] {
    (*writer)(std::cout, program.text());
    return kDone;
  });
}

}  // namespace henson::tools
