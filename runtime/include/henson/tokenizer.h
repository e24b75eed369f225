// Text to the ids that a BERT or RoBERTa model takes, and back.
//
//   const henson::Tokenizer tokenizer = henson::Tokenizer::open("vocab.txt");
//   const henson::Encoding encoding = tokenizer.encode("Who was Jim Henson ?");
//   henson::Tensor::borrow(encoding.ids, {1, std::int64_t(encoding.ids.size())});
//
// All that a tokenizer.json can describe is known, WordPiece (BERT), BPE (RoBERTa), Unigram (XLM-R)
// and WordLevel, and gives what Hugging Face's Rust tokenizers give, to the id and the offset.
// runtime/tokenizer/README.md says where its Python ones differ. Every function throws
// henson::Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/error.h"
#include "henson/visibility.h"

namespace henson {

/// Bytes [begin, end) of a text.
struct ByteRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const ByteRange&) const = default;
};

/// One sequence for a model: an element a token in every vector. The attention mask is all ones.
struct Encoding {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> type_ids;  // BERT: 0 in the first text, 1 in the second; RoBERTa: 0
  std::vector<ByteRange> offsets;      // in the text that the token is from, as it was given;
                                       // {0, 0} of special tokens that were added
  std::vector<std::uint8_t> special;   // 1: was added around the texts ([CLS], [SEP]), else 0
  std::vector<std::int8_t> sequences;  // which text the token is from: 0 or 1; -1 when added
  std::vector<std::int32_t> words;     // number of its word in its text, from 0; -1 when added
  std::size_t lost = 0;                // tokens of the texts that max_length left out

  std::size_t size() const noexcept { return ids.size(); }
};

/// Which text loses tokens at its end when both together are too long.
enum class Truncation {
  kLongestFirst,  // the longer one, until both are of one length; then both
  kOnlyFirst,
  kOnlySecond,
};

/// Which end of a text loses tokens.
enum class TruncationSide { kRight, kLeft };

struct EncodeOptions {
  bool add_special_tokens = true;  // [CLS] text [SEP] pair [SEP], or <s> text </s></s> pair </s>
  std::size_t max_length = 0;      // of the whole sequence, in tokens; 0: as the "truncation" of a
                                   // tokenizer.json says, this and the next two; else no limit
  Truncation truncation = Truncation::kLongestFirst;
  std::size_t stride = 0;  // encode_windows: tokens that a window repeats of the one before
  std::optional<TruncationSide> truncation_side = std::nullopt;  // as the files say, or kRight
};

/// What is set here goes before what the files say.
struct TokenizerOptions {
  // BertNormalizer; for others kBadInput.
  std::optional<bool> lower_case = std::nullopt;     // by default true
  std::optional<bool> strip_accents = std::nullopt;  // by default as lower_case
  std::optional<bool> tokenize_cjk = std::nullopt;   // an ideograph is a word; by default true
  // ByteLevel: a text starts as if after a space; by default false. For others kBadInput.
  std::optional<bool> add_prefix_space = std::nullopt;
};

/// Immutable: may be used by many threads at once. Copies are cheap. One that was moved from throws
/// kBadInput; what is noexcept then knows no token.
class HENSON_API Tokenizer {
 public:
  /// Opens a tokenizer.json, a model of SentencePiece (spiece.model, sentencepiece.bpe.model), a
  /// vocab.json with merges.txt beside it (byte-level BPE), a vocab.txt (WordPiece), or a folder
  /// with one of them. The options and special tokens in a tokenizer_config.json beside the file
  /// are used too, and the class that it or config.json names. Throws kNotFound, kBadArchive for
  /// damaged files and kUnsupported for what is not known; the message names the file.
  static Tokenizer open(const std::filesystem::path& path, const TokenizerOptions& options = {});

  /// The tokens of a text. Special tokens written in the text ("[MASK]") become these tokens. Where
  /// the text is not UTF-8 it is read as if U+FFFD stood there. Throws kBadInput when max_length
  /// cannot be met: it leaves no room beside the special tokens, or the text that truncation names
  /// is too short; and for texts of 4 GiB and more.
  Encoding encode(std::string_view text, const EncodeOptions& options = {}) const;
  /// The tokens of two texts in one sequence.
  Encoding encode(std::string_view text, std::string_view pair,
                  const EncodeOptions& options = {}) const;

  /// All of a text in sequences of at most max_length tokens, each repeating the last `stride`
  /// tokens of the text in the one before. At least one; without max_length exactly one. Throws
  /// kBadInput when stride leaves no room for new tokens.
  std::vector<Encoding> encode_windows(std::string_view text,
                                       const EncodeOptions& options = {}) const;
  /// The same for two texts, as question answering needs it: the second is cut into windows, each
  /// after the whole first. With Truncation::kOnlyFirst the first is cut, and the second whole.
  std::vector<Encoding> encode_windows(std::string_view text, std::string_view pair,
                                       const EncodeOptions& options = {}) const;

  /// The text of tokens: pieces joined, spaces before punctuation taken out (WordPiece). Ids that
  /// the vocabulary does not have are left out, and special tokens as well when they are skipped.
  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens = true) const;

  /// The token of an id, as the vocabulary writes it ("##ing", "Ġwas"); nothing for ids without
  /// one. Lives as long as the tokenizer or a copy of it.
  std::optional<std::string_view> token(std::int64_t id) const;
  std::optional<std::int64_t> id(std::string_view token) const;
  /// The largest id and one.
  std::size_t vocabulary_size() const noexcept;
  /// Tokens that the model takes, as tokenizer_config.json says (model_max_length); 0: no file
  /// says. encode() does not go by it: give it as max_length.
  std::size_t max_length() const noexcept;
  /// Whether a token is one that skip_special_tokens skips.
  bool is_special(std::int64_t id) const noexcept;

  /// Ids of the tokens that models treat apart; nothing where the vocabulary has no such token.
  std::optional<std::int64_t> cls_id() const noexcept;   // [CLS], <s>
  std::optional<std::int64_t> sep_id() const noexcept;   // [SEP], </s>
  std::optional<std::int64_t> pad_id() const noexcept;   // [PAD], <pad>
  std::optional<std::int64_t> mask_id() const noexcept;  // [MASK], <mask>
  std::optional<std::int64_t> unk_id() const noexcept;   // [UNK], <unk>

  class Impl;

 private:
  explicit Tokenizer(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const;  // throws when moved from

  std::shared_ptr<const Impl> impl_;
};

}  // namespace henson
