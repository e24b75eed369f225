#include "runtime/inspection/transformers_config.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "runtime/inspection/transformers_names.h"

namespace henson::runtime {
namespace {

using Json = nlohmann::ordered_json;

/// What cannot be said in a config.json; a config with a guess in it would load and answer wrongly.
struct Unsayable {
  std::string why;
};

template <typename T>
const T& known(const std::optional<T>& figure, const char* what) {
  if (!figure) throw Unsayable{"the " + std::string(what) + " cannot be told"};
  return *figure;
}

std::string activation_of(const ModelSummary& summary) {
  static const std::map<std::string_view, std::string_view> kNames = {
      {"gelu", "gelu"}, {"gelu_tanh", "gelu_new"}, {"relu", "relu"},
      {"silu", "silu"}, {"tanh", "tanh"},          {"sigmoid", "sigmoid"}};
  const std::string& name = known(summary.activation, "activation");
  const auto found = kNames.find(name);
  if (found == kNames.end()) throw Unsayable{"transformers has no activation " + name};
  return std::string(found->second);
}

void check_layers(const ModelSummary& summary) {
  if (summary.layers.empty()) throw Unsayable{"no layers were found"};
  for (const LayerFigures& layer : summary.layers) {
    if (layer.norm_first.value_or(false)) {
      throw Unsayable{"layer norm stands in front of attention and feed-forward"};
    }
  }
  const std::int64_t heads = known(summary.heads, "number of heads, the same in all layers,");
  const std::int64_t size = known(summary.head_size, "size of a head");
  if (heads * size != known(summary.hidden, "hidden size")) {
    throw Unsayable{"heads were pruned: " + std::to_string(heads) + " of " + std::to_string(size) +
                    " are not the hidden size"};
  }
}

void add_distilbert(const ModelSummary& summary, Json& config) {
  constexpr double kEps = 1e-12;  // transformers has no setting for it
  if (std::abs(known(summary.norm_eps, "layer norm's epsilon") - kEps) > 1e-13) {
    throw Unsayable{"DistilBERT of transformers has no other epsilon for layer norm than 1e-12"};
  }
  config["vocab_size"] = known(summary.vocabulary, "size of the vocabulary");
  config["dim"] = *summary.hidden;
  config["n_layers"] = summary.layers.size();
  config["n_heads"] = *summary.heads;
  config["hidden_dim"] = known(summary.feed_forward, "size of the feed-forward");
  config["activation"] = activation_of(summary);
  config["max_position_embeddings"] = known(summary.positions, "number of positions");
  config["sinusoidal_pos_embds"] = false;
  config["pad_token_id"] = 0;
}

/// The padding's token, where positions are counted from behind it.
std::int64_t padding_of(const ModelSummary& summary) {
  const bool counted =
      summary.family == ModelFamily::kRoberta || summary.family == ModelFamily::kMpnet;
  if (!counted) return 0;
  const std::int64_t first = known(summary.first_position, "first position");
  if (first < 1) throw Unsayable{"the first position is not behind the padding's"};
  return first - 1;
}

void add_bert(const ModelSummary& summary, Json& config) {
  const ModelFamily family = summary.family;
  config["vocab_size"] = known(summary.vocabulary, "size of the vocabulary");
  if (family == ModelFamily::kAlbert || family == ModelFamily::kElectra) {
    config["embedding_size"] = known(summary.embedding_size, "size of the embeddings");
  }
  config["hidden_size"] = *summary.hidden;
  config["num_hidden_layers"] = summary.layers.size();
  if (family == ModelFamily::kAlbert) {
    config["num_hidden_groups"] = 1;
    config["inner_group_num"] = 1;
  }
  config["num_attention_heads"] = *summary.heads;
  config["intermediate_size"] = known(summary.feed_forward, "size of the feed-forward");
  config["hidden_act"] = activation_of(summary);
  config["max_position_embeddings"] = known(summary.positions, "number of positions");
  if (family == ModelFamily::kMpnet) {
    config["relative_attention_num_buckets"] =
        known(summary.relative_buckets, "number of relative positions");
  } else {
    config["type_vocab_size"] = known(summary.token_types, "number of token types");
    config["position_embedding_type"] = "absolute";
  }
  config["layer_norm_eps"] = known(summary.norm_eps, "layer norm's epsilon");
  config["pad_token_id"] = padding_of(summary);
}

void add_labels(const ModelSummary& summary, Json& config) {
  const bool classifies = summary.kind == ModelKind::kSequenceClassification ||
                          summary.kind == ModelKind::kTokenClassification;
  if (!classifies) return;
  Json names = Json::object();
  Json numbers = Json::object();
  const std::int64_t labels = known(summary.labels, "number of labels");
  for (std::int64_t i = 0; i < labels; ++i) {
    const std::string name = "LABEL_" + std::to_string(i);
    names[std::to_string(i)] = name;
    numbers[name] = i;
  }
  config["id2label"] = std::move(names);
  config["label2id"] = std::move(numbers);
}

Json make_config(const ModelSummary& summary, bool tied, DType dtype) {
  const auto name = transformers_class(summary.family, summary.kind);
  if (!name) {
    throw Unsayable{summary.family == ModelFamily::kUnknown
                        ? "the model is of no family that transformers has"
                        : "transformers has no " + std::string(name_of(summary.family)) + " for " +
                              (summary.kind == ModelKind::kUnknown
                                   ? "what this one answers"
                                   : std::string(name_of(summary.kind)))};
  }
  check_layers(summary);
  Json config;
  config["architectures"] = Json::array({*name});
  config["model_type"] = transformers_type(summary.family);
  if (summary.family == ModelFamily::kDistilBert) {
    add_distilbert(summary, config);
  } else {
    add_bert(summary, config);
  }
  add_labels(summary, config);
  config["tie_word_embeddings"] = tied;
  config["torch_dtype"] = name_of(dtype);
  return config;
}

}  // namespace

TransformersConfig transformers_config(const ModelSummary& summary, bool tied, DType dtype) {
  try {
    return {make_config(summary, tied, dtype).dump(2) + '\n', {}};
  } catch (const Unsayable& unsayable) {
    return {{}, unsayable.why};
  }
}

}  // namespace henson::runtime
