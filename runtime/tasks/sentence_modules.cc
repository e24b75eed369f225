#include "runtime/tasks/sentence_modules.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "henson/weights.h"
#include "runtime/tasks/json_file.h"
#include "runtime/tasks/output_facts.h"

namespace henson::tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostModules = 64;
constexpr std::size_t kLargest = 1 << 20;  // dimension of a vector

/// In the order in which several stand next to each other. Files have a member each
/// (pooling_mode_…) or, since sentence-transformers 6, their names.
struct PoolingName {
  std::string_view member;
  std::string_view word;
  Pooling pooling;
};
constexpr std::array<PoolingName, 6> kPoolings{
    {{"pooling_mode_cls_token", "cls", Pooling::kFirst},
     {"pooling_mode_max_tokens", "max", Pooling::kMax},
     {"pooling_mode_mean_tokens", "mean", Pooling::kMean},
     {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", Pooling::kMeanSqrtLength},
     {"pooling_mode_weightedmean_tokens", "weightedmean", Pooling::kWeightedMean},
     {"pooling_mode_lasttoken", "lasttoken", Pooling::kLast}}};

/// A folder below `base`: what a file names must not lead elsewhere.
fs::path below(const fs::path& base, const std::string& path, const JsonFile& file) {
  const fs::path relative(path);
  const bool climbs = std::any_of(relative.begin(), relative.end(),
                                  [](const fs::path& part) { return part == ".."; });
  if (relative.is_absolute() || climbs || path.find('\0') != std::string::npos) {
    file.damaged("path", "must be a folder beside the file");
  }
  return path.empty() ? base : base / relative;
}

Pooling pooling_named(const std::string& word, const JsonFile& config) {
  for (const PoolingName& known : kPoolings) {
    if (word == known.word) return known.pooling;
  }
  config.unsupported("pooling_mode", "is `" + word + "`, which Henson does not have");
}

std::vector<Pooling> named_poolings(const JsonFile& config, const JsonFile::Json& mode) {
  if (mode.is_string()) return {pooling_named(mode.get<std::string>(), config)};
  std::vector<Pooling> poolings;
  if (!mode.is_array() || mode.size() > kPoolings.size()) {
    config.damaged("pooling_mode", "must be a name or a list of names");
  }
  for (const JsonFile::Json& word : mode) {
    if (!word.is_string()) config.damaged("pooling_mode", "must be a name or a list of names");
    poolings.push_back(pooling_named(word.get<std::string>(), config));
  }
  return poolings;
}

std::vector<Pooling> poolings_of(const JsonFile& config) {
  if (const auto* const mode = config.find("pooling_mode")) return named_poolings(config, *mode);
  std::vector<Pooling> poolings;
  for (const auto& [key, value] : config.json().items()) {
    const bool known = std::any_of(kPoolings.begin(), kPoolings.end(),
                                   [&](const PoolingName& name) { return name.member == key; });
    if (!known && key.starts_with("pooling_mode") && value != false) {
      config.unsupported(key, "is a pooling that Henson does not have");
    }
  }
  for (const PoolingName& known : kPoolings) {
    if (config.boolean(known.member).value_or(false)) poolings.push_back(known.pooling);
  }
  if (poolings.empty() && config.boolean("pooling_mode_mean_tokens") == false) {
    config.damaged("", "says no pooling at all");
  }
  if (poolings.empty()) poolings.push_back(Pooling::kMean);
  return poolings;
}

std::size_t dimension_of(const JsonFile& config, std::string_view key) {
  const std::size_t dimension = config.count(key).value_or(0);
  if (dimension > kLargest) config.damaged(key, "is larger than any vector");
  return dimension;
}

/// Which vectors a module takes. One that gives its result another name leaves the vector as it
/// was.
bool takes_tokens(const JsonFile& config) {
  const std::string input = config.text("module_input_name").value_or("sentence_embedding");
  if (input != "sentence_embedding" && input != "token_embeddings") {
    config.unsupported("module_input_name", "is `" + input + "`, which Henson does not have");
  }
  const std::string output = config.text("module_output_name").value_or(input);
  if (output != input) {
    config.unsupported("module_output_name", "is `" + output + "`, another than its input");
  }
  return input == "token_embeddings";
}

void read_pooling(const JsonFile& config, Module& module) {
  module.poolings = poolings_of(config);
  // Of pooling_mode_… that alone has seen to it that none is set that is not known.
  static constexpr std::string_view kKnown[] = {"pooling_mode", "include_prompt",
                                                "word_embedding_dimension", "embedding_dimension"};
  config.refuse_others(kKnown, "pooling_mode_");
  module.include_prompt = config.boolean("include_prompt").value_or(true);
  module.dimension = std::max(dimension_of(config, "word_embedding_dimension"),
                              dimension_of(config, "embedding_dimension"));
}

void read_dense_config(const JsonFile& config, Module& module) {
  static constexpr std::string_view kKnown[] = {
      "in_features",       "out_features",      "bias", "activation_function", "use_residual",
      "module_input_name", "module_output_name"};
  config.refuse_others(kKnown);
  module.in = dimension_of(config, "in_features");
  module.out = dimension_of(config, "out_features");
  if (module.in == 0) config.damaged("in_features", "is missing");
  if (module.out == 0) config.damaged("out_features", "is missing");
  module.bias = config.boolean("bias").value_or(true);
  module.residual = config.boolean("use_residual").value_or(false);
  const auto name = config.text("activation_function");
  if (!name) return;
  const auto activation = activation_named(*name);
  if (!activation) {
    config.unsupported("activation_function", "is `" + *name + "`, which Henson does not have");
  }
  module.activation = *activation;
}

void read_splade(const JsonFile& config, Module& module) {
  static constexpr std::string_view kKnown[] = {"pooling_strategy", "activation_function",
                                                "word_embedding_dimension", "embedding_dimension",
                                                "chunk_size"};
  config.refuse_others(kKnown);
  const std::string strategy = config.text("pooling_strategy").value_or("max");
  if (strategy != "max" && strategy != "sum") {
    config.unsupported("pooling_strategy", "is `" + strategy + "`, which Henson does not have");
  }
  const std::string activation = config.text("activation_function").value_or("relu");
  if (activation != "relu" && activation != "log1p_relu") {
    config.unsupported("activation_function",
                       "is `" + activation + "`, which Henson does not have");
  }
  module.sums = strategy == "sum";
  module.log_twice = activation == "log1p_relu";
}

/// "Dense" of "sentence_transformers.models.Dense"; empty for a class of another package.
std::string class_of(const std::string& type) {
  for (const std::string_view package : {"sentence_transformers.", "pylate.models."}) {
    if (type.starts_with(package)) return type.substr(type.rfind('.') + 1);
  }
  return "";
}

/// A module's config.json, which must be there.
JsonFile config_of(const Module& module, const std::string& type) {
  auto config = JsonFile::open(module.folder / "config.json");
  if (config) return std::move(*config);
  throw Error(ErrorCode::kBadArchive, (module.folder / "config.json").string() +
                                          ": is missing: modules.json names a " + type + " there");
}

class ModulesReader {
 public:
  ModulesReader(const fs::path& folder, const JsonFile& list) : folder_(folder), list_(list) {}

  SentenceModules read() {
    if (list_.json().empty() || list_.json().size() > kMostModules) {
      list_.damaged("", "names no modules, or more than " + std::to_string(kMostModules));
    }
    for (const JsonFile::Json& entry : list_.json()) add(entry);
    return std::move(read_);
  }

 private:
  void add(const JsonFile::Json& entry) {
    const std::string type = member(entry, "type");
    check_members(entry);
    Module module;
    const std::string path = member(entry, "path");
    module.folder = below(folder_, path, list_);
    module.name = path.empty() ? std::to_string(number_) : path;
    const std::string kind = class_of(type);
    const bool first = number_++ == 0;
    const bool transforms = kind == "Transformer" || kind == "MLMTransformer";
    if (first && transforms) {
      read_.transformer = module.folder;
      return;
    }
    if (first || transforms || !describe(kind, type, module)) {
      list_.unsupported("type", "is `" + type + "`" +
                                    (first || transforms ? " in this place" : "") +
                                    ", which Henson does not have");
    }
    if (kind != "Dropout") read_.modules.push_back(std::move(module));
  }

  void check_members(const JsonFile::Json& entry) const {
    for (const auto& [key, value] : entry.items()) {
      const bool known = key == "idx" || key == "name" || key == "path" || key == "type";
      const bool nothing = value.is_null() || (key == "kwargs" && value.empty());
      if (!known && !nothing)
        list_.unsupported(key, "of a module is not known to Henson, and may change the answer");
    }
  }

  std::string member(const JsonFile::Json& entry, const char* key) const {
    const auto found = entry.is_object() ? entry.find(key) : entry.end();
    if (!entry.is_object() || found == entry.end() || !found->is_string()) {
      list_.damaged(key, "is missing in a module, or is no string");
    }
    return found->get<std::string>();
  }

  /// False for a kind that is not known.
  bool describe(const std::string& kind, const std::string& type, Module& module) const {
    module.source = module.name + "/config.json";
    if (kind == "Normalize") {
      module.kind = Module::Kind::kNormalize;
      const auto config = JsonFile::open(module.folder / "config.json");
      if (!config || module.folder == folder_) {
        module.source = "modules.json";
      } else {
        static constexpr std::string_view kKnown[] = {"module_input_name", "module_output_name"};
        config->refuse_others(kKnown);
        module.of_tokens = takes_tokens(*config);
      }
      return true;
    }
    if (kind == "Dropout") return true;  // does nothing outside of training
    if (kind == "Pooling") {
      read_pooling(config_of(module, kind), module);
    } else if (kind == "Dense") {
      module.kind = Module::Kind::kDense;
      const JsonFile config = config_of(module, kind);
      module.of_tokens = type.starts_with("pylate.") || takes_tokens(config);
      read_dense_config(config, module);
    } else if (kind == "LayerNorm") {
      module.kind = Module::Kind::kLayerNorm;
      const JsonFile config = config_of(module, kind);
      static constexpr std::string_view kKnown[] = {"dimension"};
      config.refuse_others(kKnown);
      module.dimension = dimension_of(config, "dimension");
    } else if (kind == "SpladePooling") {
      module.kind = Module::Kind::kSplade;
      read_splade(config_of(module, kind), module);
    } else {
      return false;
    }
    return true;
  }

  const fs::path& folder_;
  const JsonFile& list_;
  std::size_t number_ = 0;
  SentenceModules read_;
};

using Tensors = std::map<std::string, Tensor>;

Tensors read_tensors(const Module& module) {
  if (const auto file = weights_of(module)) return read_weights(*file);
  throw Error(ErrorCode::kNotFound,
              module.folder.string() +
                  ": has neither model.safetensors nor pytorch_model.bin, the weights of the "
                  "module; copy them there, or say by --modules-done that the archive does its "
                  "work");
}

/// Takes a tensor out of those that a module has.
std::vector<float> take(Tensors& tensors, const Module& module, const std::string& name,
                        const std::vector<std::int64_t>& shape) {
  const auto found = tensors.find(name);
  const bool fits = found != tensors.end() && found->second.shape() == shape &&
                    is_floating(found->second.dtype());
  if (!fits) {
    throw Error(ErrorCode::kBadArchive, module.folder.string() + ": the weights have no `" + name +
                                            "` of the sizes that config.json tells");
  }
  std::vector<float> values = floats_of(found->second);
  tensors.erase(found);
  return values;
}

/// What is left would be passed over.
void check_all_taken(const Tensors& tensors, const Module& module) {
  if (tensors.empty()) return;
  throw Error(ErrorCode::kUnsupported, module.folder.string() + ": the weights have `" +
                                           tensors.begin()->first +
                                           "`, which config.json does not tell of");
}

}  // namespace

