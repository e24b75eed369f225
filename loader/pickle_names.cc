#include "loader/pickle_names.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace henson::loader {
namespace {

using Kind = PickleName::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 20> kNames = {{
    {"torch._utils._rebuild_tensor", Kind::kRebuildTensor},
    {"torch._utils._rebuild_tensor_v2", Kind::kRebuildTensor},
    {"torch._utils._rebuild_qtensor", Kind::kRebuildQTensor},
    {"torch._utils._rebuild_parameter", Kind::kFirstArgument},
    {"torch._utils._rebuild_parameter_with_state", Kind::kFirstArgument},
    {"torch.jit._pickle.restore_type_tag", Kind::kFirstArgument},
    {"torch.jit._pickle.build_intlist", Kind::kFirstArgument},
    {"torch.jit._pickle.build_tensorlist", Kind::kFirstArgument},
    {"torch.jit._pickle.build_doublelist", Kind::kFirstArgument},
    {"torch.jit._pickle.build_boollist", Kind::kFirstArgument},
    {"torch.jit._pickle.build_tensor_from_id", Kind::kTensorById},
    {"collections.OrderedDict", Kind::kOrderedDict},
    {"torch.device", Kind::kDevice},
    {"torch.serialization._get_layout", Kind::kLayout},
    {"torch._utils._get_layout", Kind::kLayout},
    {"torch.per_tensor_affine", Kind::kPerTensorAffine},
    {"torch.per_channel_affine", Kind::kPerChannelAffine},
    {"torch.per_channel_affine_float_qparams", Kind::kPerChannelAffine},
    {"__main__.TensorID", Kind::kTensorIdClass},
    {"__main__.IntList", Kind::kIntListClass},
}};

constexpr std::array<std::pair<std::string_view, DType>, 13> kStorages = {{
    {"FloatStorage", DType::kFloat32},
    {"DoubleStorage", DType::kFloat64},
    {"HalfStorage", DType::kFloat16},
    {"BFloat16Storage", DType::kBFloat16},
    {"LongStorage", DType::kInt64},
    {"IntStorage", DType::kInt32},
    {"ShortStorage", DType::kInt16},
    {"CharStorage", DType::kInt8},
    {"ByteStorage", DType::kUInt8},
    {"BoolStorage", DType::kBool},
    {"QInt8Storage", DType::kQInt8},
    {"QUInt8Storage", DType::kQUInt8},
    {"QInt32Storage", DType::kQInt32},
}};

template <typename Table>
auto find_in(const Table& table, std::string_view name) {
  return std::find_if(table.begin(), table.end(),
                      [&](const auto& row) { return row.first == name; });
}

bool is_archive_class(std::string_view module) {
  return module == "__torch__" || module.starts_with("__torch__.");
}

}  // namespace

std::optional<PickleName> find_pickle_name(std::string_view module, std::string_view name) {
  std::string qualified = std::string(module) + '.' + std::string(name);
  if (is_archive_class(module)) return PickleName{Kind::kClass, std::move(qualified)};
  if (const auto* row = find_in(kNames, qualified); row != kNames.end()) {
    return PickleName{row->second, std::move(qualified)};
  }
  if (module == "torch" || module == "torch.cuda" || module == "torch.storage") {
    if (const auto* row = find_in(kStorages, name); row != kStorages.end()) {
      return PickleName{Kind::kStorage, std::move(qualified), row->second};
    }
  }
  return std::nullopt;
}

bool is_device(std::string_view name) {
  static const std::unordered_set<std::string_view> kTypes = {
      "cpu",  "cuda",  "mkldnn", "opengl", "opencl", "ideep", "hip",          "ve",
      "fpga", "maia",  "ort",    "msnpu",  "xla",    "lazy",  "vulkan",       "mps",
      "meta", "metal", "hpu",    "mtia",   "xpu",    "ipu",   "privateuseone"};
  const std::size_t colon = name.find(':');
  const std::string_view number = colon == std::string_view::npos ? "0" : name.substr(colon + 1);
  return kTypes.contains(name.substr(0, colon)) && !number.empty() && number.size() <= 3 &&
         number.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace henson::loader
