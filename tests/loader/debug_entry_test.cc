// Debug entries in the forms that PyTorch has written.
#include "loader/debug_entry.h"

#include <gtest/gtest.h>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::error_of;
using test::PickleMaker;

TEST(DebugEntry, TextsInPlace) {
  PickleMaker pickle;
  pickle.raw("((").integer(7).raw("((").text("x + y").text("models/model.py").integer(12);
  pickle.raw("t").integer(1).integer(5).raw("ttt");
  const DebugEntry entry = read_debug_entry(pickle.stop(), "code/a.py.debug_pkl");
  ASSERT_EQ(entry.ranges.size(), 1U);
  EXPECT_EQ(entry.ranges[0].offset, 7U);
  EXPECT_EQ(entry.ranges[0].start, 1);
  EXPECT_EQ(entry.ranges[0].end, 5);
  EXPECT_EQ(entry.ranges[0].source_bytes, 5U);
  EXPECT_EQ(entry.ranges[0].file, "models/model.py");
  EXPECT_EQ(entry.ranges[0].line, 12);
}

TEST(DebugEntry, TextsInATable) {
  PickleMaker pickle;
  pickle.raw("(").text("FORMAT_WITH_STRING_TABLE").raw("(").text("ab\n").text("m.py").text("cd");
  pickle.raw("t((").integer(0).raw("((](").integer(0).integer(2).raw("e").integer(1).integer(3);
  pickle.raw("t").integer(0).integer(5).raw("t").integer(0).raw("ttt");
  const DebugEntry entry = read_debug_entry(pickle.stop(), "code/a.py.debug_pkl");
  ASSERT_EQ(entry.ranges.size(), 1U);
  EXPECT_EQ(entry.ranges[0].source_bytes, 5U);
  EXPECT_EQ(entry.ranges[0].file, "m.py");
  EXPECT_EQ(entry.strings, (std::vector<std::string>{"ab\n", "m.py", "cd"}));
}

TEST(DebugEntry, WhatIsNoneIsRefusedByName) {
  const std::string entry = "code/a.py.debug_pkl";
  for (const std::string& pickle :
       {PickleMaker().integer(1).stop(), PickleMaker().raw("(").integer(1).raw("t").stop(),
        PickleMaker().raw("((").integer(1).integer(2).raw("tt").stop()}) {
    EXPECT_EQ(error_of([&] { read_debug_entry(pickle, entry); }),
              entry + ": not the debug entry that PyTorch writes");
  }
  PickleMaker beyond;
  beyond.raw("(").text("FORMAT_WITH_STRING_TABLE").raw("(t((").integer(0).raw("((](").integer(9);
  beyond.raw("e").integer(9).integer(3).raw("t").integer(0).integer(5).raw("t").integer(0).raw(
      "ttt");
  EXPECT_NE(error_of([&] { read_debug_entry(beyond.stop(), entry); }), "");
}

TEST(DebugEntry, BelongsToCode) {
  EXPECT_EQ(code_of_debug_entry("code/__torch__/a.py.debug_pkl"), "code/__torch__/a.py");
  EXPECT_EQ(code_of_debug_entry("debug/bert.pkl"), "code/bert.py");
  EXPECT_EQ(code_of_debug_entry("data.pkl"), "");
}

}  // namespace
}  // namespace henson::loader
