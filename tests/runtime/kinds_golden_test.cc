// Tokenizers of all kinds against what the Rust ones gave: tests/tokenizer/make_kinds_golden.py.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/runtime/golden_tokens.h"
#include "tests/runtime/recorded_zip.h"
#include "tests/runtime/tokenizer_files.h"

namespace henson::tokenizer {
namespace {

class KindsGolden : public TokenizerFiles {
 protected:
  /// Unpacks all kinds; their names.
  std::set<std::string> unpack() const {
    std::set<std::string> kinds;
    for (const auto& [name, bytes] : files_of_zip("kinds.zip")) {
      const std::filesystem::path to = folder_ / name;
      std::filesystem::create_directories(to.parent_path());
      std::ofstream(to, std::ios::binary) << bytes;
      kinds.insert(to.parent_path().filename().string());
    }
    return kinds;
  }
};

TEST_F(KindsGolden, AreAsTheRustOnes) {
  const std::set<std::string> kinds = unpack();
  ASSERT_GE(kinds.size(), 19U);
  for (const std::string& kind : kinds) {
    SCOPED_TRACE(kind);
    const std::string folder = (folder_ / kind).string();
    const Tokenizer tokenizer = Tokenizer::open(folder);
    expect_golden_tokens(tokenizer, folder);
    expect_golden_texts(tokenizer, folder);
    expect_golden_sequences(tokenizer, folder);
  }
}

}  // namespace
}  // namespace henson::tokenizer
