#include "loader/zip.h"

#include <gtest/gtest.h>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::Entries;
using test::TempFile;

std::string read_all(const Zip& zip, std::string_view name) {
  return zip.read_text(zip.find(name).value(), 1 << 20, std::string(name));
}

std::string error_reading(const TempFile& file, std::string_view name) {
  return test::error_of([&] { read_all(Zip(file.path()), name); });
}

// Overwrites `from`, which the file holds once or more, by `to`, of the same length.
void replace_bytes(const TempFile& file, std::string_view from, std::string_view to) {
  std::string bytes = file.read();
  std::size_t count = 0;
  for (std::size_t at = bytes.find(from); at != std::string::npos;
       at = bytes.find(from, at + to.size())) {
    bytes.replace(at, to.size(), to);
    ++count;
  }
  ASSERT_GT(count, 0U);
  file.write(bytes);
}

TEST(Zip, ReadsStoredAndDeflatedEntries) {
  const TempFile file;
  const std::string text(10000, 'x');
  test::write_zip(file.path(),
                  {{"a/stored", text}, {"a/deflated", text, true}, {"a/", ""}, {"a/empty", ""}});
  const Zip zip(file.path());
  ASSERT_EQ(zip.entries().size(), 4U);
  EXPECT_EQ(zip.entries()[0].method, 0);
  EXPECT_EQ(zip.entries()[1].method, 8);
  EXPECT_LT(zip.entries()[1].packed_bytes, 100U);
  EXPECT_EQ(read_all(zip, "a/stored"), text);
  EXPECT_EQ(read_all(zip, "a/deflated"), text);
  EXPECT_EQ(read_all(zip, "a/empty"), "");
  EXPECT_EQ(zip.find("stored"), std::nullopt);
  EXPECT_EQ(zip.read_start(0, 3), "xxx");
}

TEST(Zip, ReadsAnEntryOfSeveralPieces) {
  const TempFile file;
  std::string text;
  while (text.size() < (3U << 18)) text += std::to_string(text.size());
  test::write_zip(file.path(), {{"stored", text}, {"deflated", text, true}});
  const Zip zip(file.path());
  EXPECT_EQ(read_all(zip, "stored"), text);
  EXPECT_EQ(read_all(zip, "deflated"), text);
}

TEST(Zip, RefusesBadChecksums) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text"}});
  replace_bytes(file, "some text", "some test");
  EXPECT_EQ(error_reading(file, "a"), "a: bad checksum: the entry's bytes are damaged");
}

TEST(Zip, RefusesEncryptedEntries) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text", false, true}});
  EXPECT_EQ(error_reading(file, "a"),
            "a: the entry is encrypted; pack the archive without a password");
}

TEST(Zip, RefusesTwoEntriesOfOneName) {
  const TempFile file;
  test::write_zip(file.path(), {{"name_a", "1"}, {"name_b", "2"}});
  replace_bytes(file, "name_b", "name_a");
  EXPECT_EQ(test::error_of([&] { Zip(file.path()); }), "name_a: two entries have this name");
}

TEST(Zip, RefusesTruncatedFiles) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", std::string(1000, 'x')}});
  const std::string whole = file.read();
  for (const std::size_t size : {whole.size() - 1, whole.size() / 2, std::size_t{10}}) {
    file.write(whole.substr(0, size));
    EXPECT_EQ(test::error_of([&] { Zip(file.path()); }),
              "a zip file without its end: truncated; copy it again")
        << size;
  }
}

TEST(Zip, CapsWhatIsReadAsText) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", std::string(1000, 'x'), true}});
  const Zip zip(file.path());
  EXPECT_EQ(test::error_of([&] { zip.read_text(0, 999, "a"); }),
            "a: the entry has 1000 bytes; at most 999 are read");
}

// The sizes of the one entry, in both of its headers, by their offset from the end of the method.
void set_sizes(const TempFile& file, std::uint32_t packed, std::uint32_t inflated) {
  std::string bytes = file.read();
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
  };
  const std::size_t central = bytes.find("PK\x01\x02");
  ASSERT_NE(central, std::string::npos);
  put(18, packed);
  put(22, inflated);
  put(central + 20, packed);
  put(central + 24, inflated);
  file.write(bytes);
}

TEST(Zip, RefusesSizesThatCannotBe) {
  const TempFile file;
  const std::string text(1000, 'x');
  test::write_zip(file.path(), {{"a", text}});
  set_sizes(file, 1000, 2000);
  EXPECT_EQ(error_reading(file, "a"), "a: a stored entry with two sizes, 2000 and 1000 bytes");
  set_sizes(file, 1 << 30, 1 << 30);
  EXPECT_NE(error_reading(file, "a"), "");
  test::write_zip(file.path(), {{"a", text, true}});
  const auto packed = static_cast<std::uint32_t>(Zip(file.path()).entries()[0].packed_bytes);
  set_sizes(file, packed, 0xf0000000);
  EXPECT_EQ(error_reading(file, "a"), "a: the entry claims to inflate from " +
                                          std::to_string(packed) +
                                          " to 4026531840 bytes, more than deflate can");
  set_sizes(file, packed, 1001);
  EXPECT_NE(error_reading(file, "a"), "");
  set_sizes(file, packed, 999);
  EXPECT_NE(error_reading(file, "a"), "");
  set_sizes(file, packed, 1000);
  EXPECT_EQ(error_reading(file, "a"), "");
}

}  // namespace
}  // namespace henson::loader
