#include "tools/report.h"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "tools/tensor_table.h"

namespace henson::tools {
namespace {

std::string text_of(const Table& table) {
  std::ostringstream out;
  table.print(out);
  return out.str();
}

TEST(Report, Numbers) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1000), "1.00 kB");
  EXPECT_EQ(format_bytes(12345), "12.3 kB");
  EXPECT_EQ(format_bytes(999999), "1.00 MB");
  EXPECT_EQ(format_bytes(438000000), "438 MB");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_error(0), "0");
  EXPECT_EQ(format_error(1.23e-7), "1.2e-07");
  EXPECT_EQ(format_error(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(format_shape(std::vector<std::int64_t>{}), "[]");
  EXPECT_EQ(format_shape(std::vector<std::int64_t>{2, 7}), "[2, 7]");
}

TEST(Report, ControlCharactersAreNotPrinted) {
  EXPECT_EQ(printable("a\nb\x1b[2J\x7f"), "a\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(Report, ColumnsAlign) {
  using enum Table::Align;
  Table table({kLeft, kRight, kLeft}, "> ");
  table.add({"caf\xc3\xa9", "1", "x"});
  table.add({"a", "200"});
  table.add_line("a line that is longer than any row");
  EXPECT_EQ(text_of(table),
            "> caf\xc3\xa9    1  x\n"
            "> a     200\n"
            "> a line that is longer than any row\n");
}

TEST(Report, JsonHasNoNaN) {
  const std::vector<float> values{std::numeric_limits<float>::quiet_NaN(), 1};
  EXPECT_EQ(start_as_json(Tensor::borrow(std::span(values), {2}), 5).dump(), "[\"nan\",1.0]");
  std::ostringstream out;
  print_json(out, Json{{"name", "\xff"}});
  EXPECT_EQ(out.str(), "{\n  \"name\": \"\xef\xbf\xbd\"\n}\n");
}

WeightInfo weight(const std::string& name, std::vector<std::int64_t> shape) {
  WeightInfo info;
  info.name = name;
  info.shape = std::move(shape);
  info.strides.assign(info.shape.size(), 1);
  for (std::size_t d = info.shape.size(); d-- > 1;) {
    info.strides[d - 1] = info.strides[d] * info.shape[d];
  }
  info.bytes = 4;
  for (const std::int64_t size : info.shape) info.bytes *= static_cast<std::uint64_t>(size);
  info.storage = name;
  return info;
}

TEST(TensorTable, FoldsLayersThatAreAlike) {
  const std::vector<WeightInfo> weights{weight("words", {9, 2}),  weight("layer.0.a", {2, 2}),
                                        weight("layer.0.b", {2}), weight("layer.1.a", {2, 2}),
                                        weight("layer.1.b", {2}), weight("layer.2.a", {4, 2}),
                                        weight("layer.2.b", {2}), weight("pooler", {2, 2})};
  EXPECT_EQ(text_of(tensor_table(weights, true)),
            "  words      float32  [9, 2]  72 B\n"
            "  layer.0 … 1: 2 layers alike, 48 B in all; each:\n"
            "    .a       float32  [2, 2]  16 B\n"
            "    .b       float32  [2]      8 B\n"
            "  layer.2.a  float32  [4, 2]  32 B\n"
            "  layer.2.b  float32  [2]      8 B\n"
            "  pooler     float32  [2, 2]  16 B\n");
  EXPECT_EQ(totals_of(weights).bytes, 72U + 24 + 24 + 40 + 16);
}

TEST(TensorTable, TellsStridesAndAliases) {
  std::vector<WeightInfo> weights{weight("a", {2, 3}), weight("b", {2, 3}), weight("c", {3, 2}),
                                  weight("d", {1, 3})};
  weights[0].same_as = {"b"};
  weights[1].same_as = {"a"};
  weights[2].storage = "a";
  weights[1].storage = "a";
  weights[2].strides = {1, 3};
  weights[3].strides = {77, 1};  // of a dimension of one: means nothing
  EXPECT_EQ(text_of(tensor_table(weights, true)),
            "  a  float32  [2, 3]  24 B  part of a\n"
            "  b  float32  [2, 3]  24 B  same as a\n"
            "  c  float32  [3, 2]  24 B  strides [1, 3], part of a\n"
            "  d  float32  [1, 3]  12 B\n");
  EXPECT_EQ(totals_of(weights).bytes, 60U);
  EXPECT_EQ(totals_of(weights).tensors, 4U);
}

}  // namespace
}  // namespace henson::tools
