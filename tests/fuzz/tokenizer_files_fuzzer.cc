// Files of tokenizers of any bytes: a tokenizer.json, or a model of SentencePiece of a class that
// the first byte picks. What opens must take and give back texts.
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "henson/error.h"
#include "henson/tokenizer.h"

namespace {

using henson::Encoding;
using henson::Tokenizer;

constexpr std::array<std::string_view, 8> kClasses{"T5",      "XLMRoberta", "Camembert", "Albert",
                                                   "RemBert", "BigBird",    "DebertaV2", "FNet"};
constexpr std::array<std::string_view, 6> kTexts{
    "",
    " a",
    "Hello, wörld! [MASK] <mask> it's 12.5%",
    "ab\xCC\x81\xE2\x80\x8D\xF0\x9F\x91\xA9 \xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\x95",
    "\xFF\xC0 \t\r\n\xE3\x80\x80\xE2\x96\x81\xE2\x96\x81",
    "\xEA\xB0\x80\xE1\x86\xA8 \xEF\xAC\x81 \xC4\xB0 aaaaaaaaaaaa"};

/// A folder of this process, gone at its end.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(const char* name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("henson_fuzzer_" + std::to_string(getpid()));
};

/// Offsets lie in the text, and sequences fit each other.
void check(const Encoding& encoding, std::string_view text, std::string_view pair) {
  const std::size_t size = encoding.ids.size();
  if (encoding.offsets.size() != size || encoding.words.size() != size) std::abort();
  for (std::size_t i = 0; i < size; ++i) {
    const auto [begin, end] = encoding.offsets[i];
    const std::string_view source = encoding.sequences[i] == 1 ? pair : text;
    if (begin > end || end > source.size()) std::abort();
  }
}

void use(const Tokenizer& tokenizer) {
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const std::string_view text = kTexts[i];
    const std::string_view pair = kTexts[(i + 2) % kTexts.size()];
    try {
      const Encoding encoding = tokenizer.encode(text, pair);
      check(encoding, text, pair);
      tokenizer.decode(encoding.ids, false);
      check(tokenizer.encode(text), text, "");
    } catch (
        const henson::Error&) {  // a text that this tokenizer has no token for, or too short a room
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Folder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool is_json = data[0] < 128;
  const char* const name = is_json ? "tokenizer.json" : "spiece.model";
  if (!is_json) {
    folder.write("tokenizer_config.json", "{\"tokenizer_class\": \"" +
                                              std::string(kClasses[data[0] % kClasses.size()]) +
                                              "Tokenizer\"}");
  }
  folder.write(name, bytes);
  try {
    use(Tokenizer::open(folder.path() / name));
  } catch (const henson::Error&) {
  }
  std::filesystem::remove(folder.path() / "tokenizer_config.json");
  return 0;
}
