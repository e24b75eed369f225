#include "henson/export.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "henson/statistics.h"
#include "runtime/api/guarded.h"
#include "runtime/inspection/transformers_config.h"
#include "runtime/inspection/transformers_names.h"
#include "runtime/inspection/weight_uses.h"

namespace henson {
namespace runtime {
namespace {

using Json = nlohmann::ordered_json;

/// A number of the code, a buffer of positions or an empty one: no weight of a model.
bool is_no_weight(const InspectedTensor& tensor) {
  const bool number = std::all_of(tensor.weight.shape.begin(), tensor.weight.shape.end(),
                                  [](std::int64_t size) { return size == 1; });
  const bool of_code = tensor.weight.name.starts_with("CONSTANTS.");
  return tensor.weight.bytes == 0 || is_integral(tensor.weight.dtype) ||
         tensor.weight.dtype == DType::kBool || (number && of_code);
}

bool has_role(const InspectedTensor& tensor, ModelPart part, WeightParameter parameter) {
  return std::any_of(tensor.roles.begin(), tensor.roles.end(), [&](const WeightRole& role) {
    return role.part == part && role.parameter == parameter;
  });
}

constexpr WeightRole kWords = {ModelPart::kWordEmbeddings, WeightParameter::kWeight, std::nullopt};

class Planner {
 public:
  Planner(const Inspection& archive, const ExportOptions& options)
      : archive_(archive), options_(options), uses_(find_weight_uses(archive)) {}

  Export run() {
    for (const InspectedTensor& tensor : archive_.tensors()) check_elements(tensor);
    plan_.why_own_names = options_.own_names ? "they were asked for" : name_by_roles();
    plan_.transformers_names = plan_.why_own_names.empty();
    if (!plan_.transformers_names) {
      plan_.why_no_config = plan_.why_own_names;
      name_as_archive();
      return std::move(plan_);
    }
    const TransformersConfig config =
        transformers_config(archive_.summary(), tied_, plan_.tensors[0].dtype);
    plan_.config = config.text;
    plan_.why_no_config = config.why_not;
    return std::move(plan_);
  }

 private:
  void check_elements(const InspectedTensor& tensor) const {
    const WeightInfo& weight = tensor.weight;
    if (!is_quantized(weight.dtype) || options_.dequantize) return;
    throw Error(ErrorCode::kUnsupported,
                "the tensor '" + weight.name + "' is quantized (" +
                    std::string(name_of(weight.dtype)) +
                    "), and safetensors has no such type: dequantize writes it as float32");
  }

  void add(std::string name, std::size_t place, bool turned) {
    const WeightInfo& weight = archive_.tensors()[place].weight;
    ExportedTensor tensor{std::move(name), place, weight.dtype, weight.shape, weight.bytes, turned};
    if (is_quantized(weight.dtype)) {
      tensor.bytes = tensor.bytes / size_of(weight.dtype) * size_of(DType::kFloat32);
      tensor.dtype = DType::kFloat32;
    }
    if (turned) std::reverse(tensor.shape.begin(), tensor.shape.end());
    plan_.tensors.push_back(std::move(tensor));
  }

  /// Returns why it cannot be done; empty when it is.
  std::string name_by_roles() {
    const ModelSummary& summary = archive_.summary();
    if (archive_.model() == nullptr) return "the archive does not run";
    if (!transformers_class(summary.family, summary.kind)) {
      return transformers_config(summary, false, DType::kFloat32).why_not;
    }
    std::map<std::string, std::size_t> names;
    for (std::size_t i = 0; i < archive_.tensors().size(); ++i) {
      const InspectedTensor& tensor = archive_.tensors()[i];
      if (std::string why = name_roles_of(tensor, i, names); !why.empty()) return why;
    }
    if (std::string missing = missing_name(names); !missing.empty()) {
      return "no tensor was found for " + missing;
    }
    for (const auto& [name, place] : names) add(name, place, turned_here(name, place));
    return {};
  }

