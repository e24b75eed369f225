// Debug entries: whether they fit the code, and what they tell strangers. Nothing else reads them.
#include <algorithm>
#include <cctype>

#include "loader/debug_entry.h"
#include "runtime/inspection/audit_checks.h"
#include "runtime/inspection/private_paths.h"

namespace henson::runtime {
namespace {

constexpr std::size_t kMostNamed = 4;

const TextEntry* find(const std::vector<TextEntry>& texts, std::string_view name) {
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [&](const TextEntry& entry) { return entry.name == name; });
  return found == texts.end() ? nullptr : &*found;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::uint32_t line_at(std::string_view code, std::uint64_t offset) {
  const auto end = code.begin() + static_cast<std::ptrdiff_t>(offset);
  return 1 + static_cast<std::uint32_t>(std::count(code.begin(), end, '\n'));
}

/// PyTorch notes where it writes a word of the code, and so never within one. Returns the offset of
/// the first range that cannot be of this code.
std::optional<std::uint64_t> first_misfit(const loader::DebugEntry& debug, std::string_view code) {
  std::uint64_t before = 0;
  for (const loader::DebugRange& range : debug.ranges) {
    const std::uint64_t at = range.offset;
    const bool within_word =
        at > 0 && at < code.size() && is_word(code[at - 1]) && is_word(code[at]);
    if (at > code.size() || at < before || within_word) return at;
    before = at;
  }
  return std::nullopt;
}

bool fits_source(const loader::DebugRange& range) {
  if (range.source_bytes == 0) return true;
  return range.start >= 0 && range.start <= range.end &&
         static_cast<std::uint64_t>(range.end) <= range.source_bytes;
}

void check_debug_entry(const TextEntry& entry, const TextEntry* code, Findings& findings) {
  loader::DebugEntry debug;
  try {
    debug = loader::read_debug_entry(entry.text, entry.name);
  } catch (const Error& error) {
    findings.add(rules::kDebug, Severity::kWarning, {entry.name, error.place().offset, {}},
                 "the debug entry cannot be read: " + error.message());
    return;
  }
  if (code == nullptr) {
    findings.add(rules::kDebug, Severity::kWarning, {entry.name, {}, {}},
                 "a debug entry of code that is not there");
    return;
  }
  if (const auto misfit = first_misfit(debug, code->text)) {
    const bool inside = *misfit <= code->text.size();
    findings.add(
        rules::kDebug, Severity::kWarning,
        {code->name, {}, inside ? std::optional(line_at(code->text, *misfit)) : std::nullopt},
        "the code is not the one that its debug entry was written for: it was changed after "
        "it was traced; by that entry a word starts at byte " +
            std::to_string(*misfit) + (inside ? "" : ", beyond the code's end"));
  }
  const auto wrong = std::find_if_not(debug.ranges.begin(), debug.ranges.end(), fits_source);
  if (wrong != debug.ranges.end()) {
    findings.add(rules::kDebug, Severity::kWarning, {entry.name, {}, {}},
                 "a range of the source text lies outside of the text that the entry holds");
  }
}

/// "C:\Users\jim (12 times), …"
std::string listed(const std::map<std::string, std::size_t>& places) {
  std::string text;
  std::size_t named = 0;
  for (const auto& [place, count] : places) {
    if (named++ == kMostNamed)
      return text + ", and " + std::to_string(places.size() - kMostNamed) + " more";
    text += (text.empty() ? "" : ", ") + place +
            (count > 1 ? " (" + std::to_string(count) + " times)" : "");
  }
  return text;
}

std::string users_of(const std::map<std::string, std::size_t>& homes) {
  std::set<std::string> users;
  for (const auto& [home, count] : homes) {
    if (std::string user = user_of(home); !user.empty()) users.insert(std::move(user));
  }
  std::string text;
  for (const std::string& user : users) text += (text.empty() ? "" : ", ") + user;
  return text;
}

void check_private_paths(const std::vector<TextEntry>& texts, Findings& findings) {
  PrivatePaths found;
  std::string first_home;  // the entries where the first stand
  std::string first_folder;
  for (const TextEntry& entry : texts) {
    const bool had_homes = !found.homes.empty();
    const bool had_folders = !found.folders.empty();
    find_private_paths(entry.text, found);
    if (!had_homes && !found.homes.empty()) first_home = entry.name;
    if (!had_folders && !found.folders.empty()) first_folder = entry.name;
  }
  if (!found.homes.empty()) {
    const std::string users = users_of(found.homes);
    findings.add(rules::kPrivate, Severity::kWarning, {first_home, {}, {}},
                 "the archive tells the maker's home folder: " + listed(found.homes) +
                     (users.empty() ? "" : "; user " + users) +
                     ". Without its debug entries it does not");
  }
  if (!found.folders.empty()) {
    findings.add(rules::kPrivate, Severity::kNote, {first_folder, {}, {}},
                 "the archive tells folders of the maker's machine: " + listed(found.folders));
  }
}

}  // namespace

void audit_debug(const std::vector<TextEntry>& texts, Findings& findings) {
  for (const TextEntry& entry : texts) {
    const std::string code = loader::code_of_debug_entry(entry.name);
    if (!code.empty()) check_debug_entry(entry, find(texts, code), findings);
  }
  check_private_paths(texts, findings);
}

}  // namespace henson::runtime
