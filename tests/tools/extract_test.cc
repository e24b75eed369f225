// Entries as they are, and as lists.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/loader/archive_maker.h"
#include "tests/tools/json_schema.h"
#include "tests/tools/program.h"

namespace henson::tools {
namespace {

using Json = nlohmann::json;

class Extract : public testing::Test {
 protected:
  void SetUp() override {
    entries_ = test::small_archive();
    test::write_zip(folder_ / "a.pt", entries_);
  }
  std::string archive() const { return "'" + (folder_ / "a.pt").string() + "'"; }
  std::string path(const std::string& name) const { return "'" + (folder_ / name).string() + "'"; }
  const std::string& bytes_of(const std::string& name) {
    return test::entry_named(entries_, name).bytes;
  }

  TestFolder folder_;
  test::Entries entries_;
};

TEST_F(Extract, WritesTheBytesOfAnEntry) {
  for (const std::string name : {"data/0", "m/data/0"}) {
    const Result result = henson(folder_, "extract " + archive() + " " + name);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, bytes_of("m/data/0"));
  }
  EXPECT_EQ(henson(folder_, "extract " + archive() + " code/__torch__.py -o -").out,
            bytes_of("m/code/__torch__.py"));
  EXPECT_EQ(henson(folder_, "extract " + archive() + " data.pkl -o " + path("out")).code, 0);
  EXPECT_EQ(read_file(folder_ / "out"), bytes_of("m/data.pkl"));
}

TEST_F(Extract, ListsEntries) {
  const Result result = henson(folder_, "extract " + archive());
  EXPECT_NE(result.out.find("m/code/__torch__.py"), std::string::npos);
  EXPECT_NE(result.out.find("5 entries"), std::string::npos);
  const Json json = Json::parse(henson(folder_, "extract --json " + archive()).out);
  EXPECT_EQ(schema_faults("extract", json), "");
  ASSERT_EQ(json.at("entries").size(), entries_.size());
  EXPECT_EQ(json.at("entries").at(0).at("name"), "m/data.pkl");
  EXPECT_EQ(json.at("entries").at(2).at("bytes"), 24);
}

TEST_F(Extract, SaysWhatIsWrong) {
  const auto fails = [&](const std::string& arguments, int code, const std::string& words) {
    const Result result = henson(folder_, "extract " + arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_TRUE(is_one_line(result.err)) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };
  fails(archive() + " __torch__.py", 3, "did you mean code/__torch__.py?");
  fails(archive() + " nothing", 3, "the archive has no entry nothing");
  fails(archive() + " -o x", 2, "name the entry");
  fails(archive() + " data/0 --json", 2, "--json lists");
  fails("nowhere.pt", 3, "there is no such file");
  fails(archive() + " data/0 -o /dev/full", 3, "cannot be written");
}

TEST_F(Extract, DamagedEntriesLeaveNoFile) {
  const std::string damaged =
      std::string(HENSON_TEST_SOURCES) + "/broken/lenient/damage_in_what_nobody_reads.pt";
  const Result result = henson(folder_, "extract '" + damaged + "' data/9 -o " + path("out"));
  EXPECT_EQ(result.code, 3);
  EXPECT_NE(result.err.find("bad checksum"), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

}  // namespace
}  // namespace henson::tools
