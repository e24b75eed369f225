// Archives with one thing wrong each, and those that are sound.
#include "henson/audit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "henson/henson.h"
#include "tests/loader/archive_maker.h"
#include "tests/tools/json_schema.h"
#include "tests/tools/program.h"

namespace henson::tools {
namespace {

using test::Entries;
using test::entry_named;
using test::PickleMaker;
using test::small_archive;
using test::TempFile;
using Json = nlohmann::json;

const std::filesystem::path kGolden = HENSON_TEST_DATA;
const std::filesystem::path kBroken = std::filesystem::path(HENSON_TEST_SOURCES) / "broken";

const std::string kHome = std::string("/home") + "/jim";

AuditReport audit_of(const Entries& entries) {
  const TempFile file;
  test::write_zip(file.path(), entries);
  return audit(file.path());
}

/// The findings of a rule, each "error: entry: what".
std::vector<std::string> told(const AuditReport& report, std::string_view rule) {
  std::vector<std::string> lines;
  for (const AuditFinding& finding : report.findings) {
    if (finding.rule != rule) continue;
    lines.push_back(std::string(name_of(finding.severity)) + ": " + finding.place.entry + ": " +
                    finding.what);
  }
  return lines;
}

/// The rule has one finding, which starts so.
void expect_one(const AuditReport& report, std::string_view rule, const std::string& start) {
  const std::vector<std::string> lines = told(report, rule);
  ASSERT_EQ(lines.size(), 1U) << rule;
  EXPECT_TRUE(lines[0].starts_with(start)) << lines[0];
}

std::string floats(std::vector<float> numbers) { return test::bytes_of(numbers); }

void set_forward(Entries& entries, const std::string& statement) {
  std::string& code = entry_named(entries, "m/code/__torch__.py").bytes;
  const std::string line = "    weight = self.weight\n";
  code.insert(code.find(line), "    " + statement + "\n");
}

TEST(Audit, ASmallArchiveIsSoundAndRuns) {
  const AuditReport report = audit_of(small_archive());
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].what;
  EXPECT_TRUE(report.runs);
  EXPECT_EQ(report.entries, 5U);
  EXPECT_EQ(report.tensors, 1U);
  EXPECT_EQ(report.elements, 6U);
  EXPECT_EQ(report.operators, 1U);
}

TEST(Audit, GoldenArchivesAreSound) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(kGolden)) {
    if (file.path().extension() != ".pt") continue;
    const AuditReport report = audit(file.path());
    EXPECT_TRUE(report.sound() && report.runs) << file.path() << report.findings[0].what;
    EXPECT_EQ(report.count(Severity::kWarning), 0U) << file.path() << report.findings[0].what;
    ++count;
  }
  EXPECT_GT(count, 40U);
}

TEST(Audit, NothingThatIsRefusedIsCalledSoundAndFitToRun) {
  std::size_t verdicts = 0;
  for (const auto& file : std::filesystem::directory_iterator(kBroken / "archives")) {
    const std::string refusal = test::error_of([&] { Model::open(file.path()); });
    try {
      const AuditReport report = audit(file.path());
      EXPECT_EQ(report.runs, refusal.empty()) << file.path() << refusal;
      EXPECT_TRUE(report.runs || !report.findings.empty()) << file.path();
      ++verdicts;
    } catch (const Error& error) {  // no zip file
      EXPECT_EQ(error.what(), refusal) << file.path();
    }
  }
  EXPECT_GT(verdicts, 350U);
}

TEST(Audit, DamageIsFoundWhereNobodyReads) {
  const AuditReport report = audit(kBroken / "lenient/damage_in_what_nobody_reads.pt");
  expect_one(report, "checksum", "error: data/9: bad checksum");
  EXPECT_FALSE(report.sound());
}

TEST(Audit, NamesThatUnpicklingWouldCall) {
  Entries entries = small_archive();
  entry_named(entries, "m/constants.pkl").bytes =
      PickleMaker().global("posix", "system").text("true").raw("\x85R0)").stop();
  const AuditReport report = audit_of(entries);
  expect_one(report, "pickle-name", "error: constants.pkl: the pickle names posix.system");
  EXPECT_TRUE(told(report, "refused").empty());  // it would say the same again
  EXPECT_FALSE(report.runs);
}

TEST(Audit, ChecksGoOnBehindAFault) {
  Entries entries = small_archive();
  entry_named(entries, "m/code/__torch__.py").bytes = "class M(Module:\n";
  entry_named(entries, "m/data/0").bytes = floats({1, NAN, 3, 4, 5, 6});
  entries.push_back({"m/data/7", "abcd"});
  const AuditReport report = audit_of(entries);
  EXPECT_EQ(told(report, "refused").size(), 2U);  // the syntax, and that the class is not there
  expect_one(report, "not-finite", "error: data/0: 1 element of weight is NaN");
  expect_one(report, "unnamed-storage", "warning: data/7: a storage of 4 bytes");
}

