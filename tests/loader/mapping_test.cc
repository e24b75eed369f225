// Storages in the mapped file: which entries, and what falls back to libzip.
#include <gtest/gtest.h>

#include <numeric>

#include "loader/archive.h"
#include "loader/checksum.h"
#include "loader/mapped_file.h"
#include "loader/zip.h"
#include "loader/zip_directory.h"
#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::Entries;
using test::TempFile;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t at_in(const std::string& bytes, std::string_view what) {
  const std::size_t at = bytes.find(what);
  EXPECT_NE(at, std::string::npos);
  return at;
}

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

// The file with the bytes changed by `edit`.
template <typename Edit>
void edit_file(const TempFile& file, Edit&& edit) {
  std::string bytes = file.read();
  edit(bytes);
  file.write(bytes);
}

bool is_viewed(const TempFile& file, std::string_view name) {
  const Zip zip(file.path());
  const auto view = zip.view(zip.find(name).value());
  return view.has_value();
}

TEST(View, ShowsStoredEntriesInPlace) {
  const TempFile file;
  test::write_zip(file.path(), {{"stored", "some text"},
                                {"deflated", std::string(999, 'x'), true},
                                {"hidden", "secret text", false, true},
                                {"empty", ""}});
  const Zip zip(file.path());
  ASSERT_NE(zip.file(), nullptr);
  const auto view = zip.view(zip.find("stored").value());
  ASSERT_TRUE(view);
  EXPECT_EQ(text_of(*view), "some text");
  EXPECT_GE(view->data(), zip.file()->bytes().data());
  EXPECT_LE(view->data() + view->size(), zip.file()->bytes().data() + zip.file()->bytes().size());
  EXPECT_FALSE(zip.view(zip.find("deflated").value()));
  EXPECT_FALSE(zip.view(zip.find("hidden").value()));
  EXPECT_TRUE(zip.view(zip.find("empty").value())->empty());
}

TEST(View, VerifiesChecksums) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text"}, {"b", "more text"}});
  edit_file(file, [](std::string& bytes) { bytes[at_in(bytes, "some text")] = 'S'; });
  const Zip zip(file.path());
  const std::vector<std::size_t> both = {0, 1};
  zip.verify(both);
  EXPECT_FALSE(zip.view(0));
  EXPECT_EQ(text_of(zip.view(1).value()), "more text");
}

TEST(View, NeedsHeadersThatAgree) {
  const TempFile file;
  const auto viewed_after = [&](auto&& edit) {
    test::write_zip(file.path(), {{"name_a", "some text"}, {"name_b", "more text"}});
    edit_file(file, edit);
    return is_viewed(file, "name_a");
  };
  EXPECT_TRUE(viewed_after([](std::string&) {}));
  EXPECT_FALSE(viewed_after([](std::string& bytes) { bytes[30] = 'N'; }));            // the name
  EXPECT_FALSE(viewed_after([](std::string& bytes) { put(bytes, 8, 8, 2); }));        // the method
  EXPECT_FALSE(viewed_after([](std::string& bytes) { put(bytes, 6, 1, 2); }));        // encrypted
  EXPECT_FALSE(viewed_after([](std::string& bytes) { put(bytes, 28, 4, 2); }));       // shifted
  EXPECT_FALSE(viewed_after([](std::string& bytes) { put(bytes, 28, 0xffff, 2); }));  // outside
}

// libzip is asked for what the mapping does not show, and its answers and errors are the same.
TEST(View, FallsBackToLibzip) {
  const TempFile file;
  test::write_zip(file.path(), {{"name_a", "some text"}, {"name_b", "more text"}});
  edit_file(file, [](std::string& bytes) { bytes[30] = 'N'; });
  const Zip zip(file.path());
  EXPECT_FALSE(zip.view(0));
  EXPECT_EQ(zip.read_text(0, 99, "a"), "some text");
}

std::span<const std::byte> as_file(const std::string& bytes) {
  return std::as_bytes(std::span(bytes));
}

// An entry "a" of "text", with the zip64 records that a file of more than 4 GiB has.
struct Zip64 {
  std::string bytes;
  std::size_t directory = 0;
  std::size_t end64 = 0;
};

