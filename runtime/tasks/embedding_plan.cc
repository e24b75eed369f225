#include "runtime/tasks/embedding_plan.h"

#include <algorithm>

#include "runtime/tasks/module_evidence.h"
#include "runtime/tasks/pooling.h"
#include "runtime/tasks/python_text.h"

namespace henson::tasks {
namespace {

constexpr const char* kDefault = "default";
constexpr const char* kArchive = "the archive";

std::string sizes(std::size_t in, std::size_t out) {
  return std::to_string(in) + " to " + std::to_string(out);
}

std::string stated(const std::string& value, const std::string& origin) {
  return value + " (" + origin + ')';
}

/// The file that describes a module, for errors.
std::string path_of(const Module& module) { return (module.folder / "config.json").string(); }

[[noreturn]] void misfit(const std::string& source, const std::string& what, std::size_t wanted,
                         std::size_t given) {
  throw Error(ErrorCode::kUnsupported, source + ": takes " + what + " of " +
                                           std::to_string(wanted) + " numbers, and gets " +
                                           std::to_string(given));
}

/// Fills in a plan, step by step.
class Planner {
 public:
  Planner(const EmbeddingSources& sources, const EmbedOptions& options)
      : sources_(sources), options_(options) {}

  EmbeddingPlan plan() {
    take_texts();
    if (sources_.folder.modules) {
      take_modules(sources_.folder.modules->modules);
    } else {
      take_output();
    }
    take_truncation();
    take_length(is_usual());
    const std::size_t given = options_.truncate_to == 0 ? size_ : options_.truncate_to;
    tell("embedding",
         std::to_string(given) + " numbers" + (plan_.normalizes ? ", of length 1" : ""),
         "all of these");
    return std::move(plan_);
  }

  EmbeddingPlan token_plan() {
    take_texts();
    if (sources_.folder.modules && sources_.heads.has_hidden_states()) {
      take_token_modules(sources_.folder.modules->modules);
    } else {
      use_output(sources_.heads.token_vectors());
    }
    take_truncation();
    take_length(true);
    return std::move(plan_);
  }

 private:
  void tell(std::string name, std::string value, std::string origin, std::string instead = "") {
    plan_.settings.push_back(
        {std::move(name), std::move(value), std::move(origin), std::move(instead)});
  }

  void take_texts() {
    const FolderSettings& folder = sources_.folder;
    Setting prompt = find_prompt(folder, options_);
    plan_.prompt = prompt.value;
    if (!prompt.value.empty() || !prompt.instead.empty()) {
      prompt.value = '"' + prompt.value + '"';
      plan_.settings.push_back(std::move(prompt));
    }
    plan_.strips = folder.strips();
    plan_.lowers = folder.lower_case && folder.lower_case->value;
    if (plan_.lowers) tell("lower case", "yes", folder.lower_case->origin);
  }

  /// Without modules: the model's own embedding, or a pooling of hidden states.
  void take_output() {
    const Heads& heads = sources_.heads;
    const bool own =
        options_.pooling == Pooling::kAuto && (heads.has_sentence() || !heads.has_hidden_states());
    use_output(own ? heads.sentence() : heads.hidden_states());
    if (own) {
      return tell("pooling", "the archive's own embedding", kArchive);
    }
    const bool stated = options_.pooling != Pooling::kAuto;
    plan_.poolings = {stated ? options_.pooling : Pooling::kMean};
    tell("pooling", names_of(plan_.poolings), stated ? "option pooling" : kDefault);
  }

  void use_output(std::size_t output) {
    plan_.output = output;
    const OutputFacts& facts = sources_.heads[output];
    size_ = static_cast<std::size_t>(facts.shape.back());
    tell("output", '`' + facts.name + "` " + describe(facts), kArchive);
  }

  void take_modules(const std::vector<Module>& modules) {
    const ModuleEvidence evidence(sources_.model, sources_.heads, modules, sources_.modules_done);
    const ModulesDone done = evidence.find(options_.pooling != Pooling::kAuto);
    use_output(done.output);
    for (std::size_t i = 0; i < done.count; ++i) {
      tell(title_of(modules[i]), "done by the archive itself", done.why, modules[i].source);
    }
    std::size_t end = modules.size();
    while (options_.normalize == false && end > done.count &&
           modules[end - 1].kind == Module::Kind::kNormalize) {
      --end;
    }
    for (std::size_t i = done.count; i < end; ++i) add(modules[i]);
    for (std::size_t i = end; i < modules.size(); ++i) {
      tell("normalize", "no", "option normalize", stated("yes", modules[i].source));
    }
    if (!done.per_token || !plan_.poolings.empty()) return;
    if (options_.pooling != Pooling::kAuto) {
      plan_.poolings = {options_.pooling};
      return tell("pooling", names_of(plan_.poolings), "option pooling");
    }
    throw Error(ErrorCode::kUnsupported,
                (sources_.folder.folder / "modules.json").string() +
                    ": has no Pooling: its model gives a vector a token and not one a "
                    "text; --pooling mean (or another) states one");
  }

