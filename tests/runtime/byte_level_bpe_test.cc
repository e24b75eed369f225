// Byte-level BPE and its parts; what the Rust tokenizers answer is in tokenizer_golden_test.cc.
#include "runtime/tokenizer/byte_level_bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/error.h"
#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/byte_level_words.h"
#include "runtime/tokenizer/decoder.h"
#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/merges.h"
#include "runtime/tokenizer/trim_offsets.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

using Strings = std::vector<std::string>;

TEST(ByteAlphabetTest, EveryByteHasACharacterOfItsOwn) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<unsigned char>(byte);
    EXPECT_EQ(byte_of_character(character_of_byte(value)), value);
  }
  EXPECT_EQ(bytes_to_token(" was\n"), "ĠwasĊ");
  EXPECT_EQ(bytes_to_token("é"), "Ã©");
  EXPECT_EQ(token_to_bytes("ĠwasĊ"), " was\n");
  EXPECT_EQ(token_to_bytes("a b"), std::nullopt);
  EXPECT_EQ(token_to_bytes("€"), std::nullopt);
}

Strings words_of(std::string_view text) {
  Strings found;
  for (ByteLevelWords words(text); !words.at_end();) found.emplace_back(words.next());
  return found;
}

TEST(ByteLevelWordsTest, WordsOfPattern) {
  EXPECT_EQ(words_of("Who's Jim?"), Strings({"Who", "'s", " Jim", "?"}));
  EXPECT_EQ(words_of("we'll I'd 'tis"), Strings({"we", "'ll", " I", "'d", " '", "tis"}));
  EXPECT_EQ(words_of("'S 'l '"), Strings({"'", "S", " '", "l", " '"}));
  EXPECT_EQ(words_of("!'s"), Strings({"!'", "s"}));
  EXPECT_EQ(words_of("a1b2"), Strings({"a", "1", "b", "2"}));
  EXPECT_EQ(words_of("x   y"), Strings({"x", "  ", " y"}));
  EXPECT_EQ(words_of("x \n y"), Strings({"x", " \n", " y"}));
  EXPECT_EQ(words_of("x\n\ny"), Strings({"x", "\n", "\n", "y"}));
  EXPECT_EQ(words_of("x  "), Strings({"x", "  "}));
  EXPECT_EQ(words_of(" "), Strings({" "}));
  EXPECT_EQ(words_of("a\u00A0b"), Strings({"a", "\u00A0", "b"}));
  EXPECT_EQ(words_of("é٣中\u0301"), Strings({"é", "٣", "中", "\u0301"}));
  EXPECT_EQ(words_of(std::string_view("a\0b", 3)), Strings({"a", std::string(1, '\0'), "b"}));
  EXPECT_TRUE(words_of("").empty());
}

/// Merges by the definition: look at all pairs, take the best one, begin again.
void merge_plainly(const std::vector<std::array<std::int32_t, 3>>& merges,
                   std::vector<Symbol>& symbols) {
  while (true) {
    std::size_t best_rank = merges.size();
    std::size_t best_at = 0;
    for (std::size_t at = 0; at + 1 < symbols.size(); ++at) {
      for (std::size_t rank = 0; rank < best_rank; ++rank) {
        if (merges[rank][0] == symbols[at].id && merges[rank][1] == symbols[at + 1].id) {
          best_rank = rank;
          best_at = at;
        }
      }
    }
    if (best_rank == merges.size()) return;
    symbols[best_at] = {merges[best_rank][2],
                        symbols[best_at].length + symbols[best_at + 1].length};
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
  }
}

TEST(MergesTest, ShortAndLongWordsAsByTheDefinition) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Merges merges;
    std::vector<std::array<std::int32_t, 3>> list;
    std::int32_t tokens = 3;
    for (int k = 0; k < 12; ++k) {
      const auto left = static_cast<std::int32_t>(random() % static_cast<unsigned>(tokens));
      const auto right = static_cast<std::int32_t>(random() % static_cast<unsigned>(tokens));
      const bool is_there = std::any_of(list.begin(), list.end(), [&](const auto& merge) {
        return merge[0] == left && merge[1] == right;
      });
      if (is_there) continue;
      list.push_back({left, right, tokens});
      merges.add(left, right, tokens++);
    }
    for (const std::size_t length : {2U, 5U, 31U, 32U, 33U, 34U, 90U}) {
      std::vector<Symbol> symbols;
      for (std::size_t i = 0; i < length; ++i) {
        symbols.push_back({static_cast<std::int32_t>(random() % 3), 1});
      }
      std::vector<Symbol> expected = symbols;
      merge_plainly(list, expected);
      merges.apply(symbols);
      ASSERT_EQ(symbols.size(), expected.size());
      for (std::size_t i = 0; i < symbols.size(); ++i) {
        EXPECT_EQ(symbols[i].id, expected[i].id);
        EXPECT_EQ(symbols[i].length, expected[i].length);
      }
    }
  }
}

