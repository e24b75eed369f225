// Embeddings as text, JSON lines or an npy file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "tools/out_file.h"

namespace henson::tools {

enum class EmbeddingFormat {
  kText,       // a line an embedding: its numbers, blanks between
  kJsonLines,  // a line an embedding: {"text": "…", "embedding": […]}
  kNpy,        // one float32 array [texts, dimensions]
};

class EmbeddingWriter {
 public:
  /// See OutFile.
  EmbeddingWriter(const std::filesystem::path& path, EmbeddingFormat format);

  void write(std::string_view text, std::span<const float> embedding);
  /// Hands on what is buffered.
  void flush() { file_.flush(); }
  /// `dimensions`: of the embeddings, also when there were none.
  void finish(std::size_t dimensions);

 private:
  std::string npy_header(std::size_t dimensions) const;

  OutFile file_;
  EmbeddingFormat format_;
  std::int64_t rows_ = 0;
  std::string line_;
};

}  // namespace henson::tools
