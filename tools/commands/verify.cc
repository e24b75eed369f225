#include "tools/commands/verify.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "tools/commands/command.h"
#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/verification.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(Cases: case k has the arrays in{k}_{input} (by position, as `henson run` takes them) and out{k}_{j},
all tensors of the output in order. In a folder, NAME.pt is run on NAME.npz. Without cases, plan and
interpreter are compared on random inputs.
The error is max|ours - recorded| / max(1, max|recorded|). Allowed: float32 2e-5 (interpreter 1e-5),
float16 3e-3, bfloat16 2e-2, dynamic int8 1e-2, by the lowest type that the model computes in.

Examples:
  henson verify bert.pt --cases bert.npz
  henson verify archives/ --executor interpreter)";

struct Options {
  OpenOptions open;
  std::filesystem::path target;
  std::filesystem::path cases;
  VerifyOptions verify;
  bool executor_given = false;
  bool json = false;
};

Json to_json(const CaseResult& one) {
  static constexpr const char* kStates[] = {"agrees", "differs", "refused"};
  Json json{{"case", one.name},
            {"inputs", one.inputs},
            {"outputs", one.outputs},
            {"error", one.outputs == 0 ? Json() : number_as_json(one.error)},
            {"state", kStates[static_cast<int>(one.state)]}};
  if (!one.reason.empty()) json["reason"] = one.reason;
  return json;
}

Json to_json(const ArchiveResult& result) {
  Json json{{"name", result.name}, {"ok", result.agrees()}, {"cases", result.cases.size()}};
  if (!result.cases.empty()) {
    json["type"] = result.type;
    json["tolerance"] = result.tolerance;
    json["worst_error"] = number_as_json(result.worst_error());
  }
  json["reason"] = result.reason();
  json["details"] = Json::array();
  for (const CaseResult& one : result.cases) json["details"].push_back(to_json(one));
  return json;
}

void print_cases(const ArchiveResult& result) {
  using enum Table::Align;
  Table table({kRight, kLeft, kRight, kRight, kLeft});
  table.add({"case", "inputs", "outputs", "error", ""});
  for (const CaseResult& one : result.cases) {
    const bool agrees = one.state == CaseResult::State::kAgrees;
    table.add({one.name, one.inputs, one.outputs == 0 ? "-" : std::to_string(one.outputs),
               one.outputs == 0 ? "-" : format_error(one.error),
               agrees ? "ok" : printable(one.reason)});
  }
  table.print(std::cout);
}

int verify_one(const Options& options) {
  if (options.cases.empty() && options.executor_given) {
    throw UsageError("without --cases, both executors are compared: leave --executor out");
  }
  const Model model = open_model(options.target, options.open);
  ArchiveResult result = options.cases.empty()
                             ? verify_random(model, options.verify)
                             : verify_cases(model, read_cases(options.cases), options.verify);
  result.name = options.target.stem().string();
  if (options.json) {
    print_json(std::cout, Json::array({to_json(result)}));
    return result.agrees() ? kDone : kAnswerIsNo;
  }
  if (options.cases.empty()) {
    std::cout << "Plan against interpreter on random inputs; masks hide the last tokens of some "
                 "sequences\n";
  }
  print_cases(result);
  const bool judged = std::any_of(result.cases.begin(), result.cases.end(), [](const auto& one) {
    return one.state != CaseResult::State::kRefused;
  });
  if (!judged) {
    std::cout << "cannot say: plan and interpreter refuse every shape\n";
  } else {
    std::cout << (result.agrees() ? "agrees" : "does not agree") << ": worst error "
              << format_error(result.worst_error()) << ", allowed "
              << format_error(result.tolerance) << " (" << result.type << ")\n";
  }
  return result.agrees() ? kDone : kAnswerIsNo;
}

std::vector<std::filesystem::path> archives_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> archives;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".pt") archives.push_back(entry.path());
  }
  std::sort(archives.begin(), archives.end());
  return archives;
}

std::filesystem::path cases_of(std::filesystem::path archive) {
  return archive.replace_extension(".npz");
}