Zip64 make_zip64() {
  const auto number = [](std::uint64_t value, std::size_t size) {
    std::string text(size, '\0');
    put(text, 0, value, size);
    return text;
  };
  Zip64 made;
  std::string& bytes = made.bytes;
  bytes = number(0x04034b50, 4) + number(45, 2) + std::string(20, '\0') + number(1, 2) +
          number(0, 2) + "a" + "text";
  made.directory = bytes.size();
  bytes += number(0x02014b50, 4) + number(45, 2) + number(45, 2) + std::string(8, '\0');
  bytes += number(0x3b8ba7c7, 4) + number(0xffffffff, 4) + number(0xffffffff, 4) + number(1, 2) +
           number(32, 2) + std::string(10, '\0') + number(0xffffffff, 4) + "a";
  bytes += number(0x5455, 2) + number(0, 2);  // another field comes first
  bytes += number(1, 2) + number(24, 2) + number(4, 8) + number(4, 8) + number(0, 8);
  const std::size_t size = bytes.size() - made.directory;
  made.end64 = bytes.size();
  bytes += number(0x06064b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) +
           std::string(8, '\0') + number(1, 8) + number(1, 8) + number(size, 8) +
           number(made.directory, 8);
  bytes += number(0x07064b50, 4) + number(0, 4) + number(made.end64, 8) + number(1, 4);
  bytes += number(0x06054b50, 4) + std::string(4, '\0') + number(0xffff, 2) + number(0xffff, 2) +
           number(0xffffffff, 4) + number(0xffffffff, 4) + number(0, 2);
  return made;
}

TEST(Directory, ReadsZip64) {
  const Zip64 made = make_zip64();
  const auto entries = read_directory(as_file(made.bytes), 1);
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->front().name, "a");
  EXPECT_EQ(entries->front().bytes, 4U);
  EXPECT_EQ(text_of(locate(as_file(made.bytes), entries->front()).value()), "text");
  const TempFile file;
  file.write(made.bytes);
  const Zip zip(file.path());
  EXPECT_EQ(zip.read_text(0, 99, "a"), "text");
  EXPECT_EQ(text_of(zip.view(0).value()), "text");
}

TEST(Directory, BelievesNoOffset) {
  const Zip64 made = make_zip64();
  for (const std::uint64_t wrong :
       {std::uint64_t{1}, made.bytes.size() - 1, made.bytes.size(), made.bytes.size() + 1,
        std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    SCOPED_TRACE(wrong);
    Zip64 edited = made;
    put(edited.bytes, made.end64 + 48, wrong, 8);
    EXPECT_FALSE(read_directory(as_file(edited.bytes), 1));
    edited = made;
    put(edited.bytes, made.end64 + 56 + 8, wrong, 8);
    EXPECT_FALSE(read_directory(as_file(edited.bytes), 1));
    for (const std::size_t field : {16U, 24U}) {  // the packed size, the header
      edited = made;
      put(edited.bytes, made.end64 - 32 + field, wrong, 8);
      const auto entries = read_directory(as_file(edited.bytes), 1);
      ASSERT_TRUE(entries);
      if (wrong == 1 && field == 16) continue;  // a shorter entry lies within the file
      EXPECT_FALSE(locate(as_file(edited.bytes), entries->front()));
    }
  }
  EXPECT_FALSE(read_directory(as_file(made.bytes), 2));
}

TEST(Directory, SurvivesEveryTruncation) {
  const std::string whole = make_zip64().bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_directory(as_file(whole.substr(0, size)), 1)) << size;
  }
}

TEST(Directory, MeetsNoOffsetOfAFileThatLostItsStart) {
  const std::string whole = make_zip64().bytes;
  for (std::size_t lost = 1; lost <= whole.size(); ++lost) {
    EXPECT_FALSE(read_directory(as_file(whole.substr(lost)), 1)) << lost;
  }
}

TEST(Directory, ReadsTheLastEndRecordThatFits) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text"}});
  std::string bytes = file.read();
  put(bytes, bytes.size() - 2, 30, 2);  // a comment, which starts like an end record
  bytes += std::string("PK\x05\x06", 4) + std::string(26, 'c');
  const auto entries = read_directory(as_file(bytes), 1);
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->front().name, "a");
}

TEST(Checksums, AreThoseOfZip) {
  EXPECT_TRUE(checksums_of({}).empty());
  const std::string digits = "123456789";
  std::string large(20 << 20, 'x');
  std::iota(large.begin(), large.end(), '\0');
  std::vector<std::span<const std::byte>> parts(40, as_file(large).first(1 << 19));
  parts.push_back(as_file(large));
  parts.push_back(as_file(digits));
  parts.push_back({});
  const std::vector<std::uint32_t> sums = checksums_of(parts);
  EXPECT_EQ(sums[41], 0xcbf43926U);
  EXPECT_EQ(sums[42], 0U);
  for (std::size_t i = 1; i < 40; ++i) EXPECT_EQ(sums[i], sums[0]);
  EXPECT_NE(sums[40], sums[0]);
}