std::optional<SentenceModules> read_modules(const fs::path& folder) {
  const auto list = JsonFile::open(folder / "modules.json", true);
  if (!list) return std::nullopt;
  return ModulesReader(folder, *list).read();
}

std::optional<fs::path> weights_of(const Module& module) {
  for (const char* const name : {"model.safetensors", "pytorch_model.bin"}) {
    std::error_code failed;
    if (fs::exists(module.folder / name, failed)) return module.folder / name;
  }
  return std::nullopt;
}

Dense read_dense(const Module& module) {
  Tensors tensors = read_tensors(module);
  const auto in = static_cast<std::int64_t>(module.in);
  const auto out = static_cast<std::int64_t>(module.out);
  Dense dense;
  dense.in = module.in;
  dense.out = module.out;
  dense.activation = module.activation;
  dense.residual = module.residual;
  dense.weight = take(tensors, module, "linear.weight", {out, in});
  if (module.bias) dense.bias = take(tensors, module, "linear.bias", {out});
  if (module.residual && in != out) {
    dense.residual_weight = take(tensors, module, "residual.weight", {out, in});
  }
  check_all_taken(tensors, module);
  return dense;
}

LayerNorm read_layer_norm(const Module& module) {
  Tensors tensors = read_tensors(module);
  const auto found = tensors.find("norm.weight");
  const std::size_t said = module.dimension;
  const std::vector<std::int64_t> shape = said > 0 || found == tensors.end()
                                              ? std::vector{static_cast<std::int64_t>(said)}
                                              : found->second.shape();
  LayerNorm norm;
  norm.weight = take(tensors, module, "norm.weight", shape);
  norm.bias = take(tensors, module, "norm.bias", shape);
  check_all_taken(tensors, module);
  return norm;
}

}  // namespace henson::tasks
