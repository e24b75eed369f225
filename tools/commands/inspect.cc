#include "tools/commands/inspect.h"

#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/machine/processor.h"
#include "tools/commands/command.h"
#include "tools/head.h"
#include "tools/report.h"
#include "tools/tensor_table.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr std::string_view kExamples = R"(Examples:
  henson inspect bert.pt
  henson inspect bert.pt --plan --precision int8
  curl -s https://models.example/bert.pt | henson inspect -
  henson inspect bert.pt --json | jq '.tensors[].name')";

struct Options {
  std::filesystem::path archive;
  OpenOptions open;
  bool plan = false;
  Precision precision = Precision::kFloat32;
  bool all = false;
  bool json = false;
};

void print_heading(std::string_view text) { std::cout << '\n' << text << '\n'; }

std::uint64_t bytes_of(const ModelInfo& info) {
  std::uint64_t bytes = 0;
  for (const auto& [name, size] : info.entries) bytes += size;
  return bytes;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void print_archive(const ModelInfo& info) {
  Table table({kLeft, kLeft}, "  ");
  table.add({"layout", printable(info.layout) + (info.mobile ? ", saved for mobile" : "")});
  table.add({"version", std::to_string(info.version) +
                            (info.producer.empty() ? "" : ", by " + printable(info.producer))});
  if (!info.root_class.empty()) table.add({"class", printable(info.root_class)});
  table.add({"methods", printable(joined(info.methods))});
  table.add({"entries", format_count(info.entries.size()) + ", " + format_bytes(bytes_of(info))});
  table.add({"code", plural(info.node_count, "node") + " once inlined, " +
                         plural(info.operators.size(), "different operator")});
  table.print(std::cout);
}

void print_inputs(const Model& model) {
  print_heading("Inputs");
  Table table({kLeft, kLeft, kLeft, kLeft, kLeft}, "  ");
  bool told = false;
  for (const InputInfo& input : model.inputs()) {
    told = told || input.dtype || input.traced_shape;
    table.add({printable(input.path), printable(input.name),
               input.dtype ? std::string(name_of(*input.dtype)) : "",
               input.traced_shape ? "traced at " + format_shape(*input.traced_shape) : "",
               input.used ? std::string(name_of(input.role)) : "unused"});
  }
  table.print(std::cout);
  if (!told) std::cout << "  (the archive does not tell dtypes and shapes)\n";
}

void print_outputs(const Model& model) {
  print_heading("Output");
  std::cout << "  " << printable(model.info().output) << '\n';
  Table table({kLeft, kLeft, kLeft, kLeft}, "  ");
  for (const OutputInfo& output : model.outputs()) {
    table.add({printable(output.path), output.dtype ? std::string(name_of(*output.dtype)) : "",
               printable(to_string(output.shape)), std::string(name_of(output.maker))});
  }
  table.print(std::cout);
}

void print_locks(const Model& model) {
  print_heading("Shape");
  if (model.locks().empty()) {
    std::cout << "  not locked: the code takes its sizes from the input\n";
    return;
  }
  Table table({kLeft, kLeft, kLeft}, "  ");
  for (const Lock& lock : model.locks()) {
    table.add({lock.unlocked ? "unlocked" : "locked", printable(lock.place), printable(lock.what)});
    if (!lock.unlocked) table.add_line("          " + printable(lock.reason));
  }
  table.print(std::cout);
}

void print_lines(std::string_view heading, std::span<const std::string> lines) {
  if (lines.empty()) return;
  print_heading(heading);
  for (const std::string& line : lines) std::cout << "  " << printable(line) << '\n';
}

void print_heads(const Model& model) {
  std::vector<std::string> lines;
  for (const Head& head : find_heads(model.weights())) {
    lines.push_back(describe(head));
    lines.push_back("  " + head.embedding);
    if (head.decoder != head.embedding) lines.push_back("  " + head.decoder);
  }
  print_lines("Decoder and word embeddings", lines);
}

void print_tensors(const Model& model, bool all) {
  const TensorTotals totals = totals_of(model.weights());
  print_heading(plural(totals.tensors, "tensor") + ", " + plural(totals.elements, "element") +
                ", " + format_bytes(totals.bytes));
  tensor_table(model.weights(), !all).print(std::cout);
}

Json to_json(const ModelInfo& info) {
  Json json{{"layout", info.layout},    {"version", info.version},    {"producer", info.producer},
            {"mobile", info.mobile},    {"methods", info.methods},    {"class", info.root_class},
            {"nodes", info.node_count}, {"operators", info.operators}};
  json["entries"] = Json::array();
  for (const auto& [name, bytes] : info.entries) {
    json["entries"].push_back({{"name", name}, {"bytes", bytes}});
  }
  return json;
}

Json to_json(const InputInfo& input) {
  Json json{{"path", input.path}, {"name", input.name}, {"used", input.used}};
  json["role"] = name_of(input.role);
  json["dtype"] = input.dtype ? Json(name_of(*input.dtype)) : Json();
  json["traced_shape"] = input.traced_shape ? Json(*input.traced_shape) : Json();
  return json;
}

/// A size that is the same in every run is a number, another a formula, one that is unknown null.
Json to_json(const SymbolicSize& size) {
  if (const auto number = size.number()) return *number;
  return size.is_known() ? Json(size.text()) : Json();
}

Json to_json(const OutputInfo& output) {
  Json json{{"path", output.path}, {"maker", name_of(output.maker)}};
  json["dtype"] = output.dtype ? Json(name_of(*output.dtype)) : Json();
  json["shape"] = Json();
  if (output.shape) {
    json["shape"] = Json::array();
    for (const SymbolicSize& size : *output.shape) json["shape"].push_back(to_json(size));
  }
  return json;
}

Json to_json(const Lock& lock) {
  return {{"place", lock.place},
          {"what", lock.what},
          {"unlocked", lock.unlocked},
          {"reason", lock.reason}};
}

Json to_json(const Head& head) {
  static constexpr const char* kStates[] = {"tied", "equal", "diverged"};
  Json json{{"state", kStates[static_cast<int>(head.state)]},
            {"embedding", head.embedding},
            {"decoder", head.decoder},
            {"transposed", head.transposed},
            {"rows", head.vocabulary}};
  if (head.state == Head::State::kDiverged) {
    json["largest_difference"] = number_as_json(head.largest_difference);
    json["at"] = {head.row, head.column};
    json["differing_rows"] = head.differing_rows;
  }
  return json;
}

Json to_json(const WeightInfo& weight) {
  return {{"name", weight.name},
          {"dtype", name_of(weight.dtype)},
          {"shape", weight.shape},
          {"strides", weight.strides},
          {"bytes", weight.bytes},
          {"storage", weight.storage},
          {"same_as", weight.same_as},
          {"embedding_table", weight.is_embedding_table},
          {"linear_weight", weight.is_linear_weight}};
}

template <typename Items>
Json list_of(const Items& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

void print_as_json(const Model& model, const Options& options) {
  const TensorTotals totals = totals_of(model.weights());
  Json json{{"file", options.archive.string()}};
  json["archive"] = to_json(model.info());
  json["inputs"] = list_of(model.inputs());
  json["output"] = model.info().output;
  json["outputs"] = list_of(model.outputs());
  json["locks"] = list_of(model.locks());
  json["notes"] = model.notes();
  json["decoder"] = list_of(find_heads(model.weights()));
  json["tensors"] = list_of(model.weights());
  json["totals"] = {
      {"tensors", totals.tensors}, {"elements", totals.elements}, {"bytes", totals.bytes}};
  if (options.plan) {
    json["cpu"] = runtime::processor_name();
    json["isa"] = runtime::instruction_set();
    json["precision"] = name_of(options.precision);
    json["plan"] = model.describe(Executor::kPlan, options.precision);
  }
  print_json(std::cout, json);
}

int inspect(const Options& options) {
  if (options.precision != Precision::kFloat32 && !options.plan) {
    throw UsageError("--precision is the plan's: give --plan too");
  }
  const Model model = open_model(options.archive, options.open);
  if (options.json) {
    print_as_json(model, options);
    return kDone;
  }
  std::cout << printable(options.archive.filename().string()) << '\n';
  print_archive(model.info());
  print_inputs(model);
  print_outputs(model);
  print_locks(model);
  print_lines("Notes", model.notes());
  print_heads(model);
  print_tensors(model, options.all);
  if (options.plan) {
    print_lines("Plan in " + std::string(name_of(options.precision)) + " for " +
                    runtime::processor_name() + ", " + std::string(runtime::instruction_set()),
                model.describe(Executor::kPlan, options.precision));
  }
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
  command.flag("--all", options->all, "List every tensor: layers that are alike are not folded");
  command.flag("--plan", options->plan, "List the steps of the plan, too");
  add_precision_option(command, options->precision, "What the plan multiplies in");
  command.flag("--json", options->json, "Print JSON, with every tensor and every entry");
  command.footer(kExamples);
  command.action([options] { return inspect(*options); });
}

}  // namespace henson::tools