TEST(Audit, OperatorsFromElsewhere) {
  Entries entries = small_archive();
  set_forward(entries, "y = ops.neuron.forward_v2(x)");
  expect_one(audit_of(entries), "operator",
             "error: code/__torch__.py: the code calls neuron::forward_v2 of the extension");
  entries = small_archive();
  set_forward(entries, "z = torch.save(x, \"/tmp/x\")");
  expect_one(audit_of(entries), "operator",
             "error: code/__torch__.py: the code calls aten::save, which reaches files");
  entries = small_archive();
  set_forward(entries, "z = torch.frobnicate(x)");
  const AuditReport report = audit_of(entries);
  expect_one(report, "operator", "warning: code/__torch__.py: the code calls aten::frobnicate");
  EXPECT_TRUE(report.sound());
  EXPECT_FALSE(report.runs);
}

TEST(Audit, InfinitiesMatterInWhatIsMultiplied) {
  Entries entries = small_archive();
  entry_named(entries, "m/data/0").bytes =
      floats({1, std::numeric_limits<float>::infinity(), 3, 4, 5, 6});
  expect_one(audit_of(entries), "not-finite", "note: data/0: 1 element of weight is infinite");
  std::string& code = entry_named(entries, "m/code/__torch__.py").bytes;
  code.replace(code.find("torch.mul"), 9, "torch.matmul");
  expect_one(audit_of(entries), "not-finite", "error: data/0: 1 element of weight is infinite");
}

TEST(Audit, EntriesThatArchivesDoNotHave) {
  Entries entries = small_archive();
  entries.push_back({"m/setup.sh", "#!/bin/sh\nrm -rf ~\n"});
  entries.push_back({"other/readme", "hello"});
  entries.push_back({"m/extra/notes.txt", "hello"});
  entries.push_back({"m/data.PKL", "N."});
  const AuditReport report = audit_of(entries);
  expect_one(report, "program", "error: setup.sh: the entry holds a script");
  expect_one(report, "entry-name", "warning: m/data.PKL: the name differs from m/data.pkl");
  EXPECT_EQ(told(report, "entry").size(), 4U);
}

TEST(Audit, BytesThatBelongToNobody) {
  const auto gaps = told(audit(kBroken / "lenient/gaps_between_entries.pt"), "hidden-bytes");
  ASSERT_EQ(gaps.size(), 6U);
  for (const std::string& gap : gaps) {
    EXPECT_NE(gap.find("that belong to no entry"), std::string::npos) << gap;
  }
  expect_one(audit(kBroken / "lenient/bytes_behind_the_end.pt"), "hidden-bytes",
             "note: : 100 bytes of zeros behind the zip file's end");
  const AuditReport clean = audit(kBroken / "lenient/sizes_behind_the_bytes.pt");
  EXPECT_TRUE(told(clean, "hidden-bytes").empty());
  const TempFile file;
  test::write_zip(file.path(), small_archive());
  file.write(file.read() + "\x7f" + "ELF and so on");
  expect_one(audit(file.path()), "hidden-bytes", "error: : 14 bytes behind the zip file's end");
}

TEST(Audit, NotesThatDisagree) {
  Entries entries = small_archive();
  entries.push_back({"m/.data/version", "10\n"});
  expect_one(audit_of(entries), "header", "error: .data/version: it says 10, and version says 3");
}

TEST(Audit, WhatStrangersLearn) {
  Entries entries = small_archive();
  PickleMaker pickle;
  pickle.raw("((").integer(0).raw("((").text("m.py(3): forward\n" + kHome +
                                             "/code/train.py(9): <module>\n");
  pickle.text(kHome + "/code/m.py").integer(3).raw("t").integer(0).integer(4).raw("ttt");
  entries.push_back({"m/code/__torch__.py.debug_pkl", pickle.stop()});
  const AuditReport report = audit_of(entries);
  const std::vector<std::string> lines = told(report, "private-path");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find(kHome), std::string::npos);
  EXPECT_NE(lines[0].find("user jim"), std::string::npos);
  EXPECT_NE(lines[1].find(kHome + "/code"), std::string::npos);
  EXPECT_TRUE(told(report, "debug").empty());
}

TEST(Audit, CodeThatWasChangedAfterItWasTraced) {
  Entries entries = small_archive();
  const std::string& code = entry_named(entries, "m/code/__torch__.py").bytes;
  const auto with_range = [&](std::size_t offset) {
    PickleMaker pickle;
    pickle.raw("((").integer(static_cast<std::int64_t>(offset)).raw("((").text("x").text("m.py");
    pickle.integer(3).raw("t").integer(0).integer(1).raw("ttt");
    Entries made = entries;
    made.push_back({"m/code/__torch__.py.debug_pkl", pickle.stop()});
    return audit_of(made);
  };
  EXPECT_TRUE(told(with_range(code.find("torch.mul")), "debug").empty());
  expect_one(with_range(code.find("torch.mul") + 1), "debug",
             "warning: code/__torch__.py: the code is not the one");
  expect_one(with_range(code.size() + 1), "debug", "warning: code/__torch__.py: the code is not");
  expect_one(audit(kBroken / "lenient/debug_entries_of_nonsense.pt"), "debug",
             "warning: code/__torch__.py.debug_pkl: the debug entry cannot be read");
}

