// The broken files of tests/broken, one defect each: what the program says of each, to the letter,
// how long that takes and how much memory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/tools/files.h"

namespace henson::tools {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(HENSON_TEST_SOURCES) / "broken";
const std::string kModel = "../golden/torch2.13_encoder_full.pt";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured = false;
#else
constexpr bool kMeasured = true;
#endif
constexpr double kMostSeconds = 2;
constexpr std::size_t kMostBytesOfEach = 16;
constexpr std::size_t kSpareBytes = std::size_t{256} << 20;
constexpr std::size_t kLongestMessage = 400;

struct Expected {
  std::string file;  // in kFolder; a vocabulary is a folder
  int code = 0;
  std::string says;  // the line on standard error, without the program's name
};

struct Answer {
  int code = -1;  // negative: the signal
  std::string error;
  double seconds = 0;
  std::size_t peak_bytes = 0;
};

std::vector<Expected> expected_below(const std::string& prefix) {
  static const auto kTable = nlohmann::json::parse(read_file(kFolder / "expected.json"));
  std::vector<Expected> files;
  for (const auto& row : kTable) {
    Expected expected{row.at("file"), row.at("exit"), row.at("says")};
    if (expected.file.starts_with(prefix)) files.push_back(std::move(expected));
  }
  EXPECT_FALSE(files.empty());
  return files;
}

std::vector<std::string> arguments_for(const std::string& file) {
  if (file.starts_with("inputs/")) return {"run", kModel, "--input", file};
  if (file.starts_with("cases/")) return {"verify", kModel, "--cases", file};
  if (file.starts_with("vocabularies/")) {
    return {"tokenize", "--vocab", file, "--input", "sound/text.txt"};
  }
  return {"run", file, "--input", "sound/input.npz"};
}

[[noreturn]] void become(const std::vector<std::string>& arguments, int error) {
  std::vector<char*> argv = {const_cast<char*>(HENSON_PROGRAM)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  if (chdir(kFolder.c_str()) == 0) execv(argv[0], argv.data());
  _exit(127);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

Answer run(const std::vector<std::string>& arguments) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) become(arguments, ends[1]);
  close(ends[1]);
  Answer answer;
  char part[4096];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;) {
    answer.error.append(part, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  rusage usage{};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  answer.seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  answer.peak_bytes = static_cast<std::size_t>(usage.ru_maxrss) << 10;
  return answer;
}

std::size_t bytes_of_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return std::filesystem::file_size(path);
  std::size_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(path)) bytes += file.file_size();
  return bytes;
}

void expect_answer(const Expected& expected, const std::vector<std::string>& arguments) {
  SCOPED_TRACE(expected.file);
  const Answer answer = run(arguments);
  EXPECT_EQ(answer.code, expected.code);
  EXPECT_EQ(answer.error, expected.says.empty() ? "" : "henson: " + expected.says + "\n");
  EXPECT_LE(answer.error.size(), kLongestMessage + 2 * expected.file.size());
  if (!kMeasured) return;
  EXPECT_LE(answer.seconds, kMostSeconds);
  EXPECT_LE(answer.peak_bytes,
            kMostBytesOfEach * bytes_of_file(kFolder / expected.file) + kSpareBytes);
}

void expect_answers(const std::string& prefix) {
  for (const Expected& expected : expected_below(prefix)) {
    expect_answer(expected, arguments_for(expected.file));
  }
}

// On the interpreter as well: what is refused as a run meets it must not be the plan's alone.
void expect_answers_of_both(const std::string& prefix) {
  for (const Expected& expected : expected_below(prefix)) {
    std::vector<std::string> arguments = arguments_for(expected.file);
    expect_answer(expected, arguments);
    arguments.insert(arguments.end(), {"--executor", "interpreter"});
    expect_answer(expected, arguments);
  }
}

TEST(BrokenArchives, Zips) {
  for (const char* what : {"zip", "local", "two", "directory", "entry", "name", "checksum"}) {
    expect_answers(std::string("archives/") + what + '_');
  }
  expect_answers("archives/zip64_");
}

TEST(BrokenArchives, Entries) {
  for (const char* what : {"encrypted", "method", "deflate", "stored", "more", "bomb", "no",
                           "version", "byteorder", "archive", "only"}) {
    expect_answers(std::string("archives/") + what + '_');
  }
}

TEST(BrokenArchives, Pickles) { expect_answers("archives/pickle_"); }
TEST(BrokenArchives, Tensors) { expect_answers("archives/tensor_"); }

TEST(BrokenArchives, Modules) {
  expect_answers("archives/module_");
  expect_answers("archives/constants_");
}

TEST(BrokenArchives, ModelJsons) { expect_answers("archives/json_"); }
TEST(BrokenArchives, Codes) { expect_answers("archives/code_"); }
TEST(BrokenArchives, Graphs) { expect_answers_of_both("archives/graph_"); }
TEST(LenientArchives, AreOpened) { expect_answers_of_both("lenient/"); }
TEST(BrokenInputs, Arrays) { expect_answers("inputs/np"); }
TEST(BrokenInputs, Inputs) { expect_answers("inputs/input_"); }
TEST(BrokenInputs, Cases) { expect_answers("cases/"); }
TEST(BrokenVocabularies, Texts) { expect_answers("vocabularies/txt_"); }
TEST(BrokenVocabularies, Jsons) { expect_answers("vocabularies/json_"); }
TEST(BrokenVocabularies, Bpe) { expect_answers("vocabularies/bpe_"); }
TEST(BrokenVocabularies, Configs) { expect_answers("vocabularies/config_"); }

TEST(BrokenFiles, AreThoseOfTheTable) {
  std::set<std::string> listed;
  for (const Expected& expected : expected_below("")) listed.insert(expected.file);
  std::set<std::string> there;
  for (const char* folder : {"archives", "lenient", "inputs", "cases", "vocabularies"}) {
    for (const auto& file : std::filesystem::directory_iterator(kFolder / folder)) {
      there.insert(std::string(folder) + '/' + file.path().filename().string());
    }
  }
  EXPECT_EQ(listed, there);
}

}  // namespace
}  // namespace henson::tools
