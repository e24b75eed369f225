// Where the entries of a zip file lie, what their two headers say, and storages in the mapped file.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

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

TEST(Place, IsWhereAStoredEntryLies) {
  const TempFile file;
  test::write_zip(file.path(), {{"stored", "some text"},
                                {"deflated", std::string(999, 'x'), true},
                                {"hidden", "secret text", false, true},
                                {"empty", ""}});
  const Zip zip(file.path());
  const auto place = zip.place(zip.find("stored").value());
  ASSERT_TRUE(place);
  EXPECT_EQ(zip.file()->text(place->offset, 9), "some text");
  EXPECT_EQ(place->checksums.size(), 1U);
  EXPECT_FALSE(zip.place(zip.find("deflated").value()));
  EXPECT_FALSE(zip.place(zip.find("hidden").value()));
  EXPECT_TRUE(zip.place(zip.find("empty").value())->checksums.empty());
}

TEST(Place, IsVerified) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text"}, {"b", "more text"}});
  edit_file(file, [](std::string& bytes) { bytes[at_in(bytes, "some text")] = 'S'; });
  const Zip zip(file.path());
  const std::vector<std::size_t> both = {0, 1};
  zip.verify(both);
  EXPECT_FALSE(zip.place(0));
  EXPECT_TRUE(zip.place(1));
}

// Whoever reads the file from its start sees the headers before the entries, not the directory.
TEST(LocalHeader, SaysWhatTheDirectorySays) {
  const TempFile file;
  const auto answer_after = [&](auto&& edit) {
    test::write_zip(file.path(), {{"name_a", "some text"}, {"name_b", "more text"}});
    edit_file(file, edit);
    return test::error_of([&] { Zip(file.path()); });
  };
  const std::string disagree = "name_a: the entry's own header and the directory disagree on its ";
  EXPECT_EQ(answer_after([](std::string&) {}), "");
  EXPECT_EQ(answer_after([](std::string& bytes) { bytes[30] = 'N'; }),
            "name_a: the directory calls so an entry that calls itself Name_a");
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 8, 8, 2); }),
            disagree + "method, 8 and 0");
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 6, 1, 2); }),
            disagree + "encryption, 1 and 0");
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 18, 4, 4); }),
            disagree + "packed size, 4 and 9");
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 22, 4, 4); }),
            disagree + "size, 4 and 9");
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 14, 4, 4); }).find(disagree), 0U);
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 28, 0xffff, 2); }),
            "name_a: the entry does not start at byte 0, where the directory says");
  EXPECT_EQ(answer_after([](std::string& bytes) { put(bytes, 28, 4, 2); }),
            "name_b: the entry lies over the bytes of name_a");  // shifted
}

TEST(LocalHeader, MayLeaveSizesAndChecksumToTheRecordBehindTheBytes) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text"}});
  edit_file(file, [](std::string& bytes) {
    put(bytes, 6, 8, 2);
    for (const std::size_t field : {14U, 18U, 22U}) put(bytes, field, 0, 4);
  });
  const Zip zip(file.path());
  EXPECT_EQ(zip.read_text(0, 99, "a"), "some text");
  EXPECT_TRUE(zip.place(0));
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
  bytes = number(0x04034b50, 4) + number(45, 2) + std::string(8, '\0') + number(0x3b8ba7c7, 4) +
          number(4, 4) + number(4, 4) + number(1, 2) + number(0, 2) + "a" + "text";
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

/// What read_directory says of a file of these bytes, or "".
std::string error_of_directory(const std::string& bytes) {
  const TempFile file;
  file.write(bytes);
  return test::error_of([&] { read_directory(File(file.path())); });
}

TEST(Directory, ReadsZip64) {
  const Zip64 made = make_zip64();
  const TempFile file;
  file.write(made.bytes);
  const File opened(file.path());
  const Directory directory = read_directory(opened);
  ASSERT_EQ(directory.entries.size(), 1U);
  EXPECT_EQ(directory.start, made.directory);
  const DirectoryEntry& entry = directory.entries.front();
  EXPECT_EQ(entry.name, "a");
  EXPECT_EQ(entry.bytes, 4U);
  EXPECT_EQ(opened.text(check_local_header(opened, entry), 4), "text");
  EXPECT_EQ(Zip(file.path()).read_text(0, 99, "a"), "text");
}

