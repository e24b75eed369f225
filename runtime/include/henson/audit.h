// Whether an archive is safe to open and sound, without running anything of it.
//
//   const henson::AuditReport report = henson::audit("traced_bert.pt");
//   if (!report.sound()) std::cerr << report.findings[0].what;
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "henson/visibility.h"

namespace henson {

enum class Severity {
  kNote,     // worth knowing
  kWarning,  // unusual: look at it
  kError,    // do not use it: damaged, ambiguous, or made to do harm
};

/// "note", "warning", "error".
HENSON_API std::string_view name_of(Severity severity) noexcept;

struct AuditFinding {
  std::string_view rule;  // "checksum": see audit_rules()
  Severity severity = Severity::kNote;
  ErrorPlace place;  // empty: the whole file
  std::string what;  // one line
};

/// What is looked for.
struct AuditRule {
  std::string_view name;     // "checksum"
  std::string_view summary;  // a sentence
};

HENSON_API std::span<const AuditRule> audit_rules() noexcept;

struct AuditReport {
  std::vector<AuditFinding> findings;  // errors first, then by rule and place
  std::size_t entries = 0;             // that were looked at
  std::uint64_t bytes = 0;             // of the file
  std::size_t tensors = 0;
  std::uint64_t elements = 0;  // of tensors over the very same elements, one counts
  std::size_t operators = 0;   // different ones that the code calls
  bool runs = false;           // whether Model::open takes the archive

  std::size_t count(Severity severity) const noexcept;
  /// No errors. Warnings and notes do not count.
  bool sound() const noexcept { return count(Severity::kError) == 0; }
};

/// Every check goes on where another fails, as far as it can. What Model::open refuses is a finding
/// and no exception. Throws henson::Error for what is no file or no zip file at all: there is
/// nothing to judge.
HENSON_API AuditReport audit(const std::filesystem::path& path);

}  // namespace henson
