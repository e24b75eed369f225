// Where commands write, and what they say when they cannot.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/tools/files.h"
#include "tests/tools/program.h"
#include "tools/npz.h"
#include "tools/out_file.h"

namespace henson::tools {
namespace {

const std::string kEncoder = "'" + std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_ids.pt'";
const std::string kTasks = std::string(HENSON_TEST_SOURCES) + "/tasks/";
const std::string kVocabulary = " --vocab '" + kTasks + "vocab.txt' ";

/// The exit code and standard error of the program with its standard output elsewhere.
Result henson_to(const TestFolder& folder, const std::string& arguments, const std::string& out) {
  const std::string err = (folder / "stderr").string();
  const std::string line =
      std::string(HENSON_PROGRAM) + ' ' + arguments + " 2>'" + err + "' " + out;
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, "", read_file(err)};
}

TEST(Output, WhatCannotBeWrittenIsAnErrorOfEveryCommand) {
  const TestFolder folder;
  const std::vector<std::string> commands = {
      "--help",
      "--version",
      "help run",
      "inspect " + kEncoder,
      "inspect --json " + kEncoder,
      "run --ids 1 " + kEncoder,
      "run --ids 1 --output - " + kEncoder,
      "verify " + kEncoder,
      "bench --shape 1x2 --seconds 0 " + kEncoder,
      "tokenize frog" + kVocabulary,
      "classify '" + kTasks + "classifier.pt' frog" + kVocabulary,
      "tag '" + kTasks + "tagger.pt' frog" + kVocabulary,
      "fill-mask '" + kTasks + "masked_lm.pt' 'a [MASK]'" + kVocabulary};
  for (const std::string& command : commands) {
    for (const std::string out : {">/dev/full", ">&-"}) {
      const Result result = henson_to(folder, command, out);
      EXPECT_EQ(result.code, 3) << command << out;
      EXPECT_TRUE(is_one_line(result.err)) << result.err;
      EXPECT_NE(result.err.find("standard output: cannot be written: "), std::string::npos)
          << result.err;
    }
  }
}

TEST(Output, AReaderThatHasEnoughIsNoError) {
  const TestFolder folder;
  const Result result = henson_to(
      folder, "help; yes frog | " + std::string(HENSON_PROGRAM) + " tokenize" + kVocabulary,
      "| head -n 1 >/dev/null");
  EXPECT_EQ(result.err, "");
}

TEST(Output, ADashIsStandardOutput) {
  const TestFolder folder;
  const Result result = henson(folder, "run --ids '1 2' --output - " + kEncoder);
  EXPECT_EQ(result.code, 0) << result.err;
  write_file(folder / "out.npz", result.out);
  EXPECT_EQ(read_npz(folder / "out.npz").front().name, "0");
}

TEST(Output, UnknownExtensionsAreRefused) {
  expect_failure("run --ids 1 --output out.csv " + kEncoder, 2, "written as .npz, not as .csv");
  expect_failure("embed a --output out.parquet " + kEncoder + kVocabulary, 2,
                 "nothing is known of files that end in .parquet");
}

struct stat facts_of(const std::filesystem::path& path) {
  struct stat facts {};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  OutFile file(path);
  file.write(bytes);
  file.finish();
}

TEST(OutFile, AnOldFileKeepsItsMode) {
  const TestFolder folder;
  write_file(folder / "a", "old");
  chmod((folder / "a").c_str(), 0640);
  write(folder / "a", "new");
  EXPECT_EQ(read_file(folder / "a"), "new");
  EXPECT_EQ(facts_of(folder / "a").st_mode & 07777, 0640U);
}

TEST(OutFile, LinksStayAndTheirTargetIsWritten) {
  const TestFolder folder;
  write_file(folder / "a", "old");
  std::filesystem::create_symlink("a", folder / "link");
  write(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "a"), "new");
  std::filesystem::create_symlink("b", folder / "dangling");
  write(folder / "dangling", "new");
  EXPECT_EQ(read_file(folder / "b"), "new");
  std::filesystem::create_hard_link(folder / "a", folder / "hard");
  write(folder / "hard", "newer");
  EXPECT_EQ(read_file(folder / "a"), "newer");
}

TEST(OutFile, ReadOnlyFilesAreRefusedAndStay) {
  const TestFolder folder;
  write_file(folder / "a", "old");
  chmod((folder / "a").c_str(), 0444);
  EXPECT_THROW(write(folder / "a", "new"), Error);
  EXPECT_EQ(read_file(folder / "a"), "old");
}

TEST(OutFile, WhatIsNotFinishedLeavesTheOldFileAndNoOther) {
  const TestFolder folder;
  write_file(folder / "a", "old");
  write_file(folder / "a.part", "a stranger's");
  {
    OutFile file(folder / "a");
    file.write("new");
  }
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(read_file(folder / "a.part"), "a stranger's");
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++count;
  }
  EXPECT_EQ(count, 2U);
}

TEST(OutFile, PipesAndDevicesAreWrittenThrough) {
  const TestFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  // Both ends in one process: opened to read and write, a pipe does not wait.
  const int end = open((folder / "pipe").c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(end, 0);
  {
    OutFile file(folder / "pipe", OutFile::Access::kRewinding);
    file.write("head");
    file.write(" tail");
    file.write_start("HEAD");
    file.finish();
  }
  char bytes[16] = {};
  EXPECT_EQ(read(end, bytes, sizeof bytes), 9);
  EXPECT_STREQ(bytes, "HEAD tail");
  close(end);
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
  EXPECT_THROW(write("/dev/full", "new"), Error);
  write("/dev/null", "new");
}

TEST(Interrupt, EndsACommandWithinASecondAndLeavesNothing) {
  const TestFolder folder;
  const std::string out = (folder / "out.npy").string();
  const std::string program = HENSON_PROGRAM;
  const std::string encoder =
      "'" + std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_full.pt'" + kVocabulary;
  // The shell waits for the program; `timeout` interrupts it after a while.
  const std::string err = (folder / "stderr").string();
  const std::string line = "yes frog | timeout -s INT 1 " + program + " embed " + encoder +
                           " --output '" + out + "' 2>'" + err + "'; test $? = 124";
  EXPECT_EQ(std::system(line.c_str()), 0);
  EXPECT_TRUE(read_file(err).starts_with("henson: interrupted after ")) << read_file(err);
  EXPECT_NE(read_file(err).find(" texts\n"), std::string::npos);
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++count;
  }
  EXPECT_EQ(count, 1U) << "something beside the messages is left";
}

}  // namespace
}  // namespace henson::tools
