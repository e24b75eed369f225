#include "runtime/import/weights.h"

#include "henson/error.h"
#include "runtime/tensor/bools.h"

namespace henson::runtime {

Tensor WeightViews::tensor(const std::shared_ptr<loader::StoredTensor>& stored) {
  if (const auto known = tensors_.find(stored.get()); known != tensors_.end()) {
    return known->second;
  }
  if (stored->storage == nullptr) {
    throw Error(ErrorCode::kBadArchive, "a tensor of the model has no storage in the archive");
  }
  const bool is_bool = stored->dtype == DType::kBool;
  std::shared_ptr<Buffer>& buffer = (is_bool ? bools_ : buffers_)[stored->storage.get()];
  if (buffer == nullptr) {
    buffer = Buffer::share(stored->storage);
    if (is_bool) buffer = as_bools(std::move(buffer));
  }
  Tensor tensor =
      Tensor::view(stored->dtype, buffer, stored->shape, stored->strides, stored->offset);
  if (stored->quantization) {
    tensor = tensor.with_quantization(
        std::make_shared<const loader::Quantization>(*stored->quantization));
  }
  tensors_.emplace(stored.get(), tensor);
  return tensor;
}

std::shared_ptr<const PackedLinear> packed_linear(const loader::Object& object,
                                                  WeightViews& views) {
  if (object.class_name.find("LinearPackedParamsBase") == std::string::npos || !object.state) {
    return nullptr;
  }
  const auto* state = std::get_if<std::shared_ptr<loader::Tuple>>(object.state.get());
  if (state == nullptr || (*state)->items.empty()) return nullptr;
  const std::vector<loader::Value>& items = (*state)->items;
  const auto* weight = std::get_if<std::shared_ptr<loader::StoredTensor>>(&items[0]);
  if (weight == nullptr) return nullptr;
  auto packed = std::make_shared<PackedLinear>();
  packed->weight = views.tensor(*weight);
  // The fp16 form is stored as float32, rounded already.
  if (is_floating(packed->weight.dtype()))
    packed->weight = packed->weight.to(system_memory(), DType::kFloat16);
  if (items.size() > 1) {
    if (const auto* bias = std::get_if<std::shared_ptr<loader::StoredTensor>>(&items[1])) {
      packed->bias = views.tensor(*bias);
    }
  }
  return packed;
}

}  // namespace henson::runtime
