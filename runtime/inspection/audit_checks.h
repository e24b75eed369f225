// The checks of an audit, each on a part of the archive. Internal to henson/audit.h.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/audit.h"
#include "henson/henson.h"
#include "loader/archive.h"
#include "loader/zip.h"

namespace henson::runtime {

/// Names of audit_rules().
namespace rules {
inline constexpr std::string_view kZip = "zip";
inline constexpr std::string_view kNoArchive = "no-archive";
inline constexpr std::string_view kChecksum = "checksum";
inline constexpr std::string_view kEntry = "entry";
inline constexpr std::string_view kEntryName = "entry-name";
inline constexpr std::string_view kProgram = "program";
inline constexpr std::string_view kHiddenBytes = "hidden-bytes";
inline constexpr std::string_view kSize = "size";
inline constexpr std::string_view kHeader = "header";
inline constexpr std::string_view kPickle = "pickle";
inline constexpr std::string_view kPickleName = "pickle-name";
inline constexpr std::string_view kOperator = "operator";
inline constexpr std::string_view kRefused = "refused";
inline constexpr std::string_view kNotFinite = "not-finite";
inline constexpr std::string_view kUnread = "unread-weight";
inline constexpr std::string_view kUnnamed = "unnamed-storage";
inline constexpr std::string_view kDuplicate = "duplicate";
inline constexpr std::string_view kDebug = "debug";
inline constexpr std::string_view kPrivate = "private-path";
}  // namespace rules

class Findings {
 public:
  void add(std::string_view rule, Severity severity, ErrorPlace place, std::string what);
  void add(std::string_view rule, Severity severity, const Error& error) {
    add(rule, severity, error.place(), error.message());
  }
  /// Whether something is said of the entry that a refusal by the loader would say again.
  bool has_error_of(const std::string& entry) const;
  /// Errors first, then by rule and place.
  std::vector<AuditFinding> sorted() &&;

 private:
  std::vector<AuditFinding> findings_;
  std::map<std::pair<std::string_view, Severity>, std::size_t> counts_;
};

/// An entry that is no storage, unpacked.
struct TextEntry {
  std::string name;  // without the root folder
  std::string text;
};

/// Checksums, names, gaps, sizes and what lies in entries that archives do not have. Returns the
/// entries that are texts: code, pickles, notes. `root`: nothing where no archive was found.
std::vector<TextEntry> audit_entries(const loader::Zip& zip, const std::optional<std::string>& root,
                                     Findings& findings);
/// Pickles, by what they mention. Returns the keys of the storages that they name.
std::set<std::string> audit_pickles(const std::vector<TextEntry>& texts, Findings& findings);
/// Debug entries against the code, and what texts tell of the maker.
void audit_debug(const std::vector<TextEntry>& texts, Findings& findings);
/// Notes that the archive has twice, and that must agree.
void audit_headers(const std::vector<TextEntry>& texts, Findings& findings);
/// Operators that the code calls, wherever it does. `runs`: a run needs none that Henson lacks.
/// Returns how many.
std::size_t audit_code(const loader::Archive& archive, bool runs, Findings& findings);
/// Tensors and storages; fills in the report's numbers. `read`: which weights the code reads, where
/// that is known; `storages`: keys that pickles name.
void audit_weights(const loader::Archive& archive, const std::vector<WeightInfo>& weights,
                   const std::optional<std::vector<bool>>& read,
                   const std::set<std::string>& storages, AuditReport& report, Findings& findings);

}  // namespace henson::runtime
