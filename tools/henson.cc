// henson: the command line.
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "tools/commands/accuracy.h"
#include "tools/commands/answer.h"
#include "tools/commands/audit.h"
#include "tools/commands/bench.h"
#include "tools/commands/classify.h"
#include "tools/commands/command.h"
#include "tools/commands/diff.h"
#include "tools/commands/embed.h"
#include "tools/commands/explain.h"
#include "tools/commands/export.h"
#include "tools/commands/extract.h"
#include "tools/commands/fill_mask.h"
#include "tools/commands/generate.h"
#include "tools/commands/inspect.h"
#include "tools/commands/rerank.h"
#include "tools/commands/run.h"
#include "tools/commands/similar.h"
#include "tools/commands/sparse.h"
#include "tools/commands/tag.h"
#include "tools/commands/tokenize.h"
#include "tools/commands/verify.h"
#include "tools/interrupt.h"
#include "tools/out_file.h"
#include "tools/standard_output.h"

namespace henson::tools {
namespace {

constexpr const char* kFooter =
    R"(Exit codes: 0 done, 1 the answer is no (verify, audit, diff), 2 bad usage, 3 bad archive or input.

Examples:
  henson inspect bert.pt
  henson run bert.pt --ids "101 2040 2001 3958 27227 102"
  henson verify bert.pt --cases bert.npz
  henson bench bert.pt --shape 8x128
  henson accuracy minilm.pt --vocab vocab.txt --text lines.txt
  henson embed minilm.pt --vocab vocab.txt "Who was Jim Henson?"
  henson fill-mask bert.pt --vocab vocab.txt "Jim Henson was a [MASK]."
`henson help COMMAND` says more of one.)";

/// Done is what stands in standard output.
int run_checked(CommandLine& program, int argc, const char* const* argv) {
  const CheckedOutput checked;
  const int code = program.run(argc, argv);
  std::cout.flush();
  return code;
}

int run_program(int argc, const char* const* argv) {
  CommandLine program("henson", "Runs traced BERT models (TorchScript archives) without PyTorch.",
                      HENSON_VERSION, kFooter);
  add_inspect(program);
  add_audit(program);
  add_diff(program);
  add_extract(program);
  add_export(program);
  add_run(program);
  add_verify(program);
  add_tokenize(program);
  add_explain(program);
  add_embed(program);
  add_similar(program);
  add_rerank(program);
  add_sparse(program);
  add_fill_mask(program);
  add_classify(program);
  add_tag(program);
  add_answer(program);
  add_next_sentence(program);
  add_bench(program);
  add_accuracy(program);
  add_generate(program);
  program.add_help();
  catch_interrupts();
  try {
    return run_checked(program, argc, argv);
  } catch (const BrokenPipe&) {
    return kDone;  // the reader has what it wanted
  } catch (const Interrupted&) {
    report_interrupt();
    return kInterrupted;
  } catch (const UsageError& error) {
    print_error(error.what() + ("; see `" + program.help_command() + "`"));
    return kBadUsage;
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
