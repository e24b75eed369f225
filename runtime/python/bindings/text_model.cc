#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "henson/tasks.h"
#include "runtime/python/bindings/module.h"
#include "runtime/python/bindings/options.h"
#include "runtime/python/bindings/pool.h"
#include "runtime/python/bindings/text_ranges.h"

namespace nb = nanobind;

namespace henson::python {
namespace {

using Texts = std::vector<std::string>;
using Floats = nb::ndarray<nb::numpy, float, nb::ndim<2>>;

constexpr std::array<std::pair<const char*, Scoring>, 4> kScorings = {
    {{"auto", Scoring::kAuto},
     {"softmax", Scoring::kSoftmax},
     {"sigmoid", Scoring::kSigmoid},
     {"none", Scoring::kNone}}};
constexpr std::array<std::pair<const char*, Aggregation>, 5> kAggregations = {
    {{"none", Aggregation::kNone},
     {"simple", Aggregation::kSimple},
     {"first", Aggregation::kFirst},
     {"average", Aggregation::kAverage},
     {"max", Aggregation::kMax}}};
constexpr std::array<std::pair<const char*, Similarity>, 5> kSimilarities = {
    {{"cosine", Similarity::kCosine},
     {"dot", Similarity::kDot},
     {"euclidean", Similarity::kEuclidean},
     {"manhattan", Similarity::kManhattan},
     {"maxsim", Similarity::kMaxSim}}};

template <typename Table>
auto value_of(const Table& table, const char* what, const std::string& name) {
  std::string known;
  for (const auto& [word, value] : table) {
    if (name == word) return value;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  throw Error(ErrorCode::kBadInput,
              std::string(what) + " `" + name + "` is not known: there are " + known);
}

/// A NumPy array over the rows, which it takes.
Floats array_of(Embeddings embeddings) {
  auto held = std::make_unique<Embeddings>(std::move(embeddings));
  const std::size_t shape[] = {held->size(), held->dimensions};
  float* const values = held->values.data();
  const nb::capsule owner(held.release(), [](void* rows) noexcept {
    const std::unique_ptr<Embeddings> released(static_cast<Embeddings*>(rows));
  });
  return {values, 2, shape, owner};
}

EmbedOptions embed_options(const std::optional<bool>& normalize,
                           const std::optional<std::string>& prompt, std::size_t truncate_to) {
  EmbedOptions options;
  options.normalize = normalize;
  options.prompt = prompt;
  options.truncate_to = truncate_to;
  return options;
}

using LabelScores = std::vector<std::pair<std::string, double>>;
using Guesses = std::vector<std::tuple<double, std::int64_t, std::string>>;
using Span = std::pair<std::uint32_t, std::uint32_t>;

/// What texts are asked, with as many sessions as there are calls at once.
class PythonTextModel {
 public:
  PythonTextModel(TextModel model, TextModelOptions options)
      : options_(std::move(options)),
        source_(std::make_shared<OfProcess<TextModel>>(std::move(model))),
        models_([source = source_, given = options_] { return (*source)->share(given); }) {}

  std::unique_ptr<PythonTextModel> share(std::size_t max_length) const {
    TextModelOptions options = options_;
    options.max_length = max_length;
    return std::make_unique<PythonTextModel>(source().share(options), options);
  }

  Floats embed(const Texts& texts, const std::optional<bool>& normalize,
               const std::optional<std::string>& prompt, std::size_t truncate_to) {
    const EmbedOptions options = embed_options(normalize, prompt, truncate_to);
    return array_of(models_.use([&](TextModel& model) { return model.embed(texts, options); }));
  }

  Floats token_vectors(const std::string& text, const std::optional<bool>& normalize,
                       const std::optional<std::string>& prompt) {
    const EmbedOptions options = embed_options(normalize, prompt, 0);
    return array_of(
        models_.use([&](TextModel& model) { return model.token_vectors(text, options); }));
  }

  std::vector<double> rerank(const std::vector<std::pair<std::string, std::string>>& pairs,
                             const std::string& scoring) {
    const Scoring how = value_of(kScorings, "scoring", scoring);
    return models_.use([&](TextModel& model) { return model.rerank(pairs, how); });
  }

  LabelScores classify(const std::string& text, const std::optional<std::string>& pair,
                       const std::string& scoring) {
    const Scoring how = value_of(kScorings, "scoring", scoring);
    LabelScores scores;
    for (LabelScore& score : models_.use([&](TextModel& model) {
           return pair ? model.classify(text, *pair, {}, how) : model.classify(text, {}, how);
         })) {
      scores.emplace_back(std::move(score.label), score.score);
    }
    return scores;
  }

  std::vector<std::pair<Span, Guesses>> fill_mask(const std::string& text, std::size_t count) {
    const Characters characters(text);
    std::vector<std::pair<Span, Guesses>> masks;
    for (const FilledMask& mask :
         models_.use([&](TextModel& model) { return model.fill_mask(text, count); })) {
      Guesses guesses;
      for (const TokenGuess& guess : mask.guesses) {
        guesses.emplace_back(guess.probability, guess.id, guess.token);
      }
      masks.emplace_back(characters.of(mask.range), std::move(guesses));
    }
    return masks;
  }

  using Entities = std::vector<std::tuple<Span, std::string, double, std::size_t, std::size_t>>;

  Entities entities(const std::string& text, const std::string& aggregation) {
    const Aggregation how = value_of(kAggregations, "aggregation_strategy", aggregation);
    const Characters characters(text);
    Entities found;
    for (Entity& entity :
         models_.use([&](TextModel& model) { return model.entities(text, how); })) {
      found.emplace_back(characters.of(entity.range), std::move(entity.label), entity.score,
                         entity.first_token, entity.end_token);
    }
    return found;
  }

  std::vector<std::pair<Span, double>> answer(const std::string& question,
                                              const std::string& context, std::size_t count,
                                              std::size_t longest, std::size_t window_length,
                                              std::size_t stride, bool may_be_none) {
    const AnswerOptions options{count, longest, window_length, stride, may_be_none};
    const Characters characters(context);
    std::vector<std::pair<Span, double>> found;
    for (const Answer& answer :
         models_.use([&](TextModel& model) { return model.answer(question, context, options); })) {
      found.emplace_back(characters.of(answer.range), answer.score);
    }
    return found;
  }

  /// Never runs: calls have models that share what it has.
  const TextModel& source() const { return **source_; }

  std::string similarity() const {
    for (const auto& [name, value] : kSimilarities) {
      if (value == source().similarity()) return name;
    }
    return "cosine";
  }

 private:
  TextModelOptions options_;
  std::shared_ptr<OfProcess<TextModel>> source_;
  Pool<TextModel> models_;
};

std::unique_ptr<PythonTextModel> open_text_model(
    const std::filesystem::path& path, const std::string& precision, int threads,
    std::size_t max_length, const std::optional<std::filesystem::path>& vocabulary, bool alone,
    bool map) {
  TextModelOptions options;
  options.session.precision = precision_of(precision);
  options.session.threads = threads;
  options.max_length = max_length;
  options.open.map = map;
  options.alone = alone;
  if (vocabulary) options.vocabulary = *vocabulary;
  const nb::gil_scoped_release released;
  const NoFork no_fork;
  TextModel model = TextModel::open(path, options);
  return std::make_unique<PythonTextModel>(std::move(model), std::move(options));
}

std::vector<std::tuple<std::string, std::string, std::string>> explain(
    const PythonTextModel& self) {
  std::vector<std::tuple<std::string, std::string, std::string>> settings;
  for (Setting& setting : self.source().explain(EmbedOptions{.normalize = std::nullopt})) {
    settings.emplace_back(std::move(setting.name), std::move(setting.value),
                          std::move(setting.origin));
  }
  return settings;
}

void add_asking(nb::class_<PythonTextModel>& type) {
  type.def("embed", &PythonTextModel::embed, nb::arg("texts"), nb::arg("normalize") = nb::none(),
           nb::arg("prompt") = nb::none(), nb::arg("truncate_to") = 0)
      .def("token_vectors", &PythonTextModel::token_vectors, nb::arg("text"),
           nb::arg("normalize") = nb::none(), nb::arg("prompt") = nb::none())
      .def("rerank", &PythonTextModel::rerank, nb::arg("pairs"), nb::arg("scoring") = "auto")
      .def("classify", &PythonTextModel::classify, nb::arg("text"), nb::arg("pair") = nb::none(),
           nb::arg("scoring") = "auto")
      .def("fill_mask", &PythonTextModel::fill_mask, nb::arg("text"), nb::arg("count") = 5)
      .def("entities", &PythonTextModel::entities, nb::arg("text"), nb::arg("aggregation") = "none")
      .def("answer", &PythonTextModel::answer, nb::arg("question"), nb::arg("context"),
           nb::arg("count") = 1, nb::arg("longest") = 15, nb::arg("window_length") = 384,
           nb::arg("stride") = 128, nb::arg("may_be_none") = false);
}

}  // namespace

void add_text_model(nb::module_& module) {
  nb::class_<PythonTextModel> type(module, "TextModel",
                                   "A model with its tokenizer and what lies beside it.");
  type.def(nb::new_(&open_text_model), nb::arg("path"), nb::kw_only(),
           nb::arg("precision") = "fp32", nb::arg("threads") = 0, nb::arg("max_length") = 0,
           nb::arg("vocabulary") = nb::none(), nb::arg("alone") = false, nb::arg("map") = false)
      .def("share", &PythonTextModel::share, nb::arg("max_length"),
           "Another over the same model, with another length of the longest sequence.")
      .def_prop_ro("tokenizer",
                   [](const PythonTextModel& self) { return Tokenizer(self.source().tokenizer()); })
      .def_prop_ro("max_length",
                   [](const PythonTextModel& self) { return self.source().max_length(); })
      .def_prop_ro("prompts", [](const PythonTextModel& self) { return self.source().prompts(); })
      .def_prop_ro("default_prompt_name",
                   [](const PythonTextModel& self) { return self.source().default_prompt_name(); })
      .def_prop_ro("labels", [](const PythonTextModel& self) { return self.source().labels(); })
      .def_prop_ro("similarity", &PythonTextModel::similarity)
      .def("explain", &explain, "What was taken from which file: name, value, origin.");
  add_asking(type);
}

}  // namespace henson::python
