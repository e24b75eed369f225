#include "tools/embedding_writer.h"

#include <charconv>
#include <cmath>
#include <iterator>

#include "tools/npy.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

/// Appends the shortest digits from which the same float is read again.
void append_number(std::string& line, float value) {
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  line.append(digits, error == std::errc() ? end : digits);
}

void append_text(std::string& line, std::span<const float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) line += ' ';
    append_number(line, values[i]);
  }
}

void append_json(std::string& line, std::span<const float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) line += ", ";
    if (std::isfinite(values[i])) {
      append_number(line, values[i]);
    } else {
      line += number_as_json(values[i]).dump();
    }
  }
}

}  // namespace

EmbeddingWriter::EmbeddingWriter(const std::filesystem::path& path, EmbeddingFormat format)
    : file_(path, format == EmbeddingFormat::kNpy ? OutFile::Access::kRewinding
                                                  : OutFile::Access::kForward),
      format_(format) {}

/// As long for any number of rows: the true one is put in at the end.
std::string EmbeddingWriter::npy_header(std::size_t dimensions) const {
  const std::int64_t shape[] = {rows_, static_cast<std::int64_t>(dimensions)};
  return npy_start(DType::kFloat32, shape);
}

void EmbeddingWriter::write(std::string_view text, std::span<const float> embedding) {
  if (format_ == EmbeddingFormat::kNpy) {
    if (rows_++ == 0) file_.write(npy_header(embedding.size()));
    const auto bytes = std::as_bytes(embedding);
    return file_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  ++rows_;
  line_.clear();
  if (format_ == EmbeddingFormat::kText) {
    append_text(line_, embedding);
  } else {
    line_ = R"({"text": )" + Json(text).dump(-1, ' ', false, Json::error_handler_t::replace) +
            R"(, "embedding": [)";
    append_json(line_, embedding);
    line_ += "]}";
  }
  line_ += '\n';
  file_.write(line_);
}

void EmbeddingWriter::finish(std::size_t dimensions) {
  if (format_ == EmbeddingFormat::kNpy) file_.write_start(npy_header(dimensions));
  file_.finish();
}

}  // namespace henson::tools
