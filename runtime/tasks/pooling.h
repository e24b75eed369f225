// One vector of the vectors of a text's tokens.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "henson/tasks.h"

namespace henson::tasks {

/// Row-major: a row a token.
struct TokenRows {
  std::span<const float> values;
  std::size_t size = 0;  // of a row

  std::size_t count() const noexcept { return size == 0 ? 0 : values.size() / size; }
  std::span<const float> row(std::size_t i) const { return values.subspan(i * size, size); }
};

/// Appends to `pooled` what sentence-transformers makes of the rows from `first` on: rows before it
/// are of a prompt that is left out, and count where positions do. Not for kAuto.
void pool(const TokenRows& rows, Pooling pooling, std::size_t first, std::vector<float>& pooled);

/// "mean", "cls", …: as files and options call it. Empty for kAuto.
std::string_view name_of(Pooling pooling) noexcept;
/// "cls + max"
std::string names_of(std::span<const Pooling> poolings);

}  // namespace henson::tasks
