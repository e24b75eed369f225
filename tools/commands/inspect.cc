#include "tools/commands/inspect.h"

#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "henson/inspect.h"
#include "henson/tokenizer.h"
#include "runtime/machine/processor.h"
#include "tools/commands/command.h"
#include "tools/commands/inspect_page.h"
#include "tools/commands/inspect_tensors.h"
#include "tools/inspection_json.h"
#include "tools/inspection_text.h"
#include "tools/plan_table.h"
#include "tools/report.h"
#include "tools/tensor_table.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples = R"(Examples:
  henson inspect bert.pt
  henson inspect bert.pt --plan --precision int8
  henson inspect bert.pt --stats --filter '*attention*'
  henson inspect bert.pt --html bert.html --shape 1x128
  henson inspect bert.pt --tensor 'pooler.dense.weight[0:3, :5]'
  curl -s https://models.example/bert.pt | henson inspect -
  henson inspect bert.pt --json | jq '.tensors[].name')";

struct Options {
  std::filesystem::path archive;
  OpenOptions open;
  std::filesystem::path vocabulary;
  bool plan = false;
  Precision precision = Precision::kFloat32;
  bool all = false;
  bool json = false;
  TensorOptions tensors;
  PageOptions page;
};

void print_tensors(const Inspection& archive, bool all) {
  const std::vector<TensorRow> rows = rows_of(archive.tensors());
  const TensorTotals totals = totals_of(rows);
  std::cout << '\n'
            << plural(totals.tensors, "tensor") << ", " << plural(totals.elements, "element")
            << ", " << format_bytes(totals.bytes) << '\n';
  tensor_table(rows, !all).print(std::cout);
}

const Model& runnable(const Inspection& archive) {
  if (archive.model() != nullptr) return *archive.model();
  throw located(archive.path().string(), *archive.why_not());
}

void print_plan(const Inspection& archive, Precision precision, bool all) {
  std::cout << "\nPlan in " << name_of(precision) << " for " << runtime::processor_name() << ", "
            << runtime::instruction_set() << '\n';
  plan_table(runnable(archive).describe(Executor::kPlan, precision), !all).print(std::cout);
}

void print_as_json(const Inspection& archive, const Options& options) {
  Json json = inspection_as_json(archive);
  if (options.plan) {
    json["cpu"] = runtime::processor_name();
    json["isa"] = runtime::instruction_set();
    json["precision"] = name_of(options.precision);
    json["plan"] = runnable(archive).describe(Executor::kPlan, options.precision);
  }
  print_json(std::cout, json);
}

/// Empty without a vocabulary.
TokenNames token_names(const std::filesystem::path& vocabulary) {
  if (vocabulary.empty()) return {};
  const auto tokenizer = std::make_shared<const Tokenizer>(Tokenizer::open(vocabulary));
  return [tokenizer](std::int64_t id) {
    return printable(tokenizer->token(id).value_or(std::string_view()));
  };
}

int inspect(const Options& options) {
  if (options.precision != Precision::kFloat32 && !options.plan) {
    throw UsageError("--precision is the plan's: give --plan too");
  }
  if (!options.page.html.empty()) {
    PageOptions page = options.page;
    page.threads = options.tensors.threads;
    return write_page(options.archive, options.open, page);
  }
  if (asks_for_tensors(options.tensors)) {
    return inspect_tensors(options.archive, options.open, options.tensors, options.all,
                           options.json);
  }
  const TokenNames tokens = token_names(options.vocabulary);
  const Inspection archive = open_inspection(options.archive, options.open);
  if (options.json) {
    print_as_json(archive, options);
    return kDone;
  }
  print_inspection(std::cout, archive, tokens);
  print_tensors(archive, options.all);
  if (options.plan) print_plan(archive, options.precision, options.all);
  return kDone;
}

}  // namespace

void add_inspect(CommandLine& program) {
  Command command = program.add("inspect", "Say what an archive is and holds");
  const auto options = std::make_shared<Options>();
  command
      .option("archive", options->archive, "A.pt", "The TorchScript archive; -: of standard input")
      .required();
  add_open_options(command, options->open);
  command.option("--vocab", options->vocabulary, "FILE",
                 "The vocabulary: names tokens of which a decoder has other rows");
  command.flag("--all", options->all,
               "List every tensor and step: layers that are alike are not folded");
  command.flag("--plan", options->plan, "List the steps of the plan, too");
  add_precision_option(command, options->precision, "What the plan multiplies in");
  command.flag("--json", options->json, "Print JSON, with every tensor and every entry");
  add_tensor_options(command, options->tensors);
  add_page_options(command, options->page);
  command.footer(kExamples);
  command.action([options] { return inspect(*options); });
}

}  // namespace henson::tools