TEST(Directory, BelievesNoOffset) {
  const Zip64 made = make_zip64();
  for (const std::uint64_t wrong :
       {std::uint64_t{1}, made.bytes.size() - 1, made.bytes.size(), made.bytes.size() + 1,
        std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    SCOPED_TRACE(wrong);
    for (const std::size_t field : {32U, 40U, 48U, 56U + 8}) {  // count, size, start, the locator's
      if (wrong == 1 && field == 32) continue;                  // that is the count
      Zip64 edited = made;
      put(edited.bytes, made.end64 + field, wrong, 8);
      EXPECT_NE(error_of_directory(edited.bytes), "") << field;
    }
    for (const std::size_t field : {8U, 16U, 24U}) {  // sizes and the header, in the zip64 field
      Zip64 edited = made;
      put(edited.bytes, made.end64 - 32 + field, wrong, 8);
      const TempFile file;
      file.write(edited.bytes);
      const File opened(file.path());
      const Directory directory = read_directory(opened);
      ASSERT_EQ(directory.entries.size(), 1U);
      EXPECT_NE(test::error_of([&] { check_local_header(opened, directory.entries.front()); }), "");
    }
  }
}

TEST(Directory, SurvivesEveryTruncation) {
  const std::string whole = make_zip64().bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(error_of_directory(whole.substr(0, size)), "") << size;
  }
}

TEST(Directory, MeetsNoOffsetOfAFileThatLostItsStart) {
  const std::string whole = make_zip64().bytes;
  for (std::size_t lost = 1; lost <= whole.size(); ++lost) {
    EXPECT_NE(error_of_directory(whole.substr(lost)), "") << lost;
  }
}

TEST(Directory, ReadsTheLastEndRecordThatFits) {
  const TempFile file;
  test::write_zip(file.path(), {{"a", "some text"}});
  std::string bytes = file.read();
  put(bytes, bytes.size() - 2, 30, 2);  // a comment, which starts like an end record
  bytes += std::string("PK\x05\x06", 4) + std::string(26, 'c');
  file.write(bytes);
  EXPECT_EQ(read_directory(File(file.path())).entries.at(0).name, "a");
}

TEST(Checksums, AreThoseOfZip) {
  const auto as_bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  const std::string digits = "123456789";
  EXPECT_EQ(checksum_of(as_bytes(digits)), 0xcbf43926U);
  EXPECT_EQ(checksum_of({}), 0U);
  const std::uint32_t first = checksum_of(as_bytes(digits).first(4));
  EXPECT_EQ(joined_checksum(first, checksum_of(as_bytes(digits).subspan(4)), 5), 0xcbf43926U);
  EXPECT_EQ(joined_checksum(first, 0, 0), first);
}

TEST(Checksums, OfRangesOfAFile) {
  std::string large(20 << 20, 'x');
  std::iota(large.begin(), large.end(), '\0');
  const TempFile file;
  file.write(large + "123456789");
  const File opened(file.path());
  EXPECT_TRUE(checksums_of(opened, {}).empty());
  const std::vector<FileRange> ranges = {
      {0, large.size()}, {large.size(), 9}, {5, 0}, {large.size(), 10}, {256, kChecksumPiece + 1}};
  const std::vector<Checksums> sums = checksums_of(opened, ranges);
  EXPECT_EQ(sums[0].whole, checksum_of(std::as_bytes(std::span(large))));
  EXPECT_EQ(sums[0].pieces.size(), 20U);
  EXPECT_EQ(sums[1].whole, 0xcbf43926U);
  EXPECT_EQ(sums[2].whole, 0U);
  EXPECT_FALSE(sums[3].readable);  // past the file's end
  EXPECT_EQ(sums[4].pieces.size(), 2U);
  EXPECT_EQ(sums[4].whole,
            checksum_of(std::as_bytes(std::span(large)).subspan(256, kChecksumPiece + 1)));
}

TEST(MappedFile, IsNullWhereNothingCanBeMapped) {
  const TempFile file;
  EXPECT_NE(test::error_of([&] { File(file.path()); }), "");
  EXPECT_NE(test::error_of([&] { File("/dev/null"); }), "");
  file.write("");
  EXPECT_EQ(MappedFile::open(File(file.path())), nullptr);
  file.write("bytes");
  EXPECT_EQ(text_of(MappedFile::open(File(file.path()))->bytes()), "bytes");
}

