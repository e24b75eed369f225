#include "tools/plan_table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/inspection_text.h"

namespace henson::tools {
namespace {

using Lines = std::vector<std::string>;

std::string printed(const Lines& lines, bool fold) {
  std::ostringstream out;
  plan_table(lines, fold).print(out);
  return out.str();
}

const Lines kPlan{"aten::size (reference)  code/m.py:1", "linear 4 -> 4  code/m.py:2",
                  "attention, 2 heads  code/m.py:3",     "linear 4 -> 4  code/m.py:4",
                  "attention, 2 heads  code/m.py:5",     "linear 4 -> 2  code/m.py:6"};

TEST(PlanTable, LayersAreToldOnce) {
  EXPECT_EQ(printed(kPlan, true),
            "  aten::size (reference)  code/m.py:1\n"
            "  2 times, one after the other:\n"
            "    linear 4 -> 4         code/m.py:2, …\n"
            "    attention, 2 heads    code/m.py:3, …\n"
            "  linear 4 -> 2           code/m.py:6\n"
            "  " +
                wrapped(std::string(kReferenceMeaning), 98, 4) + "\n");
}

TEST(PlanTable, OrEveryStepIs) {
  const std::string all = printed(kPlan, false);
  EXPECT_NE(all.find("code/m.py:5\n"), std::string::npos) << all;
  EXPECT_EQ(all.find("times"), std::string::npos) << all;
}

TEST(PlanTable, ReferenceIsExplainedWhereItStands) {
  EXPECT_EQ(printed({"linear 4 -> 4  code/m.py:2"}, true), "  linear 4 -> 4  code/m.py:2\n");
  EXPECT_EQ(printed({"a  x", "a  y", "a  z"}, true), "  3 × a  x, …\n");
  EXPECT_EQ(printed({"no place"}, true), "  no place\n");
}

}  // namespace
}  // namespace henson::tools