  void take_token_modules(const std::vector<Module>& modules) {
    const ModuleEvidence evidence(sources_.model, sources_.heads, modules, sources_.modules_done);
    const ModulesDone done = evidence.find(true);
    use_output(done.output);
    for (std::size_t i = done.count; i < modules.size(); ++i) {
      if (modules[i].kind == Module::Kind::kPooling) break;
      if (modules[i].of_tokens) add(modules[i]);
    }
  }

  static std::string title_of(const Module& module) {
    switch (module.kind) {
      case Module::Kind::kPooling:
        return "pooling";
      case Module::Kind::kDense:
        return "dense";
      case Module::Kind::kLayerNorm:
        return "layer norm";
      case Module::Kind::kNormalize:
        return "normalize";
      case Module::Kind::kSplade:
        break;
    }
    return "sparse";
  }

  void add(const Module& module) {
    if (module.of_tokens && !plan_.poolings.empty()) return;  // nobody reads the tokens any more
    switch (module.kind) {
      case Module::Kind::kPooling:
        return add_pooling(module);
      case Module::Kind::kDense:
        return add_dense(module);
      case Module::Kind::kLayerNorm:
        return add_layer_norm(module);
      case Module::Kind::kNormalize:
        plan_.layers.push_back({Normalize{}, module.of_tokens});
        ends_normalized_ = !module.of_tokens;
        return tell("normalize", "yes", module.source);
      case Module::Kind::kSplade:
        throw Error(ErrorCode::kUnsupported,
                    path_of(module) +
                        ": the model makes sparse vectors, a weight a token of the "
                        "vocabulary; `henson sparse` gives them");
    }
  }

  void add_pooling(const Module& module) {
    if (!plan_.poolings.empty()) {
      throw Error(ErrorCode::kUnsupported, path_of(module) + ": a second Pooling");
    }
    if (module.dimension != 0 && module.dimension != size_) {
      misfit(path_of(module), "vectors", module.dimension, size_);
    }
    const bool by_hand = options_.pooling != Pooling::kAuto;
    plan_.poolings = by_hand ? std::vector{options_.pooling} : module.poolings;
    tell("pooling", names_of(plan_.poolings), by_hand ? "option pooling" : module.source,
         by_hand ? stated(names_of(module.poolings), module.source) : "");
    take_prompt_pooling(module);
    size_ *= plan_.poolings.size();
  }

  void take_prompt_pooling(const Module& module) {
    if (module.include_prompt || plan_.prompt.empty()) return;
    plan_.pools_prompt = false;
    tell("prompt's tokens", "left out of the pooling", module.source);
    const bool first = std::find(plan_.poolings.begin(), plan_.poolings.end(), Pooling::kFirst) !=
                       plan_.poolings.end();
    if (!first) return;
    throw Error(ErrorCode::kUnsupported,
                path_of(module) +
                    ": include_prompt is false beside cls, which means the first token "
                    "of all before sentence-transformers 6 and the first after the "
                    "prompt since; state another by --pooling, or --prompt \"\"");
  }

  void check_size(const Module& module, std::size_t wanted) const {
    if (wanted != size_) misfit(path_of(module), "a vector", wanted, size_);
  }

  void add_dense(const Module& module) {
    check_size(module, module.in);
    Dense dense = read_dense(module);
    tell("dense", sizes(module.in, module.out) + ", " + std::string(name_of(module.activation)),
         module.source);
    size_ = module.out;
    ends_normalized_ = false;
    plan_.layers.push_back({std::move(dense), module.of_tokens});
  }

  void add_layer_norm(const Module& module) {
    LayerNorm norm = read_layer_norm(module);
    check_size(module, norm.weight.size());
    tell("layer norm", std::to_string(size_), module.source);
    ends_normalized_ = false;
    plan_.layers.push_back({std::move(norm), module.of_tokens});
  }

  void take_truncation() {
    plan_.truncate_to = options_.truncate_to;
    if (plan_.truncate_to == 0) return;
    if (plan_.truncate_to > size_) {
      throw Error(ErrorCode::kBadInput, "an embedding has " + std::to_string(size_) +
                                            " numbers; it cannot be truncated to " +
                                            std::to_string(plan_.truncate_to));
    }
    tell("truncated", "to the first " + std::to_string(plan_.truncate_to) + " numbers",
         "option truncate_to", std::to_string(size_) + " numbers");
  }

  /// `usual`: what is done where neither an option nor the folder's modules say.
  void take_length(bool usual) {
    const bool told = options_.normalize.has_value();
    plan_.normalizes = options_.normalize.value_or(usual);
    if (ends_normalized_ || tells("normalize")) return;
    const std::string modules = sources_.folder.modules ? "modules.json" : "";
    if (!told && !usual) return tell("normalize", "no", modules.empty() ? kDefault : modules);
    const bool other = !modules.empty() && plan_.normalizes;
    tell("normalize", plan_.normalizes ? "yes" : "no", told ? "option normalize" : kDefault,
         other ? stated("no", modules) : "");
  }

