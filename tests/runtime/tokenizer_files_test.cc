// What is read of a tokenizer's files.
#include "tests/runtime/tokenizer_files.h"

#include <string>
#include <utility>
#include <vector>

#include "henson/tokenizer.h"
#include "runtime/tokenizer/bpe_files.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/tokenizer_config.h"
#include "runtime/tokenizer/tokenizer_json.h"

namespace henson::tokenizer {
namespace {

TEST_F(TokenizerFiles, WordPieceOfTokenizerJson) {
  const Settings settings = read_tokenizer_json(write("tokenizer.json", word_piece_json().dump()));
  EXPECT_EQ(settings.kind, Settings::Kind::kWordPiece);
  EXPECT_EQ(settings.normalizer, word_piece_json()["normalizer"]);
  EXPECT_EQ(settings.pre_tokenizer, word_piece_json()["pre_tokenizer"]);
  EXPECT_EQ(settings.decoder, word_piece_json()["decoder"]);
  EXPECT_EQ(settings.truncation.max_length, 128);
  EXPECT_EQ(settings.max_word_length, 50);
  EXPECT_EQ(settings.vocabulary.id("##b"), 5);
  EXPECT_EQ(settings.unk, "[UNK]");
  EXPECT_EQ(settings.cls, "[CLS]");
  EXPECT_EQ(settings.pad, "[PAD]");
  EXPECT_FALSE(settings.mask.has_value());
  EXPECT_EQ(settings.single.size(), 3);
  ASSERT_EQ(settings.pair.size(), 5);
  EXPECT_EQ(settings.pair[3].kind, TemplatePart::Kind::kPair);
  EXPECT_EQ(settings.pair[4].token, "[SEP]");
  EXPECT_EQ(settings.pair[4].type_id, 1);
  ASSERT_EQ(settings.added.size(), 2);
  const AddedToken& added = settings.added[1];
  EXPECT_TRUE(added.single_word && added.lstrip && added.rstrip && added.normalized);
  EXPECT_FALSE(added.special);
  EXPECT_EQ(added.id, 6);
}

TEST_F(TokenizerFiles, WithoutNormalizerTextStaysAsItIs) {
  Json json = word_piece_json();
  json["normalizer"] = nullptr;
  json["model"]["vocab"] = {{"[UNK]", 1}, {"[CLS]", 2}, {"[SEP]", 3}, {"Á", 4}};
  const Tokenizer tokenizer = Tokenizer::open(write("tokenizer.json", json.dump()));
  EXPECT_EQ(tokenizer.encode("Á á").ids, (std::vector<std::int64_t>{2, 4, 1, 3}));
}

TEST_F(TokenizerFiles, ByteLevelBpeOfTokenizerJson) {
  const Settings settings = read_tokenizer_json(write("tokenizer.json", bpe_json().dump()));
  EXPECT_EQ(settings.kind, Settings::Kind::kBpe);
  EXPECT_EQ(settings.pre_tokenizer["add_prefix_space"], false);
  EXPECT_TRUE(settings.trim_offsets);
  EXPECT_FALSE(settings.trim_keeps_prefix);
  ASSERT_EQ(settings.merges.size(), 1);
  EXPECT_EQ(settings.merges[0], std::make_pair(std::string("a"), std::string("b")));
  EXPECT_EQ(settings.cls, "<s>");
  EXPECT_EQ(settings.sep, "</s>");
  EXPECT_EQ(settings.mask, "<mask>");
  EXPECT_EQ(settings.pair.size(), 6);
  EXPECT_TRUE(settings.added.at(1).lstrip);
}

TEST_F(TokenizerFiles, MergesAsPairs) {
  Json json = bpe_json();
  json["model"]["merges"] = Json::array({Json::array({"a", "b"})});
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  ASSERT_EQ(settings.merges.size(), 1);
  EXPECT_EQ(settings.merges[0].second, "b");
}

TEST_F(TokenizerFiles, ByteLevelAndTemplateInSequence) {
  Json json = bpe_json();
  json["post_processor"] = {
      {"type", "Sequence"},
      {"processors",
       {{{"type", "ByteLevel"}, {"trim_offsets", true}}, word_piece_json()["post_processor"]}}};
  json["model"]["vocab"].update({{"[CLS]", 6}, {"[SEP]", 7}});
  json["post_processor"]["processors"][1]["special_tokens"] = {
      {"[CLS]", {{"id", "[CLS]"}, {"ids", {6}}, {"tokens", {"[CLS]"}}}},
      {"[SEP]", {{"id", "[SEP]"}, {"ids", {7}}, {"tokens", {"[SEP]"}}}}};
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  EXPECT_TRUE(settings.trim_offsets);
  EXPECT_TRUE(settings.trim_keeps_prefix);
  EXPECT_EQ(settings.single.at(0).token, "[CLS]");
}

TEST_F(TokenizerFiles, WithoutPostProcessorTextsAlone) {
  Json json = bpe_json();
  json["post_processor"] = nullptr;
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  EXPECT_FALSE(settings.trim_offsets);
  EXPECT_EQ(settings.single.size(), 1);
  EXPECT_EQ(settings.pair.size(), 2);
}

// Ids of added tokens are what the Rust tokenizers give: the file's own count for nothing.
TEST_F(TokenizerFiles, AddedTokensHaveTheNextIds) {
  Json json = bpe_json();
  json["added_tokens"].push_back({{"id", 70}, {"content", "<x>"}});
  json["added_tokens"].push_back({{"id", 71}, {"content", "ab"}});
  json["added_tokens"].push_back({{"id", 72}, {"content", "<y>"}});
  json["added_tokens"].push_back({{"id", 73}, {"content", ""}});
  const Settings settings = read_tokenizer_json(write("tokenizer.json", json.dump()));
  ASSERT_EQ(settings.added.size(), 5);
  EXPECT_EQ(settings.added[2].id, 6);
  EXPECT_EQ(settings.added[3].id, 5);
  EXPECT_EQ(settings.added[4].id, 7);
}

TEST_F(TokenizerFiles, VocabJsonAndMerges) {
  write("merges.txt", "#version: 0.2\r\na b\r\nab b\n");
  const Settings settings =
      read_vocab_json(write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "\u0120a": 4})"));
  EXPECT_EQ(settings.vocabulary.size(), 5);
  EXPECT_EQ(settings.vocabulary.id("Ġa"), 4);
  ASSERT_EQ(settings.merges.size(), 2);
  EXPECT_EQ(settings.merges[1], std::make_pair(std::string("ab"), std::string("b")));
}

TEST_F(TokenizerFiles, ConfigOfWordPiece) {
  Settings settings = small_settings(Settings::Kind::kWordPiece);
  write("tokenizer_config.json",
        R"({"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false,
            "model_max_length": 512, "add_prefix_space": true, "unk_token": "a",
            "mask_token": null, "additional_special_tokens": ["<e1>", {"content": "<e2>"}]})");
  apply_configs(folder_, settings);
  EXPECT_EQ(settings.normalizer, Json({{"type", "BertNormalizer"},
                                       {"lowercase", false},
                                       {"strip_accents", true},
                                       {"handle_chinese_chars", false}}));
  EXPECT_EQ(settings.pre_tokenizer, Json({{"type", "BertPreTokenizer"}}));
  EXPECT_EQ(settings.max_length, 512);
  EXPECT_EQ(settings.unk, "a");
  EXPECT_FALSE(settings.mask.has_value());
  ASSERT_EQ(settings.added.size(), 3);
  EXPECT_EQ(settings.added[1].text, "<e2>");
  EXPECT_EQ(settings.added[1].id, 5);
  EXPECT_TRUE(settings.added[1].special);
  EXPECT_EQ(settings.added[2].text, "a");
}