TEST(Audit, WeightsThatNobodyReadsAndCopies) {
  Entries entries = small_archive();
  PickleMaker pickle;
  pickle.global("__torch__", "M").raw(")\x81}(");
  for (const char* name : {"weight", "spare"}) {
    pickle.text(name).tensor("FloatStorage", name, 2048, 0, {1024, 2}, {2, 1});
  }
  entry_named(entries, "m/data.pkl").bytes = pickle.raw("ub").stop();
  test::remove_entry(entries, "m/data/0");
  const std::vector<float> numbers(2048, 0.5F);
  entries.push_back({"m/data/weight", test::bytes_of(numbers)});
  entries.push_back({"m/data/spare", test::bytes_of(numbers)});
  const AuditReport report = audit_of(entries);
  expect_one(report, "unread-weight", "note: : 1 tensor of 8192 bytes that no node reads: spare");
  expect_one(report, "duplicate",
             "note: data/weight: 1 copy of the elements of weight, 8192 bytes: spare");
  EXPECT_TRUE(report.sound());
}

TEST(Audit, FilesThatHoldNoArchive) {
  const TempFile file;
  test::write_zip(file.path(), {{"m/readme.txt", "hello"}});
  const AuditReport report = audit(file.path());
  EXPECT_EQ(told(report, "no-archive").size(), 1U);
  EXPECT_FALSE(report.sound());
  file.write("not a zip file");
  EXPECT_THROW(audit(file.path()), Error);
  EXPECT_THROW(audit("/nowhere/at/all.pt"), Error);
}

TEST(AuditCommand, ExitCodes) {
  const TestFolder folder;
  const std::string sound = "audit '" + (kGolden / "torch2.13_encoder_ids.pt").string() + "'";
  EXPECT_EQ(henson(folder, sound).code, 0);
  EXPECT_EQ(henson(folder, "audit --rules").code, 0);
  const std::string odd = "'" + (kBroken / "lenient/gaps_between_entries.pt").string() + "'";
  EXPECT_EQ(henson(folder, "audit " + odd).code, 0);
  EXPECT_EQ(henson(folder, "audit --strict " + odd).code, 1);
  const std::string damaged =
      "'" + (kBroken / "lenient/damage_in_what_nobody_reads.pt").string() + "'";
  EXPECT_EQ(henson(folder, "audit " + damaged).code, 1);
  expect_failure("audit nowhere.pt", 3, "nowhere.pt: there is no such file");
  expect_failure("audit", 2, "which archive?");
  expect_failure("audit --json --sarif x.pt", 2, "one of them");
}

TEST(AuditCommand, Json) {
  const TestFolder folder;
  const std::string damaged =
      "'" + (kBroken / "lenient/damage_in_what_nobody_reads.pt").string() + "'";
  const Json json = Json::parse(henson(folder, "audit --json " + damaged).out);
  EXPECT_EQ(schema_faults("audit", json), "");
  EXPECT_EQ(json.at("sound"), false);
  EXPECT_EQ(json.at("counts").at("errors"), 1);
  EXPECT_EQ(json.at("findings").at(0).at("rule"), "checksum");
  EXPECT_EQ(json.at("findings").at(0).at("entry"), "data/9");
}

TEST(AuditCommand, Sarif) {
  const TestFolder folder;
  const std::string damaged =
      "'" + (kBroken / "lenient/damage_in_what_nobody_reads.pt").string() + "'";
  const Json log = Json::parse(henson(folder, "audit --sarif " + damaged).out);
  EXPECT_EQ(log.at("version"), "2.1.0");
  const Json& run = log.at("runs").at(0);
  const Json& rules = run.at("tool").at("driver").at("rules");
  EXPECT_EQ(rules.size(), audit_rules().size());
  const Json& result = run.at("results").at(0);
  EXPECT_EQ(result.at("level"), "error");
  EXPECT_EQ(rules.at(result.at("ruleIndex").get<std::size_t>()).at("id"), result.at("ruleId"));
  const Json& location = result.at("locations").at(0);
  EXPECT_TRUE(location.at("physicalLocation")
                  .at("artifactLocation")
                  .at("uri")
                  .get<std::string>()
                  .ends_with("damage_in_what_nobody_reads.pt"));
  EXPECT_EQ(location.at("logicalLocations").at(0).at("fullyQualifiedName"), "data/9");
}

}  // namespace
}  // namespace henson::tools
