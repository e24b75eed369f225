#include <cmath>
#include <numeric>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

// Enough rows for the products to reach their full speed, few enough for the caches.
constexpr std::size_t kTokensAtOnce = 2048;

/// How an output becomes an embedding.
struct Pooler {
  Pooler(const tasks::Heads& heads, Pooling pooling) {
    sentence = pooling == Pooling::kAuto && (heads.has_sentence() || !heads.has_hidden_states());
    first = pooling == Pooling::kFirst;
    output = sentence ? heads.sentence() : heads.hidden_states();
  }

  void pool(const Tensor& tensor, std::vector<float>& row) const {
    if (tensor.dtype() == DType::kFloat32) return pool(tensor, tensor.values<float>(), row);
    pool(tensor, tasks::floats_of(tensor), row);
  }

  std::size_t output = 0;
  bool sentence = false;  // the output is the embedding
  bool first = false;

 private:
  void pool(const Tensor& tensor, std::span<const float> values, std::vector<float>& row) const {
    const auto size = static_cast<std::size_t>(tensor.shape().back());
    row.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size));
    if (sentence || first) return;
    const std::size_t length = values.size() / size;
    for (std::size_t token = 1; token < length; ++token) {
      const std::span<const float> states = values.subspan(token * size, size);
      for (std::size_t i = 0; i < size; ++i) row[i] += states[i];
    }
    for (float& value : row) value /= static_cast<float>(length);
  }
};

void normalize(std::span<float> row) {
  double squares = 0;
  for (const float value : row) squares += double{value} * double{value};
  if (squares == 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (float& value : row) value *= scale;
}

/// Numbers of the sequences, the longest first: what runs together is of about one length, and
/// memory is largest at the start.
std::vector<std::size_t> by_length(const std::vector<Encoding>& encodings) {
  std::vector<std::size_t> order(encodings.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return encodings[a].size() > encodings[b].size();
  });
  return order;
}

/// The end of the batch that starts at `begin`.
std::size_t end_of_batch(const std::vector<Encoding>& encodings,
                         const std::vector<std::size_t>& order, std::size_t begin) {
  std::size_t tokens = 0;
  std::size_t end = begin;
  while (end < order.size() && (end == begin || tokens < kTokensAtOnce)) {
    tokens += encodings[order[end++]].size();
  }
  return end;
}

}  // namespace

Embeddings TextModel::embed(std::span<const std::string_view> texts, const EmbedOptions& options) {
  Embeddings embeddings;
  const Pooler pooler(impl().heads, options.pooling);
  std::vector<Encoding> encodings;
  for (const std::string_view text : texts) {
    encodings.push_back(impl().encode(text));
  }
  const std::vector<std::size_t> order = by_length(encodings);
  std::vector<float> row;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = end_of_batch(encodings, order, begin);
    std::vector<const Encoding*> batch;
    for (std::size_t i = begin; i < end; ++i) batch.push_back(&encodings[order[i]]);
    const std::vector<std::vector<Tensor>> outputs = impl().run_all(batch);
    for (std::size_t i = begin; i < end; ++i) {
      pooler.pool(outputs[i - begin][pooler.output], row);
      if (options.normalize) normalize(row);
      embeddings.dimensions = row.size();
      embeddings.values.resize(texts.size() * row.size());
      std::copy(row.begin(), row.end(),
                embeddings.values.begin() + static_cast<std::ptrdiff_t>(order[i] * row.size()));
    }
  }
  return embeddings;
}

Embeddings TextModel::embed(std::span<const std::string> texts, const EmbedOptions& options) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return embed(std::span(views), options);
}

}  // namespace henson
