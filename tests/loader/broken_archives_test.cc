// The broken archives of tests/broken, as the loader alone sees them: what it refuses, it refuses
// in the words of expected.json, and what it does not is the business of those who build graphs.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "henson/error.h"
#include "loader/archive.h"

namespace henson::loader {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(HENSON_TEST_SOURCES) / "broken";

struct Expected {
  std::string file;
  int code = 0;
  std::string says;
};

std::vector<Expected> expected_of(const std::string& folder) {
  std::ifstream table(kFolder / "expected.json");
  std::vector<Expected> rows;
  for (const auto& row : nlohmann::json::parse(table)) {
    Expected expected{row.at("file"), row.at("exit"), row.at("says")};
    if (expected.file.starts_with(folder)) rows.push_back(std::move(expected));
  }
  EXPECT_FALSE(rows.empty());
  return rows;
}

/// What the loader says, as the program does: after the file's name; empty when it opens.
std::string answer_to(const Expected& expected, FileAccess access) {
  try {
    open_archive(kFolder / expected.file, access);
  } catch (const Error& error) {
    return expected.file + ": " + error.what();
  }
  return "";
}

/// Whether what a file is called tells that its defect is one that the loader must see.
bool is_for_the_loader(const std::string& file) {
  constexpr std::string_view kOthers[] = {"graph_",  "code_",      "json_",
                                          "module_", "constants_", "tensor_"};
  const std::string name = file.substr(file.find('/') + 1);
  return std::none_of(std::begin(kOthers), std::end(kOthers),
                      [&](std::string_view other) { return name.starts_with(other); });
}

TEST(BrokenArchives, AreRefusedInTheWordsOfTheTable) {
  std::size_t refused = 0;
  for (const Expected& expected : expected_of("archives/")) {
    for (const FileAccess access : {FileAccess::kRead, FileAccess::kMap}) {
      const std::string answer = answer_to(expected, access);
      EXPECT_TRUE(answer.empty() || answer == expected.says) << answer;
      EXPECT_FALSE(answer.empty() && is_for_the_loader(expected.file)) << expected.file;
      refused += answer.empty() ? 0 : 1;
    }
  }
  EXPECT_GE(refused, 600U);  // of 906: the others are of graphs
}

TEST(LenientArchives, AreOpenedByTheLoader) {
  for (const Expected& expected : expected_of("lenient/")) {
    EXPECT_EQ(answer_to(expected, FileAccess::kRead), "");
    EXPECT_EQ(answer_to(expected, FileAccess::kMap), "");
  }
}

}  // namespace
}  // namespace henson::loader
