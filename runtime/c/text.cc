// Text tasks, for C.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/c/handles.h"
#include "runtime/c/text_options.h"
#include "runtime/c/values.h"

using henson::Aggregation;
using henson::Pooling;
using henson::Scoring;
using henson::TextModel;
using henson::c::give;
using henson::c::guarded;
using henson::c::one_of;
using henson::c::refuse;
using henson::c::required;
using henson::c::to_options;
using henson::c::view_of;
using Findings = std::vector<henson_findings::Item>;

static_assert(static_cast<int>(Pooling::kAuto) == HENSON_POOLING_AUTO &&
              static_cast<int>(Pooling::kMean) == HENSON_POOLING_MEAN &&
              static_cast<int>(Pooling::kFirst) == HENSON_POOLING_FIRST &&
              static_cast<int>(Pooling::kMax) == HENSON_POOLING_MAX &&
              static_cast<int>(Pooling::kMeanSqrtLength) == HENSON_POOLING_MEAN_SQRT_LENGTH &&
              static_cast<int>(Pooling::kWeightedMean) == HENSON_POOLING_WEIGHTED_MEAN &&
              static_cast<int>(Pooling::kLast) == HENSON_POOLING_LAST);
static_assert(static_cast<int>(Scoring::kAuto) == HENSON_SCORING_AUTO &&
              static_cast<int>(Scoring::kSoftmax) == HENSON_SCORING_SOFTMAX &&
              static_cast<int>(Scoring::kSigmoid) == HENSON_SCORING_SIGMOID &&
              static_cast<int>(Scoring::kNone) == HENSON_SCORING_NONE);

namespace {

TextModel& model_of(henson_text_model* model) { return required(model, "the model").model; }

Scoring scoring_of(int scoring) { return one_of(scoring, Scoring::kNone, "scoring"); }

/// The first is what the C++ functions do unless told.
Aggregation aggregation_of(int join) {
  static constexpr std::array kJoins{Aggregation::kFirst, Aggregation::kNone, Aggregation::kSimple,
                                     Aggregation::kAverage, Aggregation::kMax};
  if (join < 0 || join >= static_cast<int>(kJoins.size())) {
    refuse("join: there is no " + std::to_string(join));
  }
  return kJoins[static_cast<std::size_t>(join)];
}

std::vector<std::string> labels_of(const char* const* labels, std::size_t count) {
  return henson::c::strings_of(labels, count, "a label");
}

std::int64_t number_of(std::size_t index) { return static_cast<std::int64_t>(index); }

}  // namespace