std::string decode(std::vector<std::string> tokens) {
  const nlohmann::json description = {{"type", "ByteLevel"}};
  make_decoder(JsonValue(description, "tokenizer.json", "decoder"))->decode(tokens);
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

nlohmann::json byte_level(bool add_prefix_space) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"trim_offsets", true}};
}

/// All bytes in their order, then the results of the merges.
Settings settings_of(const std::vector<std::pair<std::string, std::string>>& merges) {
  Settings settings;
  settings.kind = Settings::Kind::kBpe;
  settings.source = "vocab.json";
  settings.pre_tokenizer = byte_level(false);
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    settings.vocabulary.add(bytes_to_token({&character, 1}), byte);
  }
  for (const auto& [left, right] : merges) {
    const auto id = static_cast<std::int64_t>(settings.vocabulary.size());
    settings.vocabulary.add(left + right, id);
  }
  settings.merges = merges;
  return settings;
}

struct Found {
  std::int32_t id = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& token) {
  return out << token.id << ":" << token.begin << "-" << token.end;
}

std::vector<Found> tokens_of(const Settings& settings, std::string_view text) {
  Pieces pieces;
  ByteLevelBpe(settings).tokenize(text, 0, pieces);
  std::vector<Found> tokens;
  for (const Piece& piece : pieces.list) tokens.push_back({piece.id, piece.begin, piece.end});
  return tokens;
}

using Tokens = std::vector<Found>;

TEST(ByteLevelBpeTest, MergesWithinWords) {
  const Settings settings = settings_of({{"a", "b"}, {"ab", "ab"}, {"Ġ", "ab"}});
  EXPECT_EQ(tokens_of(settings, "ababa"), Tokens({{257, 0, 4}, {'a', 4, 5}}));
  EXPECT_EQ(tokens_of(settings, "b ab"), Tokens({{'b', 0, 1}, {258, 1, 4}}));
  EXPECT_EQ(tokens_of(settings, ""), Tokens());
}

TEST(ByteLevelBpeTest, WordsAndPositions) {
  Pieces pieces;
  pieces.words = 4;
  ByteLevelBpe(settings_of({})).tokenize("ab c", 100, pieces);
  ASSERT_EQ(pieces.list.size(), 4);
  EXPECT_EQ(pieces.list[1].word, 4);
  EXPECT_EQ(pieces.list[2].word, 5);
  EXPECT_EQ(pieces.list[3].begin, 103);
  EXPECT_EQ(pieces.words, 6);
}

TEST(ByteLevelBpeTest, TokensOfOneCharacterShareItsOffsets) {
  EXPECT_EQ(tokens_of(settings_of({{"Ã", "©"}}), "é€"),
            Tokens({{256, 0, 2}, {0xE2, 2, 5}, {0x82, 2, 5}, {0xAC, 2, 5}}));
}

TEST(ByteLevelBpeTest, PrefixIsFromTheFirstCharacter) {
  Settings settings = settings_of({{"Ġ", "a"}});
  settings.pre_tokenizer = byte_level(true);
  EXPECT_EQ(tokens_of(settings, "ab"), Tokens({{256, 0, 1}, {'b', 1, 2}}));
  EXPECT_EQ(tokens_of(settings, " ab"), Tokens({{256, 0, 2}, {'b', 2, 3}}));
  EXPECT_EQ(tokens_of(settings, "é"), Tokens({{' ', 0, 2}, {0xC3, 0, 2}, {0xA9, 0, 2}}));
  EXPECT_EQ(tokens_of(settings, "\n"), Tokens({{' ', 0, 1}, {'\n', 0, 1}}));
  EXPECT_EQ(tokens_of(settings, ""), Tokens());
}

Settings settings_without_bytes() {
  Settings settings;
  settings.source = "vocab.json";
  settings.pre_tokenizer = byte_level(false);
  settings.vocabulary.add("a", 0);
  settings.vocabulary.add("<unk>", 1);
  return settings;
}

TEST(ByteLevelBpeTest, BytesThatTheVocabularyLacks) {
  Settings settings = settings_without_bytes();
  EXPECT_EQ(tokens_of(settings, "xaxxa"), Tokens({{0, 0, 1}, {0, 1, 2}}));  // as Rust counts them
  settings.unknown_token = "<unk>";
  EXPECT_EQ(tokens_of(settings, "axxa"), Tokens({{0, 0, 1}, {1, 1, 2}, {1, 2, 3}, {0, 3, 4}}));
  settings.fuse_unknown = true;
  EXPECT_EQ(tokens_of(settings, "axxa"), Tokens({{0, 0, 1}, {1, 1, 3}, {0, 3, 4}}));
  EXPECT_EQ(tokens_of(settings, "xx"), Tokens({{1, 0, 2}}));
}

