#include <functional>
#include <limits>
#include <numeric>

#include "runtime/tasks/text_model_impl.h"

namespace henson {
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
  std::vector<float> row;
  impl().run_each(encodings, [&](std::size_t i, const std::vector<Tensor>& outputs) {
    plan.embed(outputs[plan.output], prompt_tokens, row);
    embeddings.dimensions = row.size();
    embeddings.values.resize(texts.size() * row.size());
    std::copy(row.begin(), row.end(),
              embeddings.values.begin() + static_cast<std::ptrdiff_t>(i * row.size()));
  });
  return embeddings;
}

Embeddings TextModel::embed(std::span<const std::string> texts, const EmbedOptions& options) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return embed(std::span(views), options);
}

Embeddings TextModel::token_vectors(std::string_view text, const EmbedOptions& options) {
  TextModel::Impl& model = impl();
  const tasks::EmbeddingPlan plan = tasks::plan_token_vectors(
      {model.folder, model.heads, model.model, model.options.modules_done}, options);
  return plan.embed_tokens(model.run(model.encode(plan.prepare(text)))[plan.output]);
}

double max_sim(const Embeddings& query, const Embeddings& text) {
  double sum = 0;
  for (std::size_t i = 0; i < query.size(); ++i) {
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < text.size(); ++k) {
      const std::span<const float> a = query.row(i);
      const std::span<const float> b = text.row(k);
      best = std::max(best, std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                                               [](double x, double y) { return x * y; }));
    }
    sum += best;
  }
  return sum;
}

}  // namespace henson
