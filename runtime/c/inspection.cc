#include "runtime/c/inspection.h"

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

namespace henson::c {
namespace {

using Json = nlohmann::ordered_json;

template <typename T, typename F>
Json list_of(const T& items, F&& describe) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(describe(item));
  return list;
}

Json dtype_of(const std::optional<DType>& dtype) { return dtype ? Json(name_of(*dtype)) : Json(); }

Json describe_archive(const ModelInfo& info) {
  Json json{{"layout", info.layout},    {"version", info.version},    {"producer", info.producer},
            {"mobile", info.mobile},    {"methods", info.methods},    {"class", info.root_class},
            {"nodes", info.node_count}, {"operators", info.operators}};
  json["entries"] = list_of(info.entries, [](const auto& entry) {
    return Json{{"name", entry.first}, {"bytes", entry.second}};
  });
  return json;
}

Json describe_input(const InputInfo& input) {
  return {{"path", input.path},
          {"name", input.name},
          {"used", input.used},
          {"role", name_of(input.role)},
          {"dtype", dtype_of(input.dtype)},
          {"traced_shape", input.traced_shape ? Json(*input.traced_shape) : Json()}};
}

/// A size that is the same in every run is a number, another a formula, one that is unknown null.
Json describe_size(const SymbolicSize& size) {
  if (const auto number = size.number()) return *number;
  return size.is_known() ? Json(size.text()) : Json();
}

Json describe_output(const OutputInfo& output) {
  return {{"path", output.path},
          {"maker", name_of(output.maker)},
          {"dtype", dtype_of(output.dtype)},
          {"shape", output.shape ? list_of(*output.shape, describe_size) : Json()}};
}

Json describe_lock(const Lock& lock) {
  return {{"place", lock.place},
          {"what", lock.what},
          {"unlocked", lock.unlocked},
          {"reason", lock.reason}};
}

Json describe_weight(const WeightInfo& weight) {
  return {{"name", weight.name},
          {"dtype", name_of(weight.dtype)},
          {"shape", weight.shape},
          {"strides", weight.strides},
          {"bytes", weight.bytes},
          {"storage", weight.storage},
          {"same_as", weight.same_as},
          {"embedding_table", weight.is_embedding_table},
          {"linear_weight", weight.is_linear_weight}};
}

}  // namespace

std::string inspection_of(const Model& model) {
  Json json;
  json["archive"] = describe_archive(model.info());
  json["inputs"] = list_of(model.inputs(), describe_input);
  json["output"] = model.info().output;
  json["outputs"] = list_of(model.outputs(), describe_output);
  json["locks"] = list_of(model.locks(), describe_lock);
  json["notes"] = list_of(model.notes(), [](const std::string& note) { return Json(note); });
  json["tensors"] = list_of(model.weights(), describe_weight);
  // Names are the archive's bytes: what is no UTF-8 must not keep the rest from being told.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace henson::c
