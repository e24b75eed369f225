// Pickles by what they mention, and notes that must agree.
#include <algorithm>

#include "loader/pickle_scan.h"
#include "runtime/inspection/audit_checks.h"

namespace henson::runtime {
namespace {

bool is_pickle(const TextEntry& entry) {
  const bool named = entry.name.ends_with(".pkl") || entry.name.ends_with(".debug_pkl") ||
                     entry.name.ends_with(".pickle");
  // Of protocol 2 and later, whatever its name.
  const bool looks =
      entry.text.size() > 2 && entry.text[0] == '\x80' && entry.text[1] >= 2 && entry.text[1] <= 5;
  return named || looks;
}

void check_names(const std::string& entry, const loader::PickleScan& scan, Findings& findings) {
  for (const loader::PickleMention& name : scan.names) {
    if (name.known) continue;
    const std::string qualified = name.module + '.' + name.name;
    const bool of_torch = name.module == "torch" || name.module.starts_with("torch.");
    findings.add(rules::kPickleName, of_torch ? Severity::kWarning : Severity::kError,
                 {entry, name.offset, {}},
                 of_torch ? "the pickle names " + qualified + ", which Henson does not know"
                          : "the pickle names " + qualified +
                                ": unpickling it in Python would import and could call that");
  }
  for (const std::uint64_t offset : scan.hidden_names) {
    findings.add(rules::kPickleName, Severity::kError, {entry, offset, {}},
                 "the pickle takes a name that is not written down in it");
  }
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::set<std::string> audit_pickles(const std::vector<TextEntry>& texts, Findings& findings) {
  std::set<std::string> storages;
  for (const TextEntry& entry : texts) {
    if (!is_pickle(entry)) continue;
    const loader::PickleScan scan = loader::scan_pickle(entry.text);
    check_names(entry.name, scan, findings);
    storages.insert(scan.storages.begin(), scan.storages.end());
    if (!scan.fault.empty()) {
      findings.add(rules::kPickle, Severity::kWarning, {entry.name, scan.bytes, {}},
                   "no whole pickle: " + scan.fault);
    } else if (scan.bytes < entry.text.size()) {
      findings.add(
          rules::kPickle, Severity::kWarning, {entry.name, scan.bytes, {}},
          std::to_string(entry.text.size() - scan.bytes) + " bytes behind the end of the pickle");
    }
  }
  return storages;
}

void audit_headers(const std::vector<TextEntry>& texts, Findings& findings) {
  for (const std::string_view name : {"version", "byteorder"}) {
    const TextEntry* first = nullptr;
    for (const TextEntry& entry : texts) {
      if (entry.name != name && entry.name != ".data/" + std::string(name)) continue;
      if (first == nullptr) {
        first = &entry;
      } else if (trimmed(first->text) != trimmed(entry.text)) {
        findings.add(rules::kHeader, Severity::kError, {entry.name, {}, {}},
                     "it says " + trimmed(entry.text) + ", and " + first->name + " says " +
                         trimmed(first->text));
      }
    }
  }
}

}  // namespace henson::runtime
