// Shapes of batches as the command line takes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace henson::tools {

/// 8x128: 8 sequences of 128 tokens. 64x8..128: 64 sequences, lengths evenly spaced.
struct BatchShape {
  std::string text;
  std::vector<std::int64_t> lengths;  // of each sequence, ascending
  bool ragged = false;                // was written as a range

  std::int64_t tokens() const;
};

/// The most sequences, and the longest.
inline constexpr std::int64_t kMaxBatchSize = 1 << 20;

/// Nothing for what is no shape, and for sizes that are 0, above kMaxBatchSize, or a range that
/// falls.
std::optional<BatchShape> parse_batch_shape(const std::string& text);

}  // namespace henson::tools
