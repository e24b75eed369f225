// The order of the checks, and what all rules are.
#include "henson/audit.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "loader/package.h"
#include "loader/partial_archive.h"
#include "loader/recognize.h"
#include "loader/refusal.h"
#include "runtime/analysis/weight_roles.h"
#include "runtime/api/archive_source.h"
#include "runtime/api/facts.h"
#include "runtime/api/guarded.h"
#include "runtime/api/model_impl.h"
#include "runtime/inspection/audit_checks.h"
#include "runtime/inspection/origins.h"

namespace henson {
namespace runtime {
namespace {

using FilePtr = std::shared_ptr<const loader::File>;

/// Findings of one rule and severity that are told one by one.
constexpr std::size_t kMostAlike = 50;
/// Methods besides `forward` that are looked at: each may cost as much as opening the archive.
constexpr std::size_t kMostMethods = 8;

constexpr std::array<AuditRule, 19> kRules = {{
    {rules::kZip, "The zip file is whole and can be read in one way only."},
    {rules::kNoArchive, "The file holds a TorchScript archive."},
    {rules::kChecksum, "The bytes of every entry have the checksum that the zip file says."},
    {rules::kEntry, "The archive has entries that archives have, and no others."},
    {rules::kEntryName, "Names of entries mean the same file on every system."},
    {rules::kProgram, "No entry is a program, a script or another archive."},
    {rules::kHiddenBytes, "All bytes of the file belong to an entry or to the directory."},
    {rules::kSize, "Entries and storages are not much larger than what they stand for."},
    {rules::kHeader, "Notes that the archive holds twice say the same."},
    {rules::kPickle, "Pickles are whole, with nothing behind them."},
    {rules::kPickleName, "Pickles name nothing but tensors, containers and the archive's classes."},
    {rules::kOperator, "The code calls operators of PyTorch that compute, and no others."},
    {rules::kRefused, "Henson opens the archive: all of it means something, and one thing only."},
    {rules::kNotFinite, "Weights are finite numbers."},
    {rules::kUnread, "The code reads every weight."},
    {rules::kUnnamed, "Some tensor names every storage."},
    {rules::kDuplicate, "No tensor is a copy of another."},
    {rules::kDebug, "Debug entries fit the code that they belong to."},
    {rules::kPrivate, "The archive tells no paths of the machine that made it."},
}};

/// The root folder by the loader's rules; nothing, and a finding, where it finds no archive.
std::optional<std::string> find_root(const FilePtr& file, Findings& findings) {
  try {
    return loader::Package(file, loader::FileAccess::kRead).root();
  } catch (const Error& error) {
    findings.add(rules::kNoArchive, Severity::kError, error);
    return std::nullopt;
  }
}

/// A refusal that no check before has told in other words. What is sound and not supported is a
/// warning; what asks for more than the whole file may is not.
void add_refusal(const Error& error, Findings& findings) {
  if (!error.place().entry.empty() && findings.has_error_of(error.place().entry)) return;
  findings.add(
      rules::kRefused,
      error.code() == ErrorCode::kUnsupported && !error.message().ends_with(loader::kBeyondBudget)
          ? Severity::kWarning
          : Severity::kError,
      error);
}

/// Which weights some method reads; nothing where `forward` cannot be run.
std::optional<std::vector<bool>> build_graphs(const std::shared_ptr<const loader::Archive>& archive,
                                              std::vector<WeightInfo>& weights,
                                              Findings& findings) {
  std::vector<bool> read(weights.size(), false);
  const auto add = [&](const Graph& graph) {
    const std::vector<bool> now = Origins(graph, weights).read_weights();
    for (std::size_t i = 0; i < now.size(); ++i) read[i] = read[i] || now[i];
  };
  try {
    const Model model = ModelAccess::make(archive, {});
    const Graph& graph = ModelAccess::impl(model).program().built.graph;
    add(graph);
    find_roles(graph, weights);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory) throw;
    add_refusal(error, findings);
    return std::nullopt;
  }
  std::size_t others = 0;
  for (const std::string& method : methods_of(*archive)) {
    if (method == OpenOptions().method || ++others > kMostMethods) continue;
    try {
      add(build_graph(*archive, {method, {}}).graph);
    } catch (const Error&) {  // one that cannot be run by itself
    }
  }
  return read;
}

void audit_archive(const FilePtr& file, const std::set<std::string>& storages, AuditReport& report,
                   Findings& findings) {
  loader::PartialArchive opened;
  try {
    opened = loader::open_archive_partly(file);
  } catch (const Error& error) {
    opened.faults = {error};
  }
  for (const Error& fault : opened.faults) add_refusal(fault, findings);
  const auto shared = std::make_shared<const loader::Archive>(std::move(opened.archive));
  const loader::Archive& archive = *shared;
  std::vector<WeightInfo> weights = describe_weights(archive);
  std::optional<std::vector<bool>> read;
  if (opened.faults.empty()) read = build_graphs(shared, weights, findings);
  report.runs = read.has_value();
  report.operators = audit_code(archive, report.runs, findings);
  audit_weights(archive, weights, read, storages, report, findings);
}

AuditReport audit_file(const std::filesystem::path& path) {
  const FilePtr file = open_source(path);
  loader::refuse_other_files(*file);
  AuditReport report;
  report.bytes = file->size();
  Findings findings;
  try {
    const loader::Zip zip(file);
    report.entries = zip.entries().size();
    const std::optional<std::string> root = find_root(file, findings);
    const std::vector<TextEntry> texts = audit_entries(zip, root, findings);
    audit_headers(texts, findings);
    const std::set<std::string> storages = audit_pickles(texts, findings);
    audit_debug(texts, findings);
    if (root) audit_archive(file, storages, report, findings);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory) throw;
    findings.add(rules::kZip, Severity::kError, error);
  }
  report.findings = std::move(findings).sorted();
  return report;
}

}  // namespace

void Findings::add(std::string_view rule, Severity severity, ErrorPlace place, std::string what) {
  std::size_t& count = counts_[{rule, severity}];
  if (++count <= kMostAlike)
    findings_.push_back({rule, severity, std::move(place), std::move(what)});
}

bool Findings::has_error_of(const std::string& entry) const {
  return std::any_of(findings_.begin(), findings_.end(), [&](const AuditFinding& finding) {
    return finding.severity == Severity::kError && finding.place.entry == entry;
  });
}

std::vector<AuditFinding> Findings::sorted() && {
  for (const auto& [key, count] : counts_) {
    if (count <= kMostAlike) continue;
    findings_.push_back({key.first,
                         key.second,
                         {},
                         "and " + std::to_string(count - kMostAlike) + " more like these"});
  }
  const auto rule_number = [](std::string_view name) {
    return std::find_if(kRules.begin(), kRules.end(),
                        [&](const AuditRule& rule) { return rule.name == name; }) -
           kRules.begin();
  };
  std::stable_sort(findings_.begin(), findings_.end(),
                   [&](const AuditFinding& a, const AuditFinding& b) {
                     if (a.severity != b.severity) return a.severity > b.severity;
                     return rule_number(a.rule) < rule_number(b.rule);
                   });
  return std::move(findings_);
}

}  // namespace runtime

std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

std::span<const AuditRule> audit_rules() noexcept { return runtime::kRules; }

std::size_t AuditReport::count(Severity severity) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const AuditFinding& finding) { return finding.severity == severity; }));
}

AuditReport audit(const std::filesystem::path& path) {
  return runtime::guarded([&] { return runtime::audit_file(path); });
}

}  // namespace henson
