// Where archives come from: descriptors, pipes and memory, beside paths.
#include "loader/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "loader/archive.h"
#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::TempFile;

const std::string kWeights = test::bytes_of<float>({1, 2, 3, 4, 5, 6});

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::shared_ptr<const Storage> weight_of(const Archive& archive) {
  return std::get<std::shared_ptr<StoredTensor>>(*archive.module->find("weight"))->storage;
}

std::string archive_bytes() {
  const TempFile file;
  test::write_zip(file.path(), test::small_archive(""));
  const File opened(file.path());
  return opened.text(0, opened.size());
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Ends of a pipe or of a pair of sockets, the second of which a thread writes `text` into.
class Stream {
 public:
  enum Kind { kPipe, kSocket };
  Stream(Kind kind, std::string text) : text_(std::move(text)) {
    const int failed =
        kind == kPipe ? pipe(ends_.data()) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data());
    EXPECT_EQ(failed, 0);
    if (kind == kSocket) std::swap(ends_[0], ends_[1]);
    std::signal(SIGPIPE, SIG_IGN);  // whoever reads may have enough before the end
    writer_ = std::thread([this] {
      for (std::size_t at = 0; at < text_.size();) {
        const std::size_t some = std::min<std::size_t>(text_.size() - at, 777);  // in small parts
        const ssize_t put = write(ends_[1], text_.data() + at, some);
        if (put <= 0) break;
        at += static_cast<std::size_t>(put);
      }
      close(ends_[1]);
    });
  }
  ~Stream() {
    close(ends_[0]);
    writer_.join();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  int end() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{};
  std::string text_;
  std::thread writer_;
};

TEST(Source, AFileByItsDescriptorWhereverThatStands) {
  const TempFile file;
  file.write(archive_bytes());
  const int descriptor = open(file.path().c_str(), O_RDONLY);
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(lseek(descriptor, 17, SEEK_SET), 17);
  const Archive archive = open_archive(open_source(descriptor));
  EXPECT_EQ(lseek(descriptor, 0, SEEK_CUR), 17);
  close(descriptor);  // was the caller's
  EXPECT_EQ(text_of(weight_of(archive)->bytes()), kWeights);
}

TEST(Source, APipeAndASocketAreReadToTheirEnds) {
  for (const Stream::Kind kind : {Stream::kPipe, Stream::kSocket}) {
    const Stream stream(kind, archive_bytes());
    const auto file = open_source(stream.end());
    EXPECT_TRUE(file->in_memory());
    EXPECT_EQ(text_of(file->memory()), archive_bytes());
    EXPECT_EQ(text_of(weight_of(open_archive(file))->bytes()), kWeights);
  }
}

TEST(Source, ALargePipe) {
  std::string text = "PK";
  for (int i = 0; text.size() < (3U << 20) + 12345; ++i) text += std::to_string(i);
  const Stream stream(Stream::kPipe, text);
  EXPECT_TRUE(text_of(open_source(stream.end())->memory()) == text);
}

TEST(Source, APipeIsReadNoFurtherThanItMay) {
  const std::string text = archive_bytes();
  const auto read = [&](std::uint64_t most) {
    const Stream stream(Stream::kPipe, text);
    return test::error_of([&] { open_source(stream.end(), most); });
  };
  EXPECT_EQ(read(text.size()), "");
  EXPECT_EQ(read(text.size() - 1), "the archive is read into memory, and has more than the " +
                                       std::to_string(text.size() - 1) +
                                       " bytes that there are for it");
  EXPECT_NE(read(0), "");
}

TEST(Source, APipeOfSomethingElseIsReadNoFurtherThanItsStart) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread endless([&] {  // ends when nobody reads any more
    const std::string line(4096, 'x');
    while (write(ends[1], line.data(), line.size()) > 0) {
    }
    close(ends[1]);
  });
  EXPECT_EQ(test::error_of([&] { open_source(ends[0]); }),
            "a text file, not a TorchScript archive");
  close(ends[0]);
  endless.join();
  const Stream empty(Stream::kPipe, "");
  EXPECT_EQ(test::error_of([&] { open_source(empty.end()); }), "the file is empty");
}

TEST(Source, WhatIsNeitherFileNorPipe) {
  const int null = open("/dev/null", O_RDONLY);
  EXPECT_EQ(test::error_of([&] { open_source(null); }), "neither a file nor a pipe");
  close(null);
  const int folder = open("/", O_RDONLY);
  EXPECT_EQ(test::error_of([&] { open_source(folder); }),
            "a folder; give a TorchScript archive, a .pt file");
  close(folder);
  EXPECT_EQ(test::error_of([&] { open_source(folder); }),
            std::to_string(folder) + " is no descriptor of an open file");
  EXPECT_EQ(test::error_of([&] { open_source(-1); }), "-1 is no descriptor of an open file");
}

TEST(Source, BorrowedMemoryIsReadAndCheckedAgain) {
  auto text = std::make_shared<std::string>(archive_bytes());
  const std::weak_ptr<std::string> alive = text;
  const auto file = std::make_shared<const File>(bytes_of(*text), text);
  std::string& bytes = *text;
  text.reset();
  {
    const Archive archive = open_archive(file);
    EXPECT_EQ(text_of(weight_of(archive)->bytes()), kWeights);
    const Archive other = open_archive(file);
    bytes[bytes.find(kWeights)] ^= 1;
    EXPECT_EQ(test::error_of([&] { weight_of(other)->bytes(); }),
              "data/0: the archive's file was changed or cut short after it was opened; open it "
              "again");
  }
  EXPECT_FALSE(alive.expired());
}

TEST(Source, MemoryCanBeUsedInPlaceAndIsKept) {
  const std::string text = archive_bytes();
  std::shared_ptr<const Storage> storage;
  {
    const auto copy = copy_source(bytes_of(text));
    storage = weight_of(open_archive(copy, FileAccess::kMap));
  }
  storage->release_pages();  // which must not lose what no file has
  EXPECT_EQ(text_of(storage->bytes()), kWeights);
  EXPECT_NE(test::error_of([&] { copy_source(bytes_of(text), text.size() - 1); }), "");
}

TEST(Source, MemoryThatEndsAnywhereIsRefusedAsAFileIs) {
  const std::string text = archive_bytes();
  for (std::size_t size = 0; size < text.size(); size += 7) {
    const auto cut = std::make_shared<const File>(bytes_of(text).first(size), nullptr);
    const TempFile file;
    file.write(text.substr(0, size));
    EXPECT_EQ(test::error_of([&] { open_archive(cut); }),
              test::error_of([&] { open_archive(file.path()); }));
  }
}

}  // namespace
}  // namespace henson::loader
