#include <numeric>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
namespace {

// Enough rows for the products to reach their full speed, few enough for the caches.
constexpr std::size_t kTokensAtOnce = 2048;

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

tasks::EmbeddingPlan TextModel::Impl::make_plan(const EmbedOptions& options_of) const {
  return tasks::plan_embedding({folder, heads, model, options.modules_done}, options_of);
}

const tasks::EmbeddingPlan& TextModel::Impl::plan_of(const EmbedOptions& options_of) {
  if (!plan_ || !(plan_->first == options_of)) plan_.emplace(options_of, make_plan(options_of));
  return plan_->second;
}

std::size_t TextModel::Impl::prompt_tokens(const tasks::EmbeddingPlan& plan) {
  if (plan.pools_prompt) return 0;
  const Encoding prompt = tokenizer.encode(plan.prepare(""), truncating());
  const bool ends = prompt.size() > 0 && tokenizer.is_special(prompt.ids.back());
  return prompt.size() - (ends ? 1 : 0);
}

Embeddings TextModel::embed(std::span<const std::string_view> texts, const EmbedOptions& options) {
  Embeddings embeddings;
  const tasks::EmbeddingPlan& plan = impl().plan_of(options);
  const std::size_t prompt_tokens = impl().prompt_tokens(plan);
  std::vector<Encoding> encodings;
  for (const std::string_view text : texts) {
    encodings.push_back(impl().encode(plan.prepare(text)));
  }
  const std::vector<std::size_t> order = by_length(encodings);
  std::vector<float> row;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = end_of_batch(encodings, order, begin);
    std::vector<const Encoding*> batch;
    for (std::size_t i = begin; i < end; ++i) batch.push_back(&encodings[order[i]]);
    const std::vector<std::vector<Tensor>> outputs = impl().run_all(batch);
    for (std::size_t i = begin; i < end; ++i) {
      plan.embed(outputs[i - begin][plan.output], prompt_tokens, row);
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
