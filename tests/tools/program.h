// The program, run as its users run it.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/tools/files.h"

namespace henson::tools {

struct Result {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs `henson ARGUMENTS` by the shell.
inline Result henson(const TestFolder& folder, const std::string& arguments) {
  const std::string out = (folder / "stdout").string();
  const std::string err = (folder / "stderr").string();
  const std::string line =
      std::string(HENSON_PROGRAM) + ' ' + arguments + " >'" + out + "' 2>'" + err + "'";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

inline bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

/// The command fails with the code and one line on standard error that has `words`.
inline void expect_failure(const std::string& arguments, int code, const std::string& words) {
  const TestFolder folder;
  const Result result = henson(folder, arguments);
  EXPECT_EQ(result.code, code) << arguments;
  EXPECT_TRUE(is_one_line(result.err)) << result.err;
  EXPECT_TRUE(result.err.starts_with("henson: ")) << result.err;
  EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

}  // namespace henson::tools
