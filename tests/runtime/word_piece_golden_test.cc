#include <gtest/gtest.h>

#include "tests/runtime/golden_tokens.h"

namespace henson {
namespace {

Tokenizer uncased() { return Tokenizer::open(golden_folder("uncased") + "/vocab.txt"); }

Tokenizer cased() {
  TokenizerOptions options;
  options.lower_case = false;
  return Tokenizer::open(golden_folder("cased") + "/vocab.txt", options);
}

TEST(WordPieceGolden, TokensUncased) { expect_golden_tokens(uncased(), "uncased"); }
TEST(WordPieceGolden, TokensCased) { expect_golden_tokens(cased(), "cased"); }
TEST(WordPieceGolden, TextsUncased) { expect_golden_texts(uncased(), "uncased"); }
TEST(WordPieceGolden, TextsCased) { expect_golden_texts(cased(), "cased"); }
TEST(WordPieceGolden, SequencesUncased) { expect_golden_sequences(uncased(), "uncased"); }
TEST(WordPieceGolden, SequencesCased) { expect_golden_sequences(cased(), "cased"); }

}  // namespace
}  // namespace henson
