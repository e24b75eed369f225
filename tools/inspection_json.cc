#include "tools/inspection_json.h"

#include <optional>
#include <string>
#include <vector>

#include "tools/tensor_table.h"

namespace henson::tools {
namespace {

/// null for what is not known.
template <typename T>
Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// null for an empty text.
Json maybe(std::string_view text) { return text.empty() ? Json() : Json(text); }

template <typename Items, typename Convert>
Json list_of(const Items& items, const Convert& convert) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

Json layer_as_json(const LayerFigures& layer) {
  return {{"hidden", maybe(layer.hidden)},         {"heads", maybe(layer.heads)},
          {"head_size", maybe(layer.head_size)},   {"feed_forward", maybe(layer.feed_forward)},
          {"activation", maybe(layer.activation)}, {"norm_eps", maybe(layer.norm_eps)},
          {"norm_first", maybe(layer.norm_first)}};
}

Json summary_as_json(const ModelSummary& s) {
  Json json{{"text", s.text},
            {"family", s.family == ModelFamily::kUnknown ? Json() : Json(name_of(s.family))},
            {"kind", maybe(name_of(s.kind))},
            {"parameters", s.parameters}};
  json["hidden"] = maybe(s.hidden);
  json["heads"] = maybe(s.heads);
  json["head_size"] = maybe(s.head_size);
  json["feed_forward"] = maybe(s.feed_forward);
  json["activation"] = maybe(s.activation);
  json["norm_eps"] = maybe(s.norm_eps);
  json["embedding_size"] = maybe(s.embedding_size);
  json["vocabulary"] = maybe(s.vocabulary);
  json["positions"] = maybe(s.positions);
  json["first_position"] = maybe(s.first_position);
  json["position_kind"] =
      s.position_kind == PositionKind::kUnknown ? Json() : Json(name_of(s.position_kind));
  json["relative_buckets"] = maybe(s.relative_buckets);
  json["token_types"] = maybe(s.token_types);
  json["labels"] = maybe(s.labels);
  json["sentence_size"] = maybe(s.sentence_size);
  json["weight_sets"] = s.weight_sets;
  json["layers"] = list_of(s.layers, layer_as_json);
  return json;
}

Json archive_as_json(const Inspection& archive) {
  const ModelInfo& info = archive.info();
  Json json{{"layout", info.layout},    {"version", info.version},    {"producer", info.producer},
            {"mobile", info.mobile},    {"methods", info.methods},    {"class", info.root_class},
            {"nodes", info.node_count}, {"operators", info.operators}};
  json["bytes"] = archive.file_bytes();
  json["parts"] = list_of(archive.sizes(), [](const SizePart& part) {
    return Json{{"name", part.name}, {"entries", part.entries}, {"bytes", part.bytes}};
  });
  json["entries"] = list_of(info.entries, [](const auto& entry) {
    return Json{{"name", entry.first}, {"bytes", entry.second}};
  });
  return json;
}

Json input_as_json(const InputInfo& input) {
  Json json{{"path", input.path}, {"name", input.name}, {"used", input.used}};
  json["role"] = name_of(input.role);
  json["dtype"] = input.dtype ? Json(name_of(*input.dtype)) : Json();
  json["traced_shape"] = maybe(input.traced_shape);
  return json;
}

/// A size that is the same in every run is a number, another a formula, one that is unknown null.
Json size_as_json(const SymbolicSize& size) {
  if (const auto number = size.number()) return *number;
  return size.is_known() ? Json(size.text()) : Json();
}

Json output_as_json(const OutputFigures& figures) {
  const OutputInfo& output = figures.output;
  Json json{{"path", output.path}, {"maker", name_of(output.maker)}};
  json["dtype"] = output.dtype ? Json(name_of(*output.dtype)) : Json();
  json["shape"] = output.shape ? list_of(*output.shape, size_as_json) : Json();
  json["meaning"] = maybe(name_of(figures.meaning));
  json["layer"] = maybe(figures.layer);
  return json;
}

Json lock_as_json(const LockGroup& lock) {
  return {{"dimension", lock.dimension},
          {"value", maybe(lock.value)},
          {"unlocked", lock.unlocked},
          {"reason", lock.reason},
          {"lines", lock.lines}};
}

Json precision_as_json(const PrecisionFigures& precision) {
  Json json{{"text", precision.text}, {"autocast", precision.autocast}};
  json["weights"] = list_of(precision.weights, [](const PrecisionFigures::Part& part) {
    return Json{{"dtype", name_of(part.dtype)},
                {"tensors", part.tensors},
                {"elements", part.elements},
                {"bytes", part.bytes}};
  });
  json["computes"] = list_of(precision.computes, [](DType dtype) { return Json(name_of(dtype)); });
  json["quantization"] = Json();
  if (const auto& quantization = precision.quantization) {
    json["quantization"] = {{"dynamic", quantization->dynamic},
                            {"per_channel", quantization->per_channel},
                            {"layers", quantization->layers},
                            {"tables", quantization->tables},
                            {"smallest_scale", number_as_json(quantization->smallest_scale)},
                            {"largest_scale", number_as_json(quantization->largest_scale)}};
  }
  json["lora"] = Json();
  if (const auto& lora = precision.lora) {
    json["lora"] = {
        {"products", lora->layers}, {"rank", lora->rank}, {"scale", maybe(lora->scale)}};
  }
  return json;
}

Json tie_as_json(const DecoderTie& tie) {
  Json json{{"state", name_of(tie.state)},
            {"embedding", tie.embedding},
            {"decoder", tie.decoder},
            {"transposed", tie.transposed},
            {"rows", tie.vocabulary},
            {"bytes", tie.bytes},
            {"text", tie.text}};
  if (tie.state != TieState::kDiverged) return json;
  json["largest_difference"] = number_as_json(tie.largest_difference);
  json["at"] = {tie.row, tie.column};
  json["differing_rows"] = tie.differing_rows;
  json["smallest_cosine"] = number_as_json(tie.smallest_cosine);
  json["mean_cosine"] = number_as_json(tie.mean_cosine);
  json["moved"] = list_of(tie.moved, [](const DecoderTie::Moved& moved) {
    return Json{{"row", moved.row},
                {"distance", number_as_json(moved.distance)},
                {"cosine", number_as_json(moved.cosine)}};
  });
  return json;
}

Json shared_as_json(const SharedGroup& group) {
  return {
      {"names", group.names}, {"tied", group.tied}, {"bytes", group.bytes}, {"saved", group.saved}};
}

Json provenance_as_json(const Provenance& from) {
  Json json{{"first_pytorch", from.first_pytorch},
            {"last_pytorch", maybe(from.last_pytorch)},
            {"evidence", from.evidence},
            {"modules", from.modules},
            {"library", maybe(from.library)},
            {"python", maybe(from.python)},
            {"folders", from.folders},
            {"users", from.users},
            {"devices", from.devices},
            {"warning", maybe(from.warning)}};
  json["sources"] = list_of(from.sources, [](const SourceFile& source) {
    return Json{{"path", source.path}, {"lines", {source.first_line, source.last_line}}};
  });
  return json;
}

Json role_as_json(const WeightRole& role) {
  static constexpr const char* kParameters[] = {"weight", "bias", "lora_a",
                                                "lora_b", "mask", "scale"};
  Json json{{"part", maybe(name_of(role.part))},
            {"parameter", kParameters[static_cast<std::size_t>(role.parameter)]},
            {"layers", Json()}};
  if (role.layers) json["layers"] = {role.layers->first, role.layers->last};
  return json;
}

Json tensor_as_json(const InspectedTensor& tensor) {
  const WeightInfo& weight = tensor.weight;
  Json json{{"name", weight.name},
            {"display_name", tensor.display_name},
            {"role", tensor.role},
            {"roles", list_of(tensor.roles, role_as_json)},
            {"dtype", name_of(weight.dtype)},
            {"shape", weight.shape},
            {"strides", weight.strides},
            {"bytes", weight.bytes},
            {"storage", weight.storage},
            {"offset", weight.offset},
            {"same_as", weight.same_as},
            {"read", tensor.read},
            {"embedding_table", weight.is_embedding_table},
            {"linear_weight", weight.is_linear_weight}};
  return json;
}

Json totals_as_json(const Inspection& archive) {
  std::vector<WeightInfo> weights;
  for (const InspectedTensor& tensor : archive.tensors()) weights.push_back(tensor.weight);
  const TensorTotals totals = totals_of(weights);
  return {{"tensors", totals.tensors}, {"elements", totals.elements}, {"bytes", totals.bytes}};
}

Json task_as_json(const TaskHint& task) {
  return {{"command", task.command},
          {"why", task.why},
          {"example", task.example},
          {"needs_vocabulary", task.needs_vocabulary}};
}

}  // namespace

Json inspection_as_json(const Inspection& archive) {
  Json json{{"schema", kInspectSchema}, {"file", archive.path().string()}};
  json["runs"] = archive.model() != nullptr;
  json["why_not"] = archive.why_not() == nullptr ? Json() : Json(archive.why_not()->what());
  json["summary"] = summary_as_json(archive.summary());
  json["archive"] = archive_as_json(archive);
  json["inputs"] = Json::array();
  json["notes"] = Json::array();
  if (const Model* const model = archive.model()) {
    json["inputs"] = list_of(model->inputs(), input_as_json);
    json["notes"] = model->notes();
  }
  json["output"] = archive.info().output;
  json["outputs"] = list_of(archive.outputs(), output_as_json);
  json["locks"] = list_of(archive.locks(), lock_as_json);
  json["tasks"] = list_of(archive.tasks(), task_as_json);
  json["numbers"] = precision_as_json(archive.precision());
  json["decoder"] = list_of(archive.decoders(), tie_as_json);
  json["shared"] = list_of(archive.shared(), shared_as_json);
  json["provenance"] = provenance_as_json(archive.provenance());
  json["tensors"] = list_of(archive.tensors(), tensor_as_json);
  json["totals"] = totals_as_json(archive);
  return json;
}

}  // namespace henson::tools