  /// Of the archive alone, embeddings are of length 1, so that a dot product is the cosine; unless
  /// they are compared by something else.
  bool is_usual() const {
    const auto& similarity = sources_.folder.similarity;
    return !sources_.folder.modules && (!similarity || similarity->value == Similarity::kCosine);
  }

  bool tells(std::string_view name) const {
    return std::any_of(plan_.settings.begin(), plan_.settings.end(),
                       [&](const Setting& setting) { return setting.name == name; });
  }

  const EmbeddingSources& sources_;
  const EmbedOptions& options_;
  EmbeddingPlan plan_;
  std::size_t size_ = 0;  // of the vector so far
  bool ends_normalized_ = false;
};

/// One layer of every vector of `rows`, each of `size` numbers.
void apply_to_rows(const LayerStep& step, std::vector<float>& rows, std::size_t& size) {
  std::vector<float> made;
  std::vector<float> row;
  std::size_t made_size = size;
  for (std::size_t begin = 0; begin < rows.size(); begin += size) {
    const auto at = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    row.assign(at, at + static_cast<std::ptrdiff_t>(size));
    if (std::holds_alternative<Normalize>(step.layer)) {
      normalize(row);
    } else if (const auto* dense = std::get_if<Dense>(&step.layer)) {
      apply(*dense, row);
    } else {
      apply(std::get<LayerNorm>(step.layer), row);
    }
    made_size = row.size();
    made.insert(made.end(), row.begin(), row.end());
  }
  rows = std::move(made);
  size = made_size;
}

}  // namespace

Setting find_prompt(const FolderSettings& folder, const EmbedOptions& options) {
  if (options.prompt && !options.prompt_name.empty()) {
    throw Error(ErrorCode::kBadInput, "give a prompt or the name of one, not both");
  }
  Setting fallback{"prompt", "", kDefault, ""};
  if (folder.default_prompt) {
    fallback.value = folder.prompts.at(folder.default_prompt->value);
    fallback.origin = folder.default_prompt->origin;
  }
  const std::string instead =
      folder.default_prompt ? stated('"' + fallback.value + '"', fallback.origin) : "";
  if (options.prompt) return {"prompt", *options.prompt, "option prompt", instead};
  if (options.prompt_name.empty()) return fallback;
  const auto found = folder.prompts.find(options.prompt_name);
  if (found != folder.prompts.end()) {
    return {"prompt", found->second, "option prompt_name, config_sentence_transformers.json",
            instead};
  }
  std::string known;
  for (const auto& [name, prompt] : folder.prompts) known += (known.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::kBadInput, "no prompt is named `" + options.prompt_name +
                                        "`: the folder has " + (known.empty() ? "none" : known));
}

EmbeddingPlan plan_embedding(const EmbeddingSources& sources, const EmbedOptions& options) {
  return Planner(sources, options).plan();
}

EmbeddingPlan plan_token_vectors(const EmbeddingSources& sources, const EmbedOptions& options) {
  return Planner(sources, options).token_plan();
}

std::string EmbeddingPlan::prepare(std::string_view text) const {
  std::string whole = prompt + std::string(text);
  if (strips) whole = stripped(whole);
  return lowers ? lowered(whole) : whole;
}

void EmbeddingPlan::embed(const Tensor& tensor, std::size_t prompt_tokens,
                          std::vector<float>& row) const {
  std::vector<float> copied;
  if (tensor.dtype() != DType::kFloat32) copied = floats_of(tensor);
  std::span<const float> values =
      tensor.dtype() == DType::kFloat32 ? tensor.values<float>() : std::span<const float>(copied);
  auto size = static_cast<std::size_t>(tensor.shape().back());
  auto layer = layers.begin();
  for (; !poolings.empty() && layer != layers.end() && layer->of_tokens; ++layer) {
    if (copied.empty()) copied.assign(values.begin(), values.end());
    apply_to_rows(*layer, copied, size);
    values = copied;
  }
  row.clear();
  if (poolings.empty()) row.assign(values.begin(), values.end());
  for (const Pooling pooling : poolings) pool({values, size}, pooling, prompt_tokens, row);
  for (std::size_t whole = row.size(); layer != layers.end(); ++layer) {
    apply_to_rows(*layer, row, whole);
  }
  if (truncate_to != 0) row.resize(truncate_to);
  if (normalizes) normalize(row);
}

Embeddings EmbeddingPlan::embed_tokens(const Tensor& tensor) const {
  std::vector<float> values = floats_of(tensor);
  auto size = static_cast<std::size_t>(tensor.shape().back());
  for (const LayerStep& layer : layers) apply_to_rows(layer, values, size);
  Embeddings vectors;
  vectors.dimensions = truncate_to == 0 ? size : truncate_to;
  for (std::size_t begin = 0; begin < values.size(); begin += size) {
    const std::span<float> row = std::span(values).subspan(begin, vectors.dimensions);
    if (normalizes) normalize(row);
    vectors.values.insert(vectors.values.end(), row.begin(), row.end());
  }
  return vectors;
}

}  // namespace henson::tasks
