// Archives that two readers could understand in two ways are refused, with what and where.
#include <gtest/gtest.h>

#include "loader/archive.h"
#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::Entries;
using test::entry_named;
using test::PickleMaker;
using test::TempFile;

std::string error_opening(const Entries& entries) {
  const TempFile file;
  test::write_zip(file.path(), entries);
  return test::error_of([&] { open_archive(file.path()); });
}

/// The small archive with another data.pkl.
std::string error_with(const PickleMaker& pickle) {
  Entries entries = test::small_archive();
  entry_named(entries, "m/data.pkl").bytes = PickleMaker(pickle).stop();
  return error_opening(entries);
}

/// Up to the value of the attribute `weight`.
PickleMaker before_weight() {
  return PickleMaker().global("__torch__", "M").raw(")\x81}(").text("weight");
}

/// What a tensor of two floats is rebuilt from, in an open tuple.
PickleMaker tensor_arguments() {
  PickleMaker maker = before_weight();
  maker.global("torch._utils", "_rebuild_tensor_v2").raw("(").storage("FloatStorage", "0", 6);
  return maker.integer(0).tuple({2}).tuple({1});
}

TEST(OneMeaning, NamesThatLeaveTheirFolder) {
  for (const std::string name : {"m/../x", "../x", "/m/x", "m\\x", "m/./x"}) {
    Entries entries = test::small_archive();
    entries.push_back({name, "x"});
    EXPECT_EQ(error_opening(entries), name + ": an entry's name leaves its folder");
  }
  Entries dots = test::small_archive();
  dots.push_back({"m/..x/a..b", "x"});
  EXPECT_EQ(error_opening(dots), "");
}

TEST(OneMeaning, EntriesOverTheSameBytes) {
  const TempFile file;
  // The whole of the second entry, its header too, as the bytes of the first.
  test::write_zip(file.path(), {{"m/b", "bytes"}});
  const std::string alone = file.read();
  const std::string inner = alone.substr(0, alone.find("PK\x01\x02"));
  test::write_zip(file.path(), {{"m/a", inner}, {"m/b", "bytes"}});
  std::string bytes = file.read();
  const std::size_t second = bytes.rfind("PK\x01\x02");
  const char place[] = {static_cast<char>(bytes.find("PK\x03\x04", 1)), 0, 0, 0};
  bytes.replace(second + 42, 4, place, 4);
  file.write(bytes);
  EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }),
            "m/b: the entry lies over the bytes of m/a");
}

TEST(OneMeaning, AttributesTwice) {
  EXPECT_EQ(error_with(before_weight().integer(1).text("weight").integer(2).raw("ub")),
            "data.pkl at byte 62: __torch__.M has two attributes 'weight'");
}

TEST(OneMeaning, StoragesOfAnotherSizeThanDeclared) {
  EXPECT_EQ(error_with(before_weight().tensor("FloatStorage", "0", 5, 0, {2}, {1}).raw("ub")),
            "data.pkl at byte 122: storage data/0 should have 20 bytes and has 24");
}

TEST(OneMeaning, DevicesThatDoNotExist) {
  for (const std::string device : {"gpu", "cuda:", "cuda:x", "cuda:1000", ""}) {
    EXPECT_NE(
        error_with(before_weight().tensor("FloatStorage", "0", 6, 0, {2}, {1}, device).raw("ub"))
            .find(": storage 0 on '" + device + "', which is no device"),
        std::string::npos)
        << device;
  }
  for (const std::string device : {"cpu", "cuda:1", "mps", "xla:0"}) {
    EXPECT_EQ(
        error_with(before_weight().tensor("FloatStorage", "0", 6, 0, {2}, {1}, device).raw("ub")),
        "")
        << device;
  }
}

TEST(OneMeaning, TensorsRebuiltFromOtherArgumentsThanPyTorchs) {
  const auto rebuilt = [](const std::string& rest) {
    return error_with(tensor_arguments().raw(rest).raw("tRub"));
  };
  EXPECT_EQ(rebuilt("\x89"), "");
  EXPECT_EQ(rebuilt("\x89N"), "");
  EXPECT_EQ(rebuilt("\x89N}"), "");
  EXPECT_NE(rebuilt("K\x01").find(": a tensor that neither needs a gradient nor needs none"),
            std::string::npos);
  EXPECT_NE(rebuilt("\x89N}N").find(": a tensor of 8 arguments, too many"), std::string::npos);
}

TEST(OneMeaning, SubmodulesOfAnotherClassThanDeclared) {
  Entries entries = test::small_archive();
  entry_named(entries, "m/code/__torch__.py").bytes =
      "class A(Module):\n  def forward(self: __torch__.A) -> int:\n    return 1\n"
      "class B(Module):\n  def forward(self: __torch__.B) -> int:\n    return 2\n"
      "class M(Module):\n  part : __torch__.A\n"
      "  def forward(self: __torch__.M) -> int:\n    return (self.part).forward()\n";
  const auto with = [&](const std::string& name) {
    entry_named(entries, "m/data.pkl").bytes = PickleMaker()
                                                   .global("__torch__", "M")
                                                   .raw(")\x81}(")
                                                   .text("part")
                                                   .global("__torch__", name)
                                                   .raw(")\x81}bub")
                                                   .stop();
    return error_opening(entries);
  };
  EXPECT_EQ(with("A"), "");
  EXPECT_EQ(with("B"),
            "data.pkl: the attribute 'part' of __torch__.M is declared as __torch__.A and is "
            "__torch__.B");
}

}  // namespace
}  // namespace henson::loader
