#include "tools/commands/diff.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "henson/diff.h"
#include "tools/answer_difference.h"
#include "tools/commands/command.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr std::string_view kExamples = R"(Examples:
  henson diff before.pt after.pt
  henson diff bert.pt bert_half.pt
  henson diff --all --json before.pt after.pt

Tensors are matched by name, else by what the code uses them for, else by their elements. Where the
weights are the same and the code is not, both are run on the same random inputs, unless --no-run says
not to. Exit codes: 0 the same model, whatever its layout, precision, device or PyTorch version;
1 different, or not shown to be the same; 3 an archive cannot be read.)";

/// Rows of a list, unless all are asked for.
constexpr std::size_t kMostRows = 20;

struct Options {
  std::filesystem::path a;
  std::filesystem::path b;
  bool all = false;
  bool no_run = false;
  bool json = false;
  SessionOptions session;
};

void print_more(std::size_t rows, std::size_t shown, Table& table) {
  if (rows > shown) table.add_line("  … " + format_count(rows - shown) + " more; --all lists them");
}

void print_facts(const ArchiveDifference& difference) {
  if (difference.facts.empty()) return;
  std::cout << "\nAbout\n";
  Table table({kLeft, kLeft, kLeft}, "  ");
  for (const FactDifference& fact : difference.facts) {
    table.add({fact.what, printable(fact.a.empty() ? "none" : fact.a),
               "-> " + printable(fact.b.empty() ? "none" : fact.b)});
  }
  table.print(std::cout);
}

std::string shapes_of(const TensorDifference& tensor) {
  const std::string before = format_shape(tensor.shape_a);
  return tensor.shape_a == tensor.shape_b ? before : before + " -> " + format_shape(tensor.shape_b);
}

std::string names_of(const TensorDifference& tensor) {
  if (tensor.a == tensor.b || tensor.matched == MatchedBy::kName) return printable(tensor.a);
  return printable(tensor.a + " = " + tensor.b) + " (by " + std::string(name_of(tensor.matched)) +
         ")";
}

std::string numbers_of(const TensorDifference& tensor) {
  if (tensor.state != TensorState::kChanged && tensor.state != TensorState::kRounded) return {};
  return "by at most " + format_error(tensor.largest_difference) + ", " +
         format_error(tensor.relative_norm) + " of its norm, cosine " +
         format_fixed(tensor.cosine, 6);
}

std::vector<const TensorDifference*> differing(const ArchiveDifference& difference) {
  std::vector<const TensorDifference*> tensors;
  for (const TensorDifference& tensor : difference.tensors) {
    const bool rounded = tensor.state == TensorState::kRounded;
    if (tensor.state != TensorState::kEqual && !rounded) tensors.push_back(&tensor);
  }
  return tensors;
}

void print_tensors(const ArchiveDifference& difference, bool all) {
  std::size_t counts[5] = {};
  for (const TensorDifference& tensor : difference.tensors) {
    ++counts[static_cast<std::size_t>(tensor.state)];
  }
  std::cout << "\nTensors: " << format_count(difference.tensors.size()) << " in both";
  for (const TensorState state : {TensorState::kEqual, TensorState::kRounded, TensorState::kChanged,
                                  TensorState::kReshaped, TensorState::kUnreadable}) {
    const std::size_t count = counts[static_cast<std::size_t>(state)];
    if (count > 0) std::cout << ", " << format_count(count) << ' ' << name_of(state);
  }
  std::cout << '\n';
  Table table({kLeft, kLeft, kLeft, kLeft}, "  ");
  const std::vector<const TensorDifference*> tensors = differing(difference);
  const std::size_t shown = all ? tensors.size() : std::min(tensors.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    table.add({std::string(name_of(tensors[i]->state)), names_of(*tensors[i]),
               shapes_of(*tensors[i]), numbers_of(*tensors[i])});
  }
  print_more(tensors.size(), shown, table);
  table.print(std::cout);
}

