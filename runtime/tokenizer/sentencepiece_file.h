// SentencePiece's own files: spiece.model, sentencepiece.bpe.model and the like.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/tokenizer_class.h"
#include "runtime/tokenizer/tokenizer_config.h"

namespace henson::tokenizer {

struct SentencePiece {
  enum class Type : std::uint8_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };

  std::string text;
  float score = 0;
  Type type = Type::kNormal;
};

/// What a model's file says that Henson needs.
struct SentencePieceModel {
  enum class Kind : std::uint8_t { kUnigram = 1, kBpe, kWord, kChar };

  std::vector<SentencePiece> pieces;
  Kind kind = Kind::kUnigram;
  std::int64_t unknown_id = 0;
  std::string unknown_piece = "<unk>";
  std::string charsmap;  // compiled replacements; empty: none
  // What SentencePiece itself honours, and the pipelines that transformers makes of models do not.
  bool prefix_space = true;
  bool suffix_spaces = false;  // words end with their space instead of beginning with it
  bool one_space = true;       // of several
  bool escapes_spaces = true;
  bool byte_fallback = false;
  bool changes_decoded = false;
};

/// Reads the protocol buffer. Throws kBadArchive when it is damaged.
SentencePieceModel read_sentencepiece(const std::filesystem::path& path);

/// The pipeline that transformers makes of such a model, for a class; without the special tokens
/// and templates that use_class_defaults() adds. Throws kUnsupported for models that it makes none
/// of.
Settings settings_of(const SentencePieceModel& model, const TokenizerClass& tokenizer_class,
                     const SentencePieceOptions& options, const std::filesystem::path& path);

}  // namespace henson::tokenizer
