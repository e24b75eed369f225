// Tokenizers of all kinds against what the Rust ones gave: tests/tokenizer/make_kinds_golden.py.
#include <zip.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/runtime/golden_tokens.h"
#include "tests/runtime/tokenizer_files.h"

namespace henson::tokenizer {
namespace {

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Close {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

class KindsGolden : public TokenizerFiles {
 protected:
  /// Unpacks all kinds; their names.
  std::set<std::string> unpack() const {
    std::set<std::string> kinds;
    const std::string path = std::string(HENSON_TEST_SOURCES) + "/tokenizer/kinds.zip";
    const std::unique_ptr<zip_t, Discard> archive(zip_open(path.c_str(), ZIP_RDONLY, nullptr));
    if (!archive) return kinds;
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
      const auto index = static_cast<zip_uint64_t>(i);
      zip_stat_t stat;
      zip_stat_index(archive.get(), index, 0, &stat);
      const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive.get(), index, 0));
      std::string bytes(stat.size, '\0');
      zip_fread(file.get(), bytes.data(), stat.size);
      const std::filesystem::path to = folder_ / stat.name;
      std::filesystem::create_directories(to.parent_path());
      std::ofstream(to, std::ios::binary) << bytes;
      kinds.insert(to.parent_path().filename().string());
    }
    return kinds;
  }
};

TEST_F(KindsGolden, AreAsTheRustOnes) {
  const std::set<std::string> kinds = unpack();
  ASSERT_GE(kinds.size(), 7U);
  for (const std::string& kind : kinds) {
    SCOPED_TRACE(kind);
    const std::string folder = (folder_ / kind).string();
    const Tokenizer tokenizer = Tokenizer::open(folder);
    expect_golden_tokens(tokenizer, folder);
    expect_golden_texts(tokenizer, folder);
    // Its post-processor, RoBERTa's, gives the windows after the first the token types of a pair.
    // Henson gives all of them those of the first: the model has one type.
    if (kind != "unigram") expect_golden_sequences(tokenizer, folder);
  }
}

}  // namespace
}  // namespace henson::tokenizer