ArchiveResult verify_pair(const std::filesystem::path& archive, const OpenOptions& open,
                          const VerifyOptions& options) {
  ArchiveResult result;
  try {
    const Model model = Model::open(archive, open);
    for (const std::string& note : model.notes()) {
      print_error("note: " + archive.filename().string() + ": " + note);
    }
    result = verify_cases(model, read_cases(cases_of(archive)), options);
  } catch (const std::exception& error) {  // a folder's other archives are still worth a look
    result.failure = error.what();
  }
  result.name = archive.stem().string();
  return result;
}

/// A line as soon as its archive is done: the columns' widths are known before.
class FolderTable {
 public:
  explicit FolderTable(const std::vector<std::filesystem::path>& archives) {
    for (const auto& archive : archives) {
      width_ = std::max(width_, width_of(printable(archive.stem().string())));
    }
    print("archive", "cases", "error", "");
  }
  void print(const ArchiveResult& result) const {
    const bool ran = result.failure.empty();
    print(printable(result.name), ran ? std::to_string(result.cases.size()) : "-",
          ran ? format_error(result.worst_error()) : "-",
          result.agrees() ? "ok" : printable(result.reason()));
  }
  void print_skipped(const std::filesystem::path& archive) const {
    print(printable(archive.stem().string()), "-", "-", "skipped: no .npz of cases beside it");
  }

 private:
  void print(const std::string& name, const std::string& cases, const std::string& error,
             const std::string& verdict) const {
    std::string line = pad(name, width_) + "  " + pad(cases, 5, true) + "  " + pad(error, 7, true) +
                       "  " + verdict;
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n' << std::flush;
  }

  std::size_t width_ = std::string_view("archive").size();
};

int verify_folder(const Options& options) {
  if (!options.cases.empty()) {
    throw UsageError("a folder's cases lie beside its archives: leave --cases out");
  }
  if (!options.open.witness.empty() || !options.open.constants.empty()) {
    throw UsageError("--witness and --constant are about one archive, not a folder of them");
  }
  const std::vector<std::filesystem::path> archives = archives_in(options.target);
  const std::optional<FolderTable> table =
      options.json ? std::nullopt : std::optional<FolderTable>(archives);
  Json json = Json::array();
  std::size_t verified = 0;
  std::size_t agreeing = 0;
  Progress progress(archives.size());
  Work work("archives");
  for (std::size_t i = 0; i < archives.size(); ++i) {
    progress.show(i, archives[i].stem().string());
    if (!std::filesystem::exists(cases_of(archives[i]))) {
      progress.clear();
      if (table) table->print_skipped(archives[i]);
      json.push_back({{"name", archives[i].stem().string()}, {"skipped", true}});
      continue;
    }
    const ArchiveResult result = verify_pair(archives[i], options.open, options.verify);
    ++verified;
    agreeing += result.agrees() ? 1 : 0;
    progress.clear();
    if (table) table->print(result);
    json.push_back(to_json(result));
    work.done();
  }
  if (verified == 0) {
    throw Error(ErrorCode::kNotFound,
                options.target.string() + ": no archive NAME.pt with its cases NAME.npz in it");
  }
  if (table) {
    std::cout << agreeing << " of " << plural(verified, "archive")
              << (verified == 1 ? " agrees\n" : " agree\n");
  } else {
    print_json(std::cout, json);
  }
  return agreeing == verified ? kDone : kAnswerIsNo;
}

int verify(const Options& options) {
  std::error_code ignored;
  return std::filesystem::is_directory(options.target, ignored) ? verify_folder(options)
                                                                : verify_one(options);
}

}  // namespace

void add_verify(CommandLine& program) {
  Command command = program.add("verify", "Compare an archive's answers with recorded ones");
  const auto options = std::make_shared<Options>();
  command
      .option("archive", options->target, "A.pt|DIR",
              "An archive, or a folder of archives and cases")
      .required();
  command.option("--cases", options->cases, "A.npz", "Recorded cases");
  command
      .option("--tolerance", options->verify.tolerance, "E",
              "The error that is allowed, instead of the type's own")
      .not_negative();
  add_open_options(command, options->open);
  const Option executor = add_session_options(command, options->verify.session);
  command.flag("--json", options->json, "Print JSON: a list of objects, one an archive");
  command.footer(kExamples);
  command.action([options, executor] {
    options->executor_given = executor.given();
    return verify(*options);
  });
}

}  // namespace henson::tools
