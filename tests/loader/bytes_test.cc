#include "loader/bytes.h"

#include <gtest/gtest.h>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

ByteReader reader_over(std::string_view text) { return {std::as_bytes(std::span(text)), "entry"}; }

TEST(ByteReader, ReadsLittleEndianIntegers) {
  ByteReader reader =
      reader_over({"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15});
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0302);
  EXPECT_EQ(reader.u32(), 0x07060504U);
  EXPECT_EQ(reader.u64(), 0x0f0e0d0c0b0a0908U);
}

TEST(ByteReader, ExtendsTheSignOfAnyWidth) {
  EXPECT_EQ(reader_over("\xff").signed_integer(1), -1);
  EXPECT_EQ(reader_over({"\x00\x80", 2}).signed_integer(2), -32768);
  EXPECT_EQ(reader_over("\xff\x7f").signed_integer(2), 32767);
  EXPECT_EQ(reader_over({"\0\0\0\0\0\0\0\x80", 8}).signed_integer(8), INT64_MIN);
  EXPECT_EQ(reader_over("").signed_integer(0), 0);
}

TEST(ByteReader, ReadsBigEndianDoubles) {
  EXPECT_EQ(reader_over({"\x3f\xf8\0\0\0\0\0\0", 8}).f64_big_endian(), 1.5);
}

TEST(ByteReader, ReadsTextAndLines) {
  ByteReader reader = reader_over("abcline\nrest");
  EXPECT_EQ(reader.text(3), "abc");
  EXPECT_EQ(reader.line(), "line");
  EXPECT_EQ(test::error_of([&] { reader.line(); }),
            "entry at byte 8: truncated: a line without an end");
}

TEST(ByteReader, ThrowsPastTheEnd) {
  ByteReader reader = reader_over("abc");
  reader.u8();
  EXPECT_EQ(test::error_of([&] { reader.u32(); }),
            "entry at byte 1: truncated: 4 bytes are needed here and 2 are left");
  EXPECT_EQ(
      test::error_of([&] { reader.text(UINT64_MAX); }),
      "entry at byte 1: truncated: 18446744073709551615 bytes are needed here and 2 are left");
  EXPECT_EQ(reader.u16(), 0x6362);  // a failed read takes nothing
}

}  // namespace
}  // namespace henson::loader