  /// The table of words is a table first, whatever else is done with it.
  bool turned_here(const std::string& name, std::size_t place) const {
    return uses_.turned.contains(place) && name.find("embeddings.") == std::string::npos;
  }

  std::string name_roles_of(const InspectedTensor& tensor, std::size_t place,
                            std::map<std::string, std::size_t>& names) {
    const ModelSummary& summary = archive_.summary();
    const bool is_weight = uses_.live.contains(place) && !is_no_weight(tensor);
    if (!is_weight) {
      plan_.left_out.push_back(tensor.weight.name);
      return {};
    }
    if (tensor.roles.empty()) return "what " + tensor.weight.name + " is for cannot be told";
    const bool tied = has_role(tensor, ModelPart::kWordEmbeddings, WeightParameter::kWeight) &&
                      has_role(tensor, ModelPart::kDecoder, WeightParameter::kWeight);
    tied_ = tied_ || tied;
    for (const WeightRole& role : tensor.roles) {
      const auto name = transformers_name(summary.family, summary.kind, role);
      if (!name) return "transformers has no name for " + tensor.weight.name + ", " + tensor.role;
      if (tied && role.part == ModelPart::kDecoder) {
        add_alias(*name, *transformers_name(summary.family, summary.kind, kWords));
        continue;
      }
      // Where two tensors have one role, they are one (tied modules) or the same role twice.
      const auto [found, is_new] = names.emplace(*name, place);
      if (!is_new && !same_elements(found->second, place)) {
        return archive_.tensors()[found->second].weight.name + " and " + tensor.weight.name +
               " are both " + to_string(role);
      }
    }
    return {};
  }

  /// Once, though both of two tied tensors tell of it.
  void add_alias(const std::string& name, const std::string& other) {
    const std::pair<std::string, std::string> alias(name, other);
    const auto& known = plan_.aliases;
    if (std::find(known.begin(), known.end(), alias) == known.end()) plan_.aliases.push_back(alias);
  }

  bool same_elements(std::size_t a, std::size_t b) const {
    const WeightInfo& first = archive_.tensors()[a].weight;
    const WeightInfo& second = archive_.tensors()[b].weight;
    return first.storage == second.storage && first.offset == second.offset &&
           first.shape == second.shape && first.strides == second.strides;
  }

  /// The first of the names that every model of the kind has, and this one not.
  std::string missing_name(const std::map<std::string, std::size_t>& names) const {
    using enum ModelPart;
    static constexpr std::array kInLayers = {kQuery,           kKey,           kValue,
                                             kAttentionOutput, kAttentionNorm, kFeedForwardIn,
                                             kFeedForwardOut,  kOutputNorm};
    const ModelSummary& summary = archive_.summary();
    const auto missing = [&](const WeightRole& role) {
      const auto name = transformers_name(summary.family, summary.kind, role);
      return !name || names.contains(*name) ? std::string() : *name;
    };
    for (const ModelPart part : {kWordEmbeddings, kPositionEmbeddings}) {
      if (std::string name = missing({part, WeightParameter::kWeight, std::nullopt}); !name.empty())
        return name;
    }
    for (std::size_t layer = 0; layer < summary.layers.size(); ++layer) {
      for (const ModelPart part : kInLayers) {
        for (const auto parameter : {WeightParameter::kWeight, WeightParameter::kBias}) {
          if (std::string name = missing({part, parameter, LayerRange{layer, layer}});
              !name.empty()) {
            return name;
          }
        }
      }
    }
    return {};
  }

