#include "tools/commands/run.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/tasks/text_inputs.h"
#include "tools/commands/command.h"
#include "tools/input_file.h"
#include "tools/npz.h"
#include "tools/outputs.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::size_t kShownElements = 6;
constexpr std::string_view kExamples =
    R"(Inputs in the npz are named by position ("0", "1"; "0.KEY" in a dict, "0.0" in a tuple or list) or
by the names that `henson inspect` lists. The output's tensors are named "0", "1", … in order, those
of a dict by key; bfloat16 becomes float32. Several --ids or --input are sequences of different
lengths, run together without padding: the tensors of sequence k are named "k.0", "k.1", …. With --ids
the mask is all ones, token types are zeros, positions count up.

Examples:
  henson run bert.pt --ids "101 2040 2001 3958 27227 102"
  henson run bert.pt --ids "101 7592 102" --ids "101 2040 2001 3958 27227 102"
  henson run bert.pt --input in.npz --output out.npz)";

struct RunOptions {
  std::filesystem::path archive;
  OpenOptions open;
  std::vector<std::filesystem::path> inputs;
  std::vector<std::string> ids;
  std::filesystem::path output;
  SessionOptions session;
  bool json = false;
};

/// The numbers of "101 2040,102".
std::vector<std::int64_t> parse_ids(std::string_view text) {
  std::vector<std::int64_t> ids;
  const std::string_view separators = " \t\r\n,";
  for (std::size_t start = text.find_first_not_of(separators); start != std::string_view::npos;
       start = text.find_first_not_of(separators, start)) {
    const std::string_view word = text.substr(start, text.find_first_of(separators, start) - start);
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || end != word.data() + word.size()) {
      throw UsageError("--ids: `" + std::string(word) +
                       "` is no number; give ids like \"101 102\"");
    }
    ids.push_back(id);
    start += word.size();
  }
  if (ids.empty()) throw UsageError("--ids: no ids are given; give them like \"101 2040 102\"");
  return ids;
}

/// Runs all npz files, each a sequence of its own when there are several.
std::vector<Output> run_npz(const Model& model, const RunOptions& options) {
  std::vector<std::vector<NamedInput>> sequences;
  for (const std::filesystem::path& path : options.inputs) {
    sequences.push_back(read_inputs(model, path));
  }
  try {
    return Session(model, options.session)
        .run_ragged(std::span<const std::vector<NamedInput>>(sequences));
  } catch (const Error& error) {
    const bool which = error.code() == ErrorCode::kBadInput && options.inputs.size() == 1;
    throw located((which ? options.inputs.front() : options.archive).string(), error);
  }
}

/// Whether ids tell what an input has.
bool goes_with_ids(const InputInfo& input) {
  if (input.role == InputRole::kMask) return input.rank.value_or(2) == 2;
  return input.role != InputRole::kOther;
}

/// What --ids cannot give.
std::string ids_hint(const Model& model) {
  std::string others;
  for (const InputInfo& input : model.inputs()) {
    if (!input.used || goes_with_ids(input) || &input == &model.inputs().front()) continue;
    others += (others.empty() ? "" : ", ") + input.path + " (" + input.name + ")";
  }
  if (others.empty()) return {};
  return "; --ids gives ids, and mask, token types and positions to go with them: give " + others +
         " too, as arrays of an --input npz";
}

/// The inputs of one row of ids. A model none of whose inputs is known to take them gets them
/// first.
std::vector<NamedInput> inputs_for(const Model& model, const std::vector<std::int64_t>& ids) {
  Encoding encoding;
  encoding.ids = ids;
  encoding.type_ids.resize(ids.size());
  const std::int64_t first_position = model.info().positions ? model.info().positions->first : 0;
  std::vector<NamedInput> inputs;
  bool any_ids = false;
  for (const InputInfo& input : model.inputs()) {
    if (!input.used || !goes_with_ids(input)) continue;
    any_ids = any_ids || input.role == InputRole::kIds;
    inputs.push_back({input.path, tasks::input_by_role(input, encoding, first_position)});
  }
  const InputInfo& first = model.inputs().front();
  if (!any_ids && first.role == InputRole::kOther) {
    const std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(ids.size())};
    inputs.insert(inputs.begin(), {first.path, Tensor::borrow(ids, shape)});
  }
  return inputs;
}