extern "C" {

henson_status henson_text_model_open(const char* path, const henson_text_options* options,
                                     henson_text_model** model) {
  return give(model, [&] {
    return henson_text_model{TextModel::open(&required(path, "the path"), to_options(options))};
  });
}

henson_status henson_text_model_new(const henson_model* model, const henson_tokenizer* tokenizer,
                                    const henson_text_options* options,
                                    henson_text_model** text_model) {
  return give(text_model, [&] {
    return henson_text_model{TextModel(required(model, "the model").model,
                                       required(tokenizer, "the tokenizer").tokenizer,
                                       to_options(options))};
  });
}

void henson_text_model_free(henson_text_model* model) { delete model; }

void henson_embeddings_free(henson_embeddings* embeddings) { delete embeddings; }
size_t henson_embeddings_count(const henson_embeddings* embeddings) {
  return embeddings != nullptr ? embeddings->rows.size() : 0;
}
size_t henson_embeddings_dimensions(const henson_embeddings* embeddings) {
  return embeddings != nullptr ? embeddings->rows.dimensions : 0;
}
const float* henson_embeddings_values(const henson_embeddings* embeddings) {
  return embeddings != nullptr ? embeddings->rows.values.data() : nullptr;
}

henson_status henson_embed(henson_text_model* model, const henson_text* texts, size_t count,
                           const henson_embed_options* options, henson_embeddings** embeddings) {
  return give(embeddings, [&] {
    const std::vector<std::string_view> views = henson::c::views_of(texts, count);
    return henson_embeddings{model_of(model).embed(views, to_options(options))};
  });
}

henson_status henson_token_vectors(henson_text_model* model, henson_text text,
                                   const henson_embed_options* options,
                                   henson_embeddings** embeddings) {
  return give(embeddings, [&] {
    return henson_embeddings{model_of(model).token_vectors(view_of(text), to_options(options))};
  });
}

void henson_findings_free(henson_findings* findings) { delete findings; }

size_t henson_findings_count(const henson_findings* findings) {
  return findings != nullptr ? findings->items.size() : 0;
}

henson_status henson_findings_at(const henson_findings* findings, size_t index,
                                 henson_finding* finding) {
  return guarded([&] {
    henson_finding& place = required(finding, "the pointer for the finding");
    place = {};
    const Findings& items = required(findings, "the findings").items;
    if (index >= items.size()) refuse("there are not so many findings");
    const henson_findings::Item& item = items[index];
    place.begin = item.range.begin;
    place.end = item.range.end;
    place.number = item.number;
    place.label = item.label.c_str();
    place.score = item.score;
  });
}

henson_status henson_fill_mask(henson_text_model* model, henson_text text, size_t guesses,
                               henson_findings** findings) {
  return give(findings, [&] {
    Findings items;
    for (henson::FilledMask& mask : model_of(model).fill_mask(view_of(text), guesses)) {
      for (henson::TokenGuess& guess : mask.guesses) {
        items.push_back({mask.range, guess.id, std::move(guess.token), guess.probability});
      }
    }
    return henson_findings{std::move(items)};
  });
}

henson_status henson_classify(henson_text_model* model, henson_text text, const henson_text* pair,
                              const char* const* labels, size_t label_count, int32_t scoring,
                              henson_findings** findings) {
  return give(findings, [&] {
    const std::vector<std::string> names = labels_of(labels, label_count);
    TextModel& of = model_of(model);
    const Scoring how = scoring_of(scoring);
    Findings items;
    for (henson::LabelScore& label : pair != nullptr
                                         ? of.classify(view_of(text), view_of(*pair), names, how)
                                         : of.classify(view_of(text), names, how)) {
      items.push_back({{}, number_of(label.index), std::move(label.label), label.score});
    }
    return henson_findings{std::move(items)};
  });
}

henson_status henson_tag(henson_text_model* model, henson_text text, const char* const* labels,
                         size_t label_count, henson_findings** findings) {
  return give(findings, [&] {
    Findings items;
    for (henson::TaggedWord& word :
         model_of(model).tag(view_of(text), labels_of(labels, label_count))) {
      henson::LabelScore& label = word.label;
      items.push_back({word.range, number_of(label.index), std::move(label.label), label.score});
    }
    return henson_findings{std::move(items)};
  });
}

henson_status henson_entities(henson_text_model* model, henson_text text, int32_t join,
                              const char* const* labels, size_t label_count,
                              henson_findings** findings) {
  return give(findings, [&] {
    Findings items;
    for (henson::Entity& entity : model_of(model).entities(view_of(text), aggregation_of(join),
                                                           labels_of(labels, label_count))) {
      items.push_back({entity.range, -1, std::move(entity.label), entity.score});
    }
    return henson_findings{std::move(items)};
  });
}

henson_status henson_answer(henson_text_model* model, henson_text question, henson_text context,
                            const henson_answer_options* options, henson_findings** findings) {
  return give(findings, [&] {
    Findings items;
    for (const henson::Answer& answer :
         model_of(model).answer(view_of(question), view_of(context), to_options(options))) {
      items.push_back({answer.range, -1, {}, answer.score});
    }
    return henson_findings{std::move(items)};
  });
}

henson_status henson_sparse(henson_text_model* model, henson_text text,
                            henson_findings** findings) {
  return give(findings, [&] {
    Findings items;
    for (henson::TokenWeight& token : model_of(model).sparse(view_of(text))) {
      items.push_back({{}, token.id, std::move(token.token), token.weight});
    }
    return henson_findings{std::move(items)};
  });
}

henson_status henson_rerank(henson_text_model* model, henson_text query, const henson_text* texts,
                            size_t count, int32_t scoring, double* scores) {
  return guarded([&] {
    std::vector<std::string> strings;
    for (const std::string_view text : henson::c::views_of(texts, count))
      strings.emplace_back(text);
    if (count > 0) required(scores, "the pointer for the scores");
    const std::vector<double> found =
        model_of(model).rerank(view_of(query), strings, scoring_of(scoring));
    std::copy(found.begin(), found.end(), scores);
  });
}

henson_status henson_next_sentence(henson_text_model* model, henson_text first, henson_text second,
                                   double* probability) {
  return guarded([&] {
    double& place = required(probability, "the pointer for the result");
    place = model_of(model).next_sentence(view_of(first), view_of(second));
  });
}

}  // extern "C"