void print_lone(std::string_view heading, const std::vector<LoneTensor>& tensors, bool all) {
  if (tensors.empty()) return;
  std::cout << '\n' << heading << ": " << plural(tensors.size(), "tensor") << '\n';
  Table table({kLeft, kLeft, kLeft, kRight, kLeft}, "  ");
  const std::size_t shown = all ? tensors.size() : std::min(tensors.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const LoneTensor& tensor = tensors[i];
    table.add({printable(tensor.name), std::string(name_of(tensor.dtype)),
               format_shape(tensor.shape), format_bytes(tensor.bytes),
               !tensor.copy_of.empty() ? "the same elements as " + printable(tensor.copy_of)
               : tensor.read           ? ""
                                       : "unused"});
  }
  print_more(tensors.size(), shown, table);
  table.print(std::cout);
}

void print_layers(const ArchiveDifference& difference) {
  const bool any = std::any_of(difference.layers.begin(), difference.layers.end(),
                               [](const LayerDifference& layer) { return layer.changed > 0; });
  if (!any) return;
  std::cout << "\nLayers\n";
  Table table({kLeft, kRight, kLeft, kLeft}, "  ");
  for (const LayerDifference& layer : difference.layers) {
    if (layer.changed == 0) continue;
    table.add({printable(layer.layer),
               format_count(layer.changed) + " of " + format_count(layer.tensors),
               "by at most " + format_error(layer.largest_difference),
               format_error(layer.relative_norm) + " of its norm"});
  }
  table.print(std::cout);
}

/// A module that a model has several times has its code as often.
struct Copies {
  const CodeFileDifference* file = nullptr;
  std::size_t count = 0;
};

std::vector<Copies> alike(const std::vector<CodeFileDifference>& files) {
  std::vector<Copies> copies;
  for (const CodeFileDifference& file : files) {
    const auto found = std::find_if(copies.begin(), copies.end(), [&](const Copies& row) {
      return row.file->name == file.name && row.file->lines_removed == file.lines_removed &&
             row.file->lines_added == file.lines_added;
    });
    if (found == copies.end()) {
      copies.push_back({&file, 1});
    } else {
      ++found->count;
    }
  }
  return copies;
}

void print_code(const CodeDifference& code, bool all) {
  std::cout << "\nCode: ";
  if (code.identical()) {
    std::cout << "the same\n";
    return;
  }
  std::cout << format_count(code.same) << " of its files the same, " << code.changed.size()
            << " changed, " << code.removed.size() << " removed, " << code.added.size()
            << " added\n";
  Table table({kLeft, kLeft, kLeft}, "  ");
  const std::vector<Copies> rows = alike(code.changed);
  const std::size_t shown = all ? rows.size() : std::min(rows.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const CodeFileDifference& file = *rows[i].file;
    table.add(
        {printable(file.name),
         "-" + format_count(file.lines_removed) + " +" + format_count(file.lines_added) + " lines",
         rows[i].count == 1 ? "" : format_count(rows[i].count) + " times"});
  }
  print_more(rows.size(), shown, table);
  if (all) {
    for (const std::string& name : code.removed) table.add({printable(name), "removed"});
    for (const std::string& name : code.added) table.add({printable(name), "added"});
  }
  table.print(std::cout);
}

Json to_json(const TensorDifference& tensor) {
  return {{"a", tensor.a},
          {"b", tensor.b},
          {"matched_by", name_of(tensor.matched)},
          {"state", name_of(tensor.state)},
          {"transposed", tensor.transposed},
          {"read", tensor.read},
          {"dtype_a", name_of(tensor.dtype_a)},
          {"dtype_b", name_of(tensor.dtype_b)},
          {"shape_a", tensor.shape_a},
          {"shape_b", tensor.shape_b},
          {"largest_difference", number_as_json(tensor.largest_difference)},
          {"relative_norm", number_as_json(tensor.relative_norm)},
          {"cosine", number_as_json(tensor.cosine)}};
}

Json to_json(const LoneTensor& tensor) {
  return {
      {"name", tensor.name},   {"dtype", name_of(tensor.dtype)},
      {"shape", tensor.shape}, {"bytes", tensor.bytes},
      {"read", tensor.read},   {"copy_of", tensor.copy_of.empty() ? Json() : Json(tensor.copy_of)}};
}