/// Runs rows of ids, each a sequence of its own when there are several.
std::vector<Output> run_ids(const Model& model, const std::vector<std::vector<std::int64_t>>& rows,
                            const RunOptions& options) {
  const std::string archive = options.archive.string();
  if (model.inputs().empty()) {
    throw Error(ErrorCode::kBadInput, archive + ": the model takes no input; leave --ids out");
  }
  std::vector<std::vector<NamedInput>> sequences;
  for (const std::vector<std::int64_t>& ids : rows) {
    sequences.push_back(inputs_for(model, ids));
  }
  try {
    return Session(model, options.session)
        .run_ragged(std::span<const std::vector<NamedInput>>(sequences));
  } catch (const Error& error) {
    const Error whole = located(archive, error);
    if (error.code() != ErrorCode::kBadInput) throw whole;
    throw Error(error.code(), whole.message() + ids_hint(model));
  }
}

/// The tensors of all outputs; those of several sequences have its number before their names.
std::vector<NamedArray> name_all(const std::vector<Output>& outputs) {
  if (outputs.size() == 1) return named_tensors(outputs.front());
  std::vector<NamedArray> all;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    for (NamedArray& array : named_tensors(outputs[k])) {
      all.push_back({std::to_string(k) + '.' + array.name, std::move(array.tensor)});
    }
  }
  return all;
}

void print_table(const std::vector<NamedArray>& arrays) {
  using enum Table::Align;
  Table table({kLeft, kLeft, kLeft, kLeft});
  table.add({"output", "dtype", "shape", "first elements"});
  for (const auto& [name, tensor] : arrays) {
    table.add({printable(name), std::string(name_of(tensor.dtype())), format_shape(tensor.shape()),
               format_start(tensor, kShownElements)});
  }
  table.print(std::cout);
}

void print_as_json(const Model& model, const RunOptions& options,
                   const std::vector<NamedArray>& arrays) {
  Json json;
  json["archive"] = options.archive.string();
  json["executor"] = options.session.executor == Executor::kPlan ? "plan" : "interpreter";
  json["structure"] = model.info().output;
  json["outputs"] = Json::array();
  for (const auto& [name, tensor] : arrays) {
    json["outputs"].push_back({{"name", name},
                               {"dtype", name_of(tensor.dtype())},
                               {"shape", tensor.shape()},
                               {"first", start_as_json(tensor, kShownElements)}});
  }
  if (!options.output.empty()) json["written"] = options.output.string();
  print_json(std::cout, json);
}

void print_other_values(const Output& output) {
  switch (output.kind) {
    case Output::Kind::kBool:
      std::cout << (output.integer != 0 ? "True" : "False") << '\n';
      break;
    case Output::Kind::kInt:
      std::cout << output.integer << '\n';
      break;
    case Output::Kind::kFloat:
      std::cout << output.number << '\n';
      break;
    case Output::Kind::kString:
      std::cout << printable(output.text) << '\n';
      break;
    default:
      for (const Output& item : output.items) print_other_values(item);
  }
}

void check_output(const std::filesystem::path& output) {
  const std::string extension = output.extension().string();
  if (extension.empty() || extension == ".npz") return;
  throw UsageError("--output: the tensors are written as .npz, not as " + extension);
}

int run(const RunOptions& options) {
  check_output(options.output);
  if (options.inputs.empty() == options.ids.empty()) {
    throw UsageError("give one of --input in.npz and --ids \"101 2040 102\"");
  }
  std::vector<std::vector<std::int64_t>> rows;
  for (const std::string& ids : options.ids) rows.push_back(parse_ids(ids));
  const Model model = open_model(options.archive, options.open);
  const std::vector<Output> outputs =
      rows.empty() ? run_npz(model, options) : run_ids(model, rows, options);
  const std::vector<NamedArray> arrays = name_all(outputs);
  if (!options.output.empty()) write_npz(options.output, arrays);
  if (options.output == "-") return kDone;  // standard output holds the npz
  if (options.json) {
    print_as_json(model, options, arrays);
    return kDone;
  }
  print_table(arrays);
  for (const Output& output : outputs) print_other_values(output);
  if (!options.output.empty()) {
    std::cout << "written: " << options.output.string() << ", " << plural(arrays.size(), "array")
              << '\n';
  }
  return kDone;
}

}  // namespace

void add_run(CommandLine& program) {
  Command command = program.add("run", "Run an archive once");
  const auto options = std::make_shared<RunOptions>();
  command.option("archive", options->archive, "A.pt", "The TorchScript archive").required();
  add_open_options(command, options->open);
  command.option("--input", options->inputs, "IN.npz", "Inputs, by position or by name");
  command.option("--ids", options->ids, "\"101 2040 ...\"",
                 "Token ids: one row; mask, token types and positions go with them");
  command.option("--output", options->output, "OUT.npz",
                 "Where to write the output's tensors; -: standard output");
  add_session_options(command, options->session);
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return run(*options); });
}

}  // namespace henson::tools