  void name_as_archive() {
    plan_.tensors.clear();
    plan_.aliases.clear();
    plan_.left_out.clear();
    std::map<
        std::tuple<std::string, std::int64_t, std::vector<std::int64_t>, std::vector<std::int64_t>>,
        std::string>
        written;
    for (std::size_t i = 0; i < archive_.tensors().size(); ++i) {
      const InspectedTensor& tensor = archive_.tensors()[i];
      const WeightInfo& weight = tensor.weight;
      if (weight.storage.empty()) {
        plan_.left_out.push_back(weight.name);
        continue;
      }
      const std::string& name = options_.own_names ? weight.name : tensor.display_name;
      const auto [found, is_new] =
          written.try_emplace({weight.storage, weight.offset, weight.shape, weight.strides}, name);
      if (is_new) {
        add(name, i, false);
      } else {
        plan_.aliases.emplace_back(name, found->second);
      }
    }
  }

  const Inspection& archive_;
  const ExportOptions& options_;
  WeightUses uses_;
  bool tied_ = false;
  Export plan_;
};

std::string_view safetensors_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return "F64";
    case DType::kFloat32:
      return "F32";
    case DType::kFloat16:
      return "F16";
    case DType::kBFloat16:
      return "BF16";
    case DType::kInt64:
      return "I64";
    case DType::kInt32:
      return "I32";
    case DType::kInt16:
      return "I16";
    case DType::kInt8:
      return "I8";
    case DType::kUInt8:
      return "U8";
    case DType::kBool:
      return "BOOL";
    default:
      throw Error(ErrorCode::kInternal, "a quantized tensor in a plan for safetensors");
  }
}

/// The widest elements first, so that all of them lie aligned; then by name.
std::vector<const ExportedTensor*> in_file_order(const Export& plan) {
  std::vector<const ExportedTensor*> order;
  for (const ExportedTensor& tensor : plan.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const ExportedTensor* a, const ExportedTensor* b) {
    if (size_of(a->dtype) != size_of(b->dtype)) return size_of(a->dtype) > size_of(b->dtype);
    return a->name < b->name;
  });
  return order;
}

/// The length, then the JSON, padded with blanks so that the tensors' bytes start aligned.
std::string header_of(const Export& plan) {
  Json header = Json::object();
  Json metadata = {{"format", "pt"}, {"producer", "henson export"}};
  for (const auto& [name, other] : plan.aliases) metadata[name] = other;
  header["__metadata__"] = std::move(metadata);
  std::uint64_t offset = 0;
  for (const ExportedTensor* const tensor : in_file_order(plan)) {
    header[tensor->name] = {{"dtype", safetensors_type(tensor->dtype)},
                            {"shape", tensor->shape},
                            {"data_offsets", {offset, offset + tensor->bytes}}};
    offset += tensor->bytes;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return bytes + text;
}

/// A matrix's elements in the order of its transpose.
std::vector<std::byte> transposed(const henson::Tensor& tensor) {
  const auto rows = static_cast<std::size_t>(tensor.shape()[0]);
  const auto columns = static_cast<std::size_t>(tensor.shape()[1]);
  const std::size_t width = size_of(tensor.dtype());
  std::vector<std::byte> turned(tensor.bytes().size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      std::copy_n(
          tensor.bytes().begin() + static_cast<std::ptrdiff_t>((row * columns + column) * width),
          width, turned.begin() + static_cast<std::ptrdiff_t>((column * rows + row) * width));
    }
  }
  return turned;
}

}  // namespace
}  // namespace runtime

Export plan_export(const Inspection& archive, const ExportOptions& options) {
  return runtime::guarded([&] { return runtime::Planner(archive, options).run(); });
}

void write_safetensors(const Inspection& archive, const Export& plan,
                       const std::function<void(std::span<const std::byte>)>& write) {
  runtime::guarded([&] {
    const std::string header = runtime::header_of(plan);
    write(std::as_bytes(std::span(header)));
    for (const ExportedTensor* const tensor : runtime::in_file_order(plan)) {
      const Tensor elements = real_values_of(archive.tensors()[tensor->tensor].weight);
      if (tensor->turned) {
        write(runtime::transposed(elements));
      } else {
        write(elements.bytes());
      }
    }
  });
}

}  // namespace henson