TEST(MappedFile, IsNullWhereNothingCanBeMapped) {
  const TempFile file;
  EXPECT_EQ(MappedFile::open(file.path()), nullptr);
  file.write("");
  EXPECT_EQ(MappedFile::open(file.path()), nullptr);
  EXPECT_EQ(MappedFile::open(std::filesystem::temp_directory_path()), nullptr);
  EXPECT_EQ(MappedFile::open("/dev/null"), nullptr);
  file.write("bytes");
  EXPECT_EQ(text_of(MappedFile::open(file.path())->bytes()), "bytes");
}

TEST(MappedFile, ReadsReleasedPagesAgain) {
  const TempFile file;
  std::string text(5 << 12, 'x');
  std::iota(text.begin(), text.end(), '\0');
  file.write(text);
  const auto mapped = MappedFile::open(file.path());
  for (const std::size_t start : {0U, 1U, 4095U, 4096U, 9000U, 20480U}) {
    MappedFile::release_pages(mapped->bytes().subspan(start));
    EXPECT_EQ(text_of(mapped->bytes()), text);
  }
}

// An archive whose storage starts `shift` bytes past a multiple of 64 in the file.
Archive open_shifted(const TempFile& file, std::size_t shift) {
  Entries entries = test::small_archive("");
  for (std::size_t pad = 0; pad < 64; ++pad) {
    Entries padded = entries;
    padded.insert(padded.begin(), {"extra/pad", std::string(pad, 'p')});
    test::write_zip(file.path(), padded);
    const Zip zip(file.path());
    const auto view = zip.view(zip.find("data/0").value());
    if (view && reinterpret_cast<std::uintptr_t>(view->data()) % 64 == shift) {
      return open_archive(file.path());
    }
  }
  throw std::logic_error("no padding does it");
}

std::shared_ptr<const Storage> weight_of(const Archive& archive) {
  return std::get<std::shared_ptr<StoredTensor>>(*archive.module->find("weight"))->storage;
}

const std::string kWeights = test::bytes_of<float>({1, 2, 3, 4, 5, 6});

TEST(MappedStorage, IsInPlaceWhenAligned) {
  const TempFile file;
  const auto storage = weight_of(open_shifted(file, 0));  // outlives the archive
  EXPECT_TRUE(storage->is_mapped());
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
  storage->release_pages();
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
}

TEST(MappedStorage, IsACopyWhenNotAligned) {
  const TempFile file;
  for (const std::size_t shift : {1U, 4U, 32U}) {
    const auto storage = weight_of(open_shifted(file, shift));
    EXPECT_FALSE(storage->is_mapped());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage->bytes().data()) % 64, 0U);
    EXPECT_EQ(text_of(storage->bytes()), kWeights);
    storage->release_pages();
    EXPECT_EQ(text_of(storage->bytes()), kWeights);
  }
}

TEST(MappedStorage, IsACopyWhenDeflated) {
  const TempFile file;
  Entries entries = test::small_archive();
  test::entry_named(entries, "m/data/0").deflated = true;
  test::write_zip(file.path(), entries);
  const auto storage = weight_of(open_archive(file.path()));
  EXPECT_FALSE(storage->is_mapped());
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
}

TEST(MappedStorage, IsRefusedWhenDamaged) {
  const TempFile file;
  test::write_zip(file.path(), test::small_archive());
  edit_file(file, [](std::string& bytes) { bytes[at_in(bytes, kWeights)] ^= 1; });
  EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }),
            "data/0: bad checksum: the entry's bytes are damaged");
}

// As before storages were mapped: what is not read is not verified.
TEST(MappedStorage, MayBeDamagedWhenNobodyNamesIt) {
  const TempFile file;
  Entries entries = test::small_archive();
  entries.push_back({"m/data/7", "nobody's bytes"});
  test::write_zip(file.path(), entries);
  edit_file(file, [](std::string& bytes) { bytes[at_in(bytes, "nobody's bytes")] ^= 1; });
  EXPECT_EQ(text_of(weight_of(open_archive(file.path()))->bytes()), kWeights);
}

TEST(MappedStorage, StaysWholeWhenTheFileIsReplaced) {
  const TempFile file;
  const auto storage = weight_of(open_shifted(file, 0));
  ASSERT_TRUE(storage->is_mapped());
  std::filesystem::remove(file.path());
  file.write("another file");
  storage->release_pages();
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
}

}  // namespace
}  // namespace henson::loader