Json to_json(const LayerDifference& layer) {
  return {{"layer", layer.layer},
          {"tensors", layer.tensors},
          {"changed", layer.changed},
          {"largest_difference", number_as_json(layer.largest_difference)},
          {"relative_norm", number_as_json(layer.relative_norm)}};
}

Json to_json(const CodeDifference& code) {
  Json json{{"same_files", code.same}, {"removed", code.removed}, {"added", code.added}};
  json["changed"] = Json::array();
  for (const CodeFileDifference& file : code.changed) {
    json["changed"].push_back({{"name", file.name},
                               {"lines_removed", file.lines_removed},
                               {"lines_added", file.lines_added}});
  }
  return json;
}

template <typename Items>
Json list_of(const Items& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

void print_as_json(const ArchiveDifference& difference, const AnswersAlike& answers,
                   const DiffVerdict& verdict, const Options& options) {
  static constexpr const char* kWords[] = {"same", "same_weights", "different"};
  Json json{{"schema", 1}, {"a", options.a.string()}, {"b", options.b.string()}};
  json["verdict"] = kWords[static_cast<int>(verdict.sameness)];
  json["text"] = verdict.text;
  json["same_bytes"] = difference.same_bytes;
  json["facts"] = Json::array();
  for (const FactDifference& fact : difference.facts) {
    json["facts"].push_back({{"what", fact.what}, {"a", fact.a}, {"b", fact.b}});
  }
  json["tensors"] = list_of(difference.tensors);
  json["removed"] = list_of(difference.removed);
  json["added"] = list_of(difference.added);
  json["layers"] = list_of(difference.layers);
  json["code"] = to_json(difference.code);
  json["answers"] = Json();
  if (answers.difference) {
    json["answers"] = {{"inputs", answers.difference->inputs},
                       {"error", number_as_json(answers.difference->error)},
                       {"tolerance", answers.difference->tolerance}};
  } else if (!answers.why_not.empty()) {
    json["answers"] = {{"why_not", answers.why_not}};
  }
  print_json(std::cout, json);
}

void print_report(const ArchiveDifference& difference, const AnswersAlike& answers,
                  const DiffVerdict& verdict, const Options& options) {
  std::cout << printable(verdict.text) << '\n';
  if (!answers.why_not.empty()) {
    std::cout << "  (the answers were not compared: " << printable(answers.why_not) << ")\n";
  }
  if (difference.same_bytes && !options.all) return;
  print_facts(difference);
  print_tensors(difference, options.all);
  print_lone("Removed", difference.removed, options.all);
  print_lone("Added", difference.added, options.all);
  print_layers(difference);
  print_code(difference.code, options.all);
}

/// Needed only where the weights are the same and the code is not.
AnswersAlike answers_of(const ArchiveDifference& difference, const Options& options) {
  const bool settled = difference.same_bytes || !difference.same_weights() ||
                       difference.code.identical() || options.no_run;
  if (settled) return {};
  try {
    return compare_answers(Model::open(options.a), Model::open(options.b), options.session);
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

int diff_command(const Options& options) {
  const ArchiveDifference difference = diff(options.a, options.b);
  const AnswersAlike answers = answers_of(difference, options);
  const DiffVerdict verdict = verdict_of(difference, answers.difference);
  if (options.json) {
    print_as_json(difference, answers, verdict, options);
  } else {
    print_report(difference, answers, verdict, options);
  }
  return verdict.sameness == Sameness::kSame ? kDone : kAnswerIsNo;
}

}  // namespace

void add_diff(CommandLine& program) {
  Command command = program.add("diff", "Say what differs between two archives");
  const auto options = std::make_shared<Options>();
  command.option("a", options->a, "A.pt", "The first archive").required();
  command.option("b", options->b, "B.pt", "The second").required();
  command.flag("--all", options->all, "List everything that differs");
  command.flag("--no-run", options->no_run, "Do not run the two where their code differs");
  command.flag("--json", options->json, "Print JSON, with every tensor");
  add_machine_options(command, options->session);
  command.footer(kExamples);
  command.action([options] { return diff_command(*options); });
}

}  // namespace henson::tools
