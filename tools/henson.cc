// henson: the command line.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <string>

#include "tools/commands/answer.h"
#include "tools/commands/bench.h"
#include "tools/commands/classify.h"
#include "tools/commands/command.h"
#include "tools/commands/embed.h"
#include "tools/commands/fill_mask.h"
#include "tools/commands/inspect.h"
#include "tools/commands/run.h"
#include "tools/commands/similar.h"
#include "tools/commands/tag.h"
#include "tools/commands/tokenize.h"
#include "tools/commands/verify.h"

namespace henson::tools {
namespace {

constexpr const char* kFooter =
    R"(Exit codes: 0 done, 1 verify says no, 2 bad usage, 3 bad archive or input.

Examples:
  henson inspect bert.pt
  henson run bert.pt --ids "101 2040 2001 3958 27227 102"
  henson verify bert.pt --cases bert.npz
  henson bench bert.pt --shape 8x128
  henson embed minilm.pt --vocab vocab.txt "Who was Jim Henson?"
  henson fill-mask bert.pt --vocab vocab.txt "Jim Henson was a [MASK]."
`henson help COMMAND` says more of one.)";

void add_help(CLI::App& program, Action& action) {
  CLI::App* const command = program.add_subcommand("help", "Say how to use henson, or one command");
  const auto topic = std::make_shared<std::string>();
  command->add_option("command", *topic, "The command to tell of")->type_name("COMMAND");
  command->callback([topic, &program, &action] {
    action = [topic, &program] {
      const auto is_topic = [&](const CLI::App* app) { return app->get_name() == *topic; };
      const auto found = program.get_subcommands(is_topic);
      if (found.empty() && !topic->empty()) {
        throw UsageError("there is no command `" + *topic + "`");
      }
      // CLI::App::help would tell of the command that was parsed: of `help` itself.
      const CLI::App* const told = found.empty() ? &program : found.front();
      const std::string name = found.empty() ? "henson" : "henson " + *topic;
      std::cout << program.get_formatter()->make_help(told, name, CLI::AppFormatMode::Normal);
      return kDone;
    };
  });
}

int bad_usage(const std::string& message, const CLI::App& program) {
  std::string hint = "henson help";
  for (const CLI::App* const command : program.get_subcommands()) hint += ' ' + command->get_name();
  print_error(message + "; see `" + hint + "`");
  return kBadUsage;
}

int run_program(int argc, const char* const* argv) {
  CLI::App program("Runs traced BERT models (TorchScript archives) without PyTorch.", "henson");
  program.set_version_flag("--version", "henson " HENSON_VERSION);
  program.require_subcommand(0, 1);
  program.footer(kFooter);
  program.get_formatter()->column_width(34);
  Action action;
  add_inspect(program, action);
  add_run(program, action);
  add_verify(program, action);
  add_tokenize(program, action);
  add_embed(program, action);
  add_similar(program, action);
  add_fill_mask(program, action);
  add_classify(program, action);
  add_tag(program, action);
  add_answer(program, action);
  add_next_sentence(program, action);
  add_bench(program, action);
  add_help(program, action);
  try {
    program.parse(argc, argv);
    if (!action) throw UsageError("no command is given");
    return action();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help and --version
    return bad_usage(error.what(), program);
  } catch (const UsageError& error) {
    return bad_usage(error.what(), program);
  } catch (const Error& error) {
    print_error(error.what());
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
  } catch (const std::exception& error) {
    print_error(error.what());
  }
  return kBadFile;
}

}  // namespace
}  // namespace henson::tools

int main(int argc, char** argv) { return henson::tools::run_program(argc, argv); }
