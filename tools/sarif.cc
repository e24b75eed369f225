#include "tools/sarif.h"

#include <cctype>

namespace henson::tools {
namespace {

/// A path as a URI reference: absolute ones become file://….
std::string uri_of(const std::string& path) {
  static constexpr const char* kDigits = "0123456789ABCDEF";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || c == '/' || c == '.' || c == '-' || c == '_' || c == '~';
    if (plain && byte < 0x80) {
      uri += c;
    } else {
      uri += '%';
      uri += kDigits[byte >> 4U];
      uri += kDigits[byte & 15U];
    }
  }
  return uri;
}

Json rules_as_json() {
  Json rules = Json::array();
  for (const AuditRule& rule : audit_rules()) {
    rules.push_back({{"id", rule.name}, {"shortDescription", {{"text", rule.summary}}}});
  }
  return rules;
}

std::size_t rule_index(std::string_view name) {
  std::size_t index = 0;
  for (const AuditRule& rule : audit_rules()) {
    if (rule.name == name) break;
    ++index;
  }
  return index;
}

/// The file, and in it the entry: readers of SARIF that know nothing of archives show the file.
Json location_of(const AuditFinding& finding, const std::string& file) {
  Json location;
  location["physicalLocation"] = {{"artifactLocation", {{"uri", uri_of(file)}, {"index", 0}}}};
  if (const std::string place = place_of(finding); !place.empty()) {
    location["logicalLocations"] = Json::array();
    location["logicalLocations"].push_back({{"name", printable(finding.place.entry)},
                                            {"fullyQualifiedName", printable(place)},
                                            {"kind", "resource"}});
  }
  return location;
}

Json result_of(const AuditFinding& finding, const std::string& file) {
  const std::string place = place_of(finding);
  Json result{{"ruleId", finding.rule},
              {"ruleIndex", rule_index(finding.rule)},
              {"level", name_of(finding.severity)}};
  result["message"] = {{"text", printable((place.empty() ? "" : place + ": ") + finding.what)}};
  result["locations"] = Json::array();
  result["locations"].push_back(location_of(finding, file));
  return result;
}

}  // namespace

std::string place_of(const AuditFinding& finding) {
  std::string place = finding.place.entry;
  if (finding.place.line) place += ':' + std::to_string(*finding.place.line);
  if (finding.place.offset) {
    place += (place.empty() ? "byte " : ": byte ") + std::to_string(*finding.place.offset);
  }
  return place;
}

Json to_sarif(const AuditReport& report, const std::string& file) {
  Json driver{{"name", "henson audit"}, {"semanticVersion", HENSON_VERSION}};
  driver["rules"] = rules_as_json();
  Json run;
  run["tool"]["driver"] = std::move(driver);
  run["artifacts"] = Json::array();
  run["artifacts"].push_back({{"location", {{"uri", uri_of(file)}}}, {"length", report.bytes}});
  run["results"] = Json::array();
  for (const AuditFinding& finding : report.findings) {
    run["results"].push_back(result_of(finding, file));
  }
  Json log{{"$schema",
            "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
            "sarif-schema-2.1.0.json"},
           {"version", "2.1.0"}};
  log["runs"] = Json::array();
  log["runs"].push_back(std::move(run));
  return log;
}

}  // namespace henson::tools
