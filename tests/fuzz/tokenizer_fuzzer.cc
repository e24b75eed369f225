// Texts of any bytes. The first byte picks options and where the pair begins.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "henson/tokenizer.h"

namespace {

using henson::Encoding;
using henson::Tokenizer;

const Tokenizer& tokenizer(unsigned which) {
  static const std::string folder = std::string(HENSON_TEST_SOURCES) + "/tokenizer/";
  static const Tokenizer uncased = Tokenizer::open(folder + "uncased/vocab.txt");
  static const Tokenizer cased =
      Tokenizer::open(folder + "cased/vocab.txt", {.lower_case = false, .strip_accents = false});
  static const Tokenizer bpe = Tokenizer::open(folder + "bpe_prefix");
  static const Tokenizer pipeline = Tokenizer::open(folder + "pipeline");
  return which == 0 ? uncased : which == 1 ? cased : which == 2 ? bpe : pipeline;
}

/// Offsets lie in the text that the token is from.
void check(const Encoding& encoding, std::string_view text, std::string_view pair) {
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const auto [begin, end] = encoding.offsets[i];
    const std::string_view source = encoding.sequences[i] == 1 ? pair : text;
    if (begin > end || end > source.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view text = bytes.substr(0, bytes.size() * (data[0] >> 4) / 15);
  const std::string_view pair = bytes.substr(text.size());
  const Tokenizer& chosen = tokenizer(data[0] & 3U);
  const Encoding encoding = chosen.encode(text, pair);
  check(encoding, text, pair);
  chosen.decode(encoding.ids);
  henson::EncodeOptions options;
  options.max_length = data[0] & 15;
  options.truncation = henson::Truncation::kOnlyFirst;
  try {
    for (const Encoding& window : chosen.encode_windows(text, pair, options)) {
      check(window, text, pair);
    }
  } catch (const henson::Error&) {  // the second text may be too long for a window
  }
  return 0;
}