TEST(ByteLevelBpeTest, WordsBeforeMerges) {
  Settings settings = settings_of({});
  settings.vocabulary.add("abc", 300);
  settings.vocabulary.add("Ġcounterrevolutionaries", 301);
  EXPECT_EQ(tokens_of(settings, "abc").size(), 3);
  settings.words_before_merges = true;
  EXPECT_EQ(tokens_of(settings, "abc"), Tokens({{300, 0, 3}}));
  EXPECT_EQ(tokens_of(settings, " counterrevolutionaries"), Tokens({{301, 0, 23}}));
}

TEST(ByteLevelBpeTest, RefusesVocabulariesThatLackTokens) {
  Settings settings = settings_of({});
  settings.merges = {{"a", "b"}};
  EXPECT_THROW(ByteLevelBpe{settings}, Error);
  settings.merges = {{"€", "b"}};
  EXPECT_THROW(ByteLevelBpe{settings}, Error);
  settings = settings_without_bytes();
  settings.unknown_token = "[UNK]";
  EXPECT_THROW(ByteLevelBpe{settings}, Error);
}

TEST(ByteLevelBpeTest, MegabyteWithoutASpace) {
  const ByteLevelBpe bpe(settings_of({{"a", "a"}, {"aa", "aa"}, {"aaaa", "aaaa"}}));
  const std::string text(1 << 20, 'a');
  Pieces pieces;
  bpe.tokenize(text, 0, pieces);
  ASSERT_EQ(pieces.list.size(), text.size() / 8);
  for (const Piece& piece : pieces.list) EXPECT_EQ(piece.id, 258);
}

TEST(ByteLevelBpeTest, Decodes) {
  EXPECT_EQ(decode({"Hello", "Ġworld", "Ċ"}), "Hello world\n");
  EXPECT_EQ(decode({"Ã", "©"}), "é");
  EXPECT_EQ(decode({"â", "Ĥ", "x"}), "\uFFFDx");
  EXPECT_EQ(decode({"<mask>", "a b", "€"}), "<mask>a b€");
  EXPECT_EQ(decode({}), "");
}

TEST(TrimOffsetsTest, TakesWhiteSpaceOfTheToken) {
  const std::string_view text = " ab  <m> é";
  const auto trim = [&](ByteRange range, std::string_view token, bool keeps = false) {
    return trim_offsets(text, range, spaces_of(token), keeps);
  };
  EXPECT_EQ(trim({0, 3}, "Ġab"), (ByteRange{1, 3}));
  EXPECT_EQ(trim({0, 3}, "Ġab", true), (ByteRange{0, 3}));
  EXPECT_EQ(trim({3, 5}, "ĠĠ"), (ByteRange{5, 5}));
  EXPECT_EQ(trim({3, 5}, "ĠĠ", true), (ByteRange{5, 5}));
  EXPECT_EQ(trim({3, 9}, "  <m> "), (ByteRange{5, 8}));
  EXPECT_EQ(trim({1, 3}, "ab"), (ByteRange{1, 3}));
  EXPECT_EQ(trim({9, 11}, "Ġé"), (ByteRange{11, 11}));  // the space was put in front: Rust's answer
}

std::string random_text(std::mt19937& random) {
  std::string text;
  const std::size_t length = random() % 60;
  for (std::size_t i = 0; i < length; ++i) {
    switch (random() % 4) {
      case 0:
        text.push_back(" '\n\t\r\0"[random() % 6]);
        break;
      case 1:
        text.push_back("abstrevlmd"[random() % 10]);
        break;
      case 2:
        append_utf8(static_cast<char32_t>(0x80 + random() % 0x700), text);
        break;
      default:
        append_utf8(static_cast<char32_t>(0xE000 + random() % (0x110000 - 0xE000)), text);
    }
  }
  return text;
}

TEST(ByteLevelBpeTest, RandomTextsComeBack) {
  Settings settings = settings_of({{"a", "b"}, {"Ġ", "s"}, {"Ã", "©"}, {"r", "e"}, {"'", "s"}});
  const Vocabulary& vocabulary = settings.vocabulary;
  std::mt19937 random(11);
  for (const bool prefix : {false, true}) {
    settings.pre_tokenizer = byte_level(prefix);
    const ByteLevelBpe bpe(settings);
    for (int round = 0; round < 2000; ++round) {
      const std::string text = random_text(random);
      Pieces pieces;
      bpe.tokenize(text, 0, pieces);
      std::vector<std::string> tokens;
      std::uint32_t end = 0;
      for (const Piece& piece : pieces.list) {
        tokens.emplace_back(*vocabulary.token(piece.id));
        EXPECT_LE(piece.begin, end);
        EXPECT_LT(piece.begin, piece.end);
        EXPECT_GE(piece.end, end);
        EXPECT_TRUE(starts_code_point(text[piece.begin]));
        end = piece.end;
      }
      EXPECT_EQ(end, text.size());
      const bool has_prefix = prefix && !text.empty() && text.front() != ' ';
      EXPECT_EQ(decode(tokens), (has_prefix ? " " : "") + text);
    }
  }
}

}  // namespace
}  // namespace henson::tokenizer
