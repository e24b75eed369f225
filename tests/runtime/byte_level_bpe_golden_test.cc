// Byte-level BPE against what the Rust tokenizers gave.
#include <gtest/gtest.h>

#include "tests/runtime/golden_tokens.h"

namespace henson {
namespace {

Tokenizer bpe() { return Tokenizer::open(golden_folder("bpe") + "/vocab.json"); }

/// tokenizer.json, with a space before each text, and added tokens that take spaces or are looked
/// for late.
Tokenizer prefix() { return Tokenizer::open(golden_folder("bpe_prefix")); }

TEST(ByteLevelBpeGoldenTest, Tokens) { expect_golden_tokens(bpe(), "bpe"); }
TEST(ByteLevelBpeGoldenTest, Texts) { expect_golden_texts(bpe(), "bpe"); }
TEST(ByteLevelBpeGoldenTest, Sequences) { expect_golden_sequences(bpe(), "bpe"); }

TEST(ByteLevelBpeGoldenTest, PrefixTokens) { expect_golden_tokens(prefix(), "bpe_prefix"); }
TEST(ByteLevelBpeGoldenTest, PrefixTexts) { expect_golden_texts(prefix(), "bpe_prefix"); }
TEST(ByteLevelBpeGoldenTest, PrefixSequences) { expect_golden_sequences(prefix(), "bpe_prefix"); }

TEST(ByteLevelBpeGoldenTest, SpecialTokensAreKnown) {
  const Tokenizer tokenizer = bpe();
  EXPECT_EQ(tokenizer.cls_id(), 0);
  EXPECT_EQ(tokenizer.pad_id(), 1);
  EXPECT_EQ(tokenizer.sep_id(), 2);
  EXPECT_EQ(tokenizer.unk_id(), 3);
  EXPECT_EQ(tokenizer.mask_id(), 4);
  EXPECT_TRUE(tokenizer.is_special(4));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("Jim <mask> was").ids), "Jim was");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("Jim <mask> was").ids, false),
            "<s>Jim<mask> was</s>");
}

TEST(ByteLevelBpeGoldenTest, InvalidUtf8IsReplaced) {
  const Tokenizer tokenizer = prefix();
  const Encoding damaged = tokenizer.encode("a\xFF \xE2\x82 b\xF0\x9F");
  const Encoding replaced = tokenizer.encode("a\uFFFD \uFFFD b\uFFFD");
  EXPECT_EQ(damaged.ids, replaced.ids);
  EXPECT_EQ(damaged.offsets.at(damaged.size() - 2), (ByteRange{7, 9}));
}

}  // namespace
}  // namespace henson
