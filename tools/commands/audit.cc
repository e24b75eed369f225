#include "tools/commands/audit.h"

#include <iostream>
#include <memory>

#include "henson/audit.h"
#include "tools/commands/command.h"
#include "tools/report.h"
#include "tools/sarif.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr std::string_view kExamples = R"(Examples:
  henson audit bert.pt
  henson audit --strict --sarif bert.pt > bert.sarif
  henson audit --rules

Nothing of the archive is run. Errors mean: do not use it. Warnings are unusual, notes worth knowing.
Exit codes: 0 sound, 1 not: there are errors (with --strict: or warnings), also where no archive is
found in the zip file or Henson refuses it; 3 no verdict: no such file, or no zip file at all.)";

struct Options {
  std::filesystem::path archive;
  bool strict = false;
  bool rules = false;
  bool json = false;
  bool sarif = false;
};

/// "sound", "sound, with 2 warnings", "not sound: 1 error"
std::string verdict_of(const AuditReport& report) {
  const auto counted = [&](Severity severity) {
    return plural(report.count(severity), name_of(severity));
  };
  if (!report.sound()) return "not sound: " + counted(Severity::kError);
  const std::string known = report.runs ? "sound" : "sound as far as it can be read";
  if (report.count(Severity::kWarning) == 0) return known;
  return known + ", with " + counted(Severity::kWarning);
}

void print_rules() {
  Table table({kLeft, kLeft});
  for (const AuditRule& rule : audit_rules()) {
    table.add({std::string(rule.name), std::string(rule.summary)});
  }
  table.print(std::cout);
}

void print_report(const AuditReport& report, const Options& options) {
  std::cout << printable(options.archive.filename().string()) << ": " << verdict_of(report) << '\n';
  for (const AuditFinding& finding : report.findings) {
    const std::string place = place_of(finding);
    std::cout << "  " << pad(std::string(name_of(finding.severity)), 8)
              << pad(std::string(finding.rule), 16)
              << printable((place.empty() ? "" : place + ": ") + finding.what) << '\n';
  }
  std::cout << "  looked at " << format_bytes(report.bytes) << " in "
            << format_count(report.entries) << (report.entries == 1 ? " entry, " : " entries, ")
            << plural(report.tensors, "tensor") << " and calls of "
            << plural(report.operators, "operator")
            << (report.runs ? "; Henson runs it" : "; Henson does not run it") << '\n';
}

Json to_json(const AuditFinding& finding) {
  Json json{{"rule", finding.rule}, {"severity", name_of(finding.severity)}};
  json["entry"] = finding.place.entry.empty() ? Json() : Json(finding.place.entry);
  json["line"] = finding.place.line ? Json(*finding.place.line) : Json();
  json["offset"] = finding.place.offset ? Json(*finding.place.offset) : Json();
  json["what"] = finding.what;
  return json;
}

Json to_json(const AuditReport& report, const Options& options) {
  Json json{{"schema", 1},
            {"file", options.archive.string()},
            {"sound", report.sound()},
            {"runs", report.runs}};
  json["counts"] = {{"errors", report.count(Severity::kError)},
                    {"warnings", report.count(Severity::kWarning)},
                    {"notes", report.count(Severity::kNote)}};
  json["looked_at"] = {{"bytes", report.bytes},
                       {"entries", report.entries},
                       {"tensors", report.tensors},
                       {"elements", report.elements},
                       {"operators", report.operators}};
  json["findings"] = Json::array();
  for (const AuditFinding& finding : report.findings) json["findings"].push_back(to_json(finding));
  return json;
}

int audit_command(const Options& options) {
  if (options.rules) {
    print_rules();
    return kDone;
  }
  if (options.archive.empty()) throw UsageError("which archive?");
  if (options.json && options.sarif) throw UsageError("--json and --sarif: one of them");
  AuditReport report;
  try {
    report = audit(file_of(options.archive));
  } catch (const Error& error) {
    throw located(shown(options.archive), error);
  }
  if (options.sarif) {
    print_json(std::cout, to_sarif(report, options.archive.string()));
  } else if (options.json) {
    print_json(std::cout, to_json(report, options));
  } else {
    print_report(report, options);
  }
  const bool clean = report.sound() && (!options.strict || report.count(Severity::kWarning) == 0);
  return clean ? kDone : kAnswerIsNo;
}

}  // namespace

void add_audit(CommandLine& program) {
  Command command = program.add("audit", "Say whether an archive is safe and sound");
  const auto options = std::make_shared<Options>();
  command.option("archive", options->archive, "A.pt",
                 "The TorchScript archive; -: of standard input");
  command.flag("--strict", options->strict, "Exit with 1 for warnings, too");
  command.flag("--json", options->json, "Print JSON");
  command.flag("--sarif", options->sarif, "Print SARIF 2.1.0, for continuous integration");
  command.flag("--rules", options->rules, "List what is looked for");
  command.footer(kExamples);
  command.action([options] { return audit_command(*options); });
}

}  // namespace henson::tools
