// What pickles mention, sound ones and others.
#include "loader/pickle_scan.h"

#include <gtest/gtest.h>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using namespace std::string_literals;
using test::PickleMaker;

TEST(PickleScan, NamesOfAnArchiveAreKnown) {
  const PickleScan scan = scan_pickle(test::small_data_pkl());
  EXPECT_EQ(scan.fault, "");
  EXPECT_TRUE(scan.hidden_names.empty());
  ASSERT_EQ(scan.names.size(), 4U);
  EXPECT_EQ(scan.names[0].module, "__torch__");
  EXPECT_EQ(scan.names[0].name, "M");
  for (const PickleMention& name : scan.names) EXPECT_TRUE(name.known) << name.name;
  EXPECT_EQ(scan.devices, std::vector<std::string>{"cpu"});
}

TEST(PickleScan, EveryFormThatNamesSomethingIsFound) {
  const std::string global = PickleMaker().global("posix", "system").stop();
  const std::string instance = "(S'id'\niposix\nsystem\n.";
  const std::string stack = std::string("\x80\x04\x8c\x05posix\x8c\x06system\x93.", 18);
  const std::string memo =
      std::string("\x80\x04\x8c\x05posix\x94\x8c\x06system\x94") + "00" + "h\x00"s + "h\x01\x93.";
  for (const std::string& pickle : {global, instance, stack, memo}) {
    const PickleScan scan = scan_pickle(pickle);
    ASSERT_EQ(scan.names.size(), 1U) << pickle;
    EXPECT_EQ(scan.names[0].module, "posix");
    EXPECT_EQ(scan.names[0].name, "system");
    EXPECT_FALSE(scan.names[0].known);
  }
}

TEST(PickleScan, NamesThatAreNotWrittenDownAreHidden) {
  const std::string registry = std::string("\x80\x02\x82\x07.", 5);
  const std::string computed = std::string("\x80\x04]\x8c\x01x\x93.", 8);
  for (const std::string& pickle : {registry, computed}) {
    const PickleScan scan = scan_pickle(pickle);
    EXPECT_EQ(scan.hidden_names.size(), 1U);
    EXPECT_TRUE(scan.names.empty());
  }
}

TEST(PickleScan, FaultsAreTold) {
  EXPECT_EQ(scan_pickle("").fault, "it ends within an opcode");
  EXPECT_EQ(scan_pickle("N").fault, "it ends within an opcode");
  EXPECT_EQ(scan_pickle("N\xff").fault, "0xff is no opcode");
  EXPECT_EQ(scan_pickle(std::string("X\xff\xff\xff\xff", 5)).fault, "it ends within an opcode");
  const PickleScan more = scan_pickle("N.rest");
  EXPECT_EQ(more.fault, "");
  EXPECT_EQ(more.bytes, 2U);
}

TEST(PickleScan, EveryCutEndsWithoutMore) {
  const std::string pickle = test::small_data_pkl();
  for (std::size_t size = 0; size < pickle.size(); ++size) {
    EXPECT_NE(scan_pickle(std::string_view(pickle).substr(0, size)).fault, "") << size;
  }
}

}  // namespace
}  // namespace henson::loader