TEST(MappedFile, ReadsReleasedPagesAgain) {
  const TempFile file;
  std::string text(5 << 12, 'x');
  std::iota(text.begin(), text.end(), '\0');
  file.write(text);
  const auto mapped = MappedFile::open(File(file.path()));
  for (const std::size_t start : {0U, 1U, 4095U, 4096U, 9000U, 20480U}) {
    mapped->release_pages(mapped->bytes().subspan(start));
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
    const auto place = zip.place(zip.find("data/0").value());
    if (place && place->offset % 64 == shift) {
      return open_archive(file.path(), FileAccess::kMap);
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
  const auto storage = weight_of(open_archive(file.path(), FileAccess::kMap));
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
  EXPECT_EQ(text_of(weight_of(open_archive(file.path(), FileAccess::kMap))->bytes()), kWeights);
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

TEST(ReadStorage, StaysInTheFileUntilItIsAskedFor) {
  const TempFile file;
  test::write_zip(file.path(), test::small_archive());
  const auto storage = weight_of(open_archive(file.path()));
  EXPECT_FALSE(storage->is_mapped());
  const StorageReading part = storage->read_once(4, 12);
  EXPECT_NE(part.memory, nullptr);
  EXPECT_EQ(text_of(part.bytes), kWeights.substr(4, 8));
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
  EXPECT_EQ(storage->read_once(4, 12).memory, nullptr);  // it is there now
  EXPECT_EQ(text_of(storage->read_once(4, 12).bytes), kWeights.substr(4, 8));
}

const std::string kChanged =
    "data/0: the archive's file was changed or cut short after it was opened; open it again";

TEST(ReadStorage, IsAnErrorWhenTheFileWasChangedOrCut) {
  const TempFile file;
  for (const bool cut : {false, true}) {
    test::write_zip(file.path(), test::small_archive());
    const auto read = weight_of(open_archive(file.path()));
    const auto storage = weight_of(open_archive(file.path()));
    EXPECT_EQ(text_of(read->bytes()), kWeights);
    const std::string whole = file.read();
    file.write(cut ? whole.substr(0, 10) : std::string(whole.size(), 'x'));  // over it, as cp does
    EXPECT_EQ(test::error_of([&] { storage->bytes(); }), kChanged);
    EXPECT_EQ(test::error_of([&] { storage->read_once(0, 8); }), kChanged);
    EXPECT_EQ(text_of(read->bytes()), kWeights);  // read before
    file.write(whole);
    EXPECT_EQ(text_of(storage->bytes()), kWeights);
  }
}

TEST(ReadStorage, IsReadPieceByPiece) {
  // Three pieces and a half.
  std::string numbers(kChecksumPiece * 7 / 2, '\0');
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<char>(i * 7 / 1000);
  const TempFile file;
  file.write("before" + numbers);
  FilePart part{std::make_shared<const File>(file.path()), 6, numbers.size(), {}};
  const FileRange range{6, numbers.size()};
  part.checksums = checksums_of(*part.file, {&range, 1}).front().pieces;
  const Storage storage("data/0", part);
  const std::size_t last_piece = 3 * kChecksumPiece;
  edit_file(file, [&](std::string& bytes) { bytes[6 + last_piece + 5] ^= 1; });
  for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 5},
                                    {kChecksumPiece - 1, kChecksumPiece + 1},
                                    {kChecksumPiece, last_piece}}) {
    const std::string expected = numbers.substr(first, last - first);
    const StorageReading once = storage.read_once(first, last);
    EXPECT_NE(once.memory, nullptr);
    EXPECT_EQ(text_of(once.bytes), expected);
    EXPECT_EQ(text_of({storage.part(first, last) + first, last - first}), expected);
  }
  EXPECT_EQ(test::error_of([&] { storage.part(last_piece - 1, last_piece + 1); }), kChanged);
  EXPECT_EQ(test::error_of([&] { storage.read_once(0, numbers.size()); }), kChanged);
  EXPECT_EQ(test::error_of([&] { storage.bytes(); }), kChanged);
  edit_file(file, [&](std::string& bytes) { bytes[6 + last_piece + 5] ^= 1; });
  EXPECT_EQ(text_of(storage.bytes()), numbers);
  file.write("");
  EXPECT_EQ(text_of(storage.bytes()), numbers);
  EXPECT_EQ(storage.read_once(0, numbers.size()).memory, nullptr);
}

TEST(ReadStorage, ThreadsReadItAtOnce) {
  std::string numbers(kChecksumPiece * 5 / 2, '\0');
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<char>(i * 3 / 500);
  const TempFile file;
  file.write(numbers);
  FilePart part{std::make_shared<const File>(file.path()), 0, numbers.size(), {}};
  const FileRange range{0, numbers.size()};
  part.checksums = checksums_of(*part.file, {&range, 1}).front().pieces;
  const Storage storage("data/0", part);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 6; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t at = t * 1000; at + 8 < numbers.size(); at += 70000) {
          const std::byte* const start = storage.part(at, at + 8);
          if (text_of({start + at, 8}) != numbers.substr(at, 8)) ++wrong;
        }
        if (text_of(storage.bytes()) != numbers) ++wrong;
      });
    }
  }
  EXPECT_EQ(wrong.load(), 0);
}

TEST(ReadStorage, StaysWholeWhenTheFileIsReplaced) {
  const TempFile file;
  test::write_zip(file.path(), test::small_archive());
  const auto storage = weight_of(open_archive(file.path()));
  std::filesystem::remove(file.path());
  file.write("another file");
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
}

}  // namespace
}  // namespace henson::loader
