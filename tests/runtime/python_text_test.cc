#include "runtime/tasks/python_text.h"

#include <gtest/gtest.h>

namespace henson::tasks {
namespace {

TEST(PythonText, IsStrippedOfWhiteSpaceAsUnicodeHasIt) {
  EXPECT_EQ(stripped(" \t\n a b \x1c\xc2\x85\xe3\x80\x80"), "a b");
  EXPECT_EQ(stripped("\xe2\x80\x8b"
                     "a"),
            "\xe2\x80\x8b"
            "a");  // U+200B is no space
  EXPECT_EQ(stripped(" \xc2\xa0 "), "");
  EXPECT_EQ(stripped(""), "");
}

TEST(PythonText, IsLoweredAsPythonDoes) {
  EXPECT_EQ(lowered("GROẞE ÄÖÜ Ǆ"), "große äöü ǆ");
  EXPECT_EQ(lowered("İ"), "i\xcc\x87");
  EXPECT_EQ(lowered("ΟΔΟΣ ΣΑΣ Σ ΑΣ. ΑΣ'Α"), "οδος σας σ ας. ασ'α");
  EXPECT_EQ(lowered("a\xff"
                    "B"),
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
}  // namespace henson::tasks
