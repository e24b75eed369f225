// `henson inspect` as a user runs it: its JSON against the schema, its lines, its examples.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/files.h"
#include "tests/tools/json_schema.h"
#include "tests/tools/program.h"
#include "tools/inspection_json.h"
#include "tools/inspection_text.h"

namespace henson::tools {
namespace {

const std::filesystem::path kSources = HENSON_TEST_SOURCES;

JsonSchema schema() {
  const std::filesystem::path path = kSources.parent_path() / "tools" / "schema" / "inspect.json";
  return JsonSchema(nlohmann::json::parse(read_file(path)));
}

std::vector<std::filesystem::path> archives() {
  std::vector<std::filesystem::path> found;
  for (const auto& file : std::filesystem::directory_iterator(HENSON_TEST_DATA)) {
    if (file.path().extension() == ".pt") found.push_back(file.path());
  }
  if (const char* const museum = std::getenv("HENSON_MUSEUM")) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(museum)) {
      if (file.path().extension() == ".pt") found.push_back(file.path());
    }
  }
  return found;
}

/// What `--json` prints; null where the file is no archive at all, as some of the museum are.
nlohmann::json inspected(const std::filesystem::path& archive) {
  std::ostringstream text;
  try {
    print_json(text, inspection_as_json(Inspection::open(archive)));
  } catch (const Error&) {
    return {};
  }
  return nlohmann::json::parse(text.str());
}

TEST(Inspect, JsonIsAsItsSchemaSays) {
  const JsonSchema wanted = schema();
  std::size_t count = 0;
  for (const auto& archive : archives()) {
    const nlohmann::json json = inspected(archive);
    if (json.is_null()) continue;
    ++count;
    for (const std::string& fault : wanted.faults(json)) {
      ADD_FAILURE() << archive << ": " << fault;
    }
  }
  EXPECT_GE(count, 40);
}

TEST(Inspect, TheCommandPrintsThatJson) {
  const TestFolder folder;
  const std::string archive = "'" + archives()[0].string() + "'";
  const auto json = nlohmann::json::parse(henson(folder, "inspect --json " + archive).out);
  EXPECT_EQ(json, inspected(archives()[0]));
  const auto plan = nlohmann::json::parse(henson(folder, "inspect --plan --json " + archive).out);
  EXPECT_TRUE(schema().faults(plan).empty());
  EXPECT_FALSE(plan["plan"].empty());
}

TEST(Inspect, TheSchemaIsNoRubberStamp) {
  const JsonSchema wanted = schema();
  const nlohmann::json json = inspected(archives()[0]);
  ASSERT_TRUE(wanted.faults(json).empty());
  nlohmann::json other = json;
  other.erase("summary");
  EXPECT_EQ(wanted.faults(other).size(), 1);
  other = json;
  other["extra"] = 1;
  EXPECT_EQ(wanted.faults(other).size(), 1);
  other = json;
  other["schema"] = 2;
  EXPECT_EQ(wanted.faults(other).size(), 1);
  other = json;
  other["tensors"][0]["bytes"] = "many";
  EXPECT_EQ(wanted.faults(other).size(), 1);
}

/// Without those that need a vocabulary, which no golden archive has beside it.
TEST(Inspect, ItsExamplesWork) {
  constexpr std::size_t kMostBenches = 4;
  const TestFolder folder;
  std::size_t count = 0;
  std::size_t benches = 0;
  for (const auto& archive : archives()) {
    const nlohmann::json json = inspected(archive);
    if (json.is_null()) continue;
    for (const nlohmann::json& task : json["tasks"]) {
      if (task["needs_vocabulary"]) continue;
      std::string example = task["example"];
      if (task["command"] == "bench") {  // which takes its time: a few of them do
        if (++benches > kMostBenches) continue;
        example += " --seconds 0";
      }
      ++count;
      const Result result = henson(folder, example.substr(std::string("henson ").size()));
      EXPECT_EQ(result.code, 0) << example << '\n' << result.err;
    }
  }
  EXPECT_GE(count, 40);
}

TEST(Inspect, ExamplesOfTasksWorkWithTheVocabulary) {
  const TestFolder folder;
  const std::filesystem::path tasks = kSources / "tasks";
  std::size_t count = 0;
  for (const char* name : {"masked_lm", "classifier", "tagger", "answerer", "next_sentence"}) {
    const nlohmann::json json = inspected(tasks / (std::string(name) + ".pt"));
    ASSERT_FALSE(json.is_null()) << name;
    for (const nlohmann::json& task : json["tasks"]) {
      if (task["command"] == "run" || task["command"] == "bench") continue;
      std::string example = task["example"].get<std::string>().substr(7);
      const std::string vocabulary = "--vocab vocab.txt";
      if (const std::size_t at = example.find(vocabulary); at != std::string::npos) {
        example.replace(at, vocabulary.size(), "--vocab '" + (tasks / "vocab.txt").string() + "'");
      }
      ++count;
      const Result result = henson(folder, example);
      EXPECT_EQ(result.code, 0) << example << '\n' << result.err;
    }
  }
  EXPECT_GE(count, 5);
}

TEST(Inspect, SummaryStandsFirst) {
  const TestFolder folder;
  const std::string archive = std::string(HENSON_TEST_DATA) + "/torch2.13_masked_lm.pt";
  const Result result = henson(folder, "inspect '" + archive + "'");
  const std::string start =
      "torch2.13_masked_lm.pt, " + std::string("66.9 kB\n") +
      "BERT for masked language modeling: 1 layer, hidden 32, 4 heads of 8, feed-forward 48, GELU "
      "(erf),\n";
  EXPECT_EQ(result.out.substr(result.out.find('\n') + 1, start.size() - start.find('\n') - 1),
            start.substr(start.find('\n') + 1));
  EXPECT_NE(result.out.find("tied: one tensor, which saves 12.7 kB"), std::string::npos)
      << result.out;
}

TEST(Inspect, WhatDoesNotRunIsToldWithItsTensors) {
  const TestFolder folder;
  constexpr std::size_t kMost = 6;  // the library's test goes through all of them
  const auto broken = kSources / "broken" / "archives";
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(broken)) {
    if (file.path().extension() != ".pt" || count == kMost) continue;
    const Result result = henson(folder, "inspect '" + file.path().string() + "'");
    if (result.out.find("Henson cannot run it: ") == std::string::npos) continue;
    ++count;
    EXPECT_EQ(result.code, 0) << file.path();
    EXPECT_NE(result.out.find(" tensor"), std::string::npos) << file.path();
    EXPECT_EQ(result.err, "") << file.path();
  }
  EXPECT_EQ(count, kMost);
}

TEST(Wrapped, BreaksBetweenWordsAndIndents) {
  EXPECT_EQ(wrapped("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one", 2, 2), "one");
  EXPECT_EQ(wrapped("  one two", 5, 2), "  one\n  two");
  EXPECT_EQ(wrapped("", 5, 2), "");
}

}  // namespace
}  // namespace henson::tools