TEST_F(TokenizerFiles, ConfigOfBpe) {
  Settings settings = small_settings(Settings::Kind::kBpe);
  write("special_tokens_map.json", R"({"cls_token": "<s>", "mask_token": "<mask>",
        "sep_token": {"content": "</s>", "rstrip": true}})");
  write("tokenizer_config.json", R"({"add_prefix_space": true, "trim_offsets": false,
        "model_max_length": 1000000000000000019884624838656})");
  write("added_tokens.json", R"({"<second>": 5, "<first>": 4})");
  apply_configs(folder_, settings);
  EXPECT_EQ(settings.pre_tokenizer["add_prefix_space"], true);
  EXPECT_FALSE(settings.trim_offsets);
  EXPECT_EQ(settings.max_length, 0);
  EXPECT_EQ(settings.mask, "<mask>");
  ASSERT_EQ(settings.added.size(), 5);
  EXPECT_EQ(settings.added[0].text, "<first>");
  EXPECT_EQ(settings.added[0].id, 4);
  EXPECT_FALSE(settings.added[0].special);
  EXPECT_EQ(settings.added[2].text, "</s>");
  EXPECT_TRUE(settings.added[2].rstrip);
  EXPECT_EQ(settings.added[4].text, "<mask>");
  EXPECT_TRUE(settings.added[4].lstrip);
}

TEST_F(TokenizerFiles, AddedTokensDecoder) {
  Settings settings = small_settings(Settings::Kind::kBpe);
  write("tokenizer_config.json", R"({"mask_token": "<mask>", "added_tokens_decoder": {
        "10": {"content": "<ten>", "special": true}, "2": {"content": "<mask>", "rstrip": true},
        "9": {"content": "<nine>"}}})");
  apply_configs(folder_, settings);
  ASSERT_EQ(settings.added.size(), 3);
  EXPECT_EQ(settings.added[0].text, "<mask>");
  EXPECT_TRUE(settings.added[0].rstrip);
  EXPECT_FALSE(settings.added[0].lstrip);
  EXPECT_EQ(settings.added[1].text, "<nine>");
  EXPECT_FALSE(settings.added[1].special);
  EXPECT_EQ(settings.added[1].id, 4);
  EXPECT_EQ(settings.added[2].id, 5);
}

TEST_F(TokenizerFiles, FolderOpensTheFileThatSaysMost) {
  write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n");
  write("tokenizer_config.json", R"({"do_lower_case": false, "add_prefix_space": true})");
  const Settings word_piece = read_settings(folder_);
  EXPECT_EQ(word_piece.kind, Settings::Kind::kWordPiece);
  EXPECT_EQ(word_piece.normalizer["lowercase"], false);
  EXPECT_EQ(word_piece.added.size(), 3);
  write("vocab.json", R"({"<s>": 0, "</s>": 1, "<mask>": 2})");
  write("merges.txt", "#version: 0.2\n");
  const Settings bpe = read_settings(folder_);
  EXPECT_EQ(bpe.kind, Settings::Kind::kBpe);
  EXPECT_EQ(bpe.pre_tokenizer["add_prefix_space"], true);
  ASSERT_EQ(bpe.added.size(), 3);
  EXPECT_TRUE(bpe.added.back().lstrip);
  EXPECT_EQ(bpe.single.at(0).token, "<s>");
  write("tokenizer.json", bpe_json().dump());
  EXPECT_EQ(read_settings(folder_).vocabulary.size(), 6);
  EXPECT_EQ(read_settings(folder_ / "vocab.json").vocabulary.size(), 3);
}

}  // namespace
}  // namespace henson::tokenizer
