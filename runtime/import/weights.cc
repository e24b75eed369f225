#include "runtime/import/weights.h"

#include <cmath>

#include "henson/error.h"
#include "loader/pickle.h"
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

namespace {

using StoredPtr = std::shared_ptr<loader::StoredTensor>;

const loader::Object* object_in(const loader::Value& value) {
  const auto* object = std::get_if<std::shared_ptr<loader::Object>>(&value);
  return object == nullptr ? nullptr : object->get();
}

/// The floats of a tensor [rows] that an attribute holds.
Tensor row_numbers(const loader::Object& rows, const char* name, std::int64_t count,
                   WeightViews& views) {
  const loader::Value* const held = rows.find(name);
  const auto* stored = held == nullptr ? nullptr : std::get_if<StoredPtr>(held);
  if (stored == nullptr || (*stored)->shape != std::vector{count}) {
    throw Error(ErrorCode::kBadArchive,
                "a table of quantized rows without " + std::string(name) + ", one a row");
  }
  return views.tensor(*stored).to(system_memory(), DType::kFloat32).contiguous(system_memory());
}

/// (q - zero) * scale of every element, rounded as PyTorch's lookup rounds it.
Tensor dequantized(const loader::Object& rows, WeightViews& views) {
  const loader::Value* const held = rows.find("integers");
  const auto* stored = held == nullptr ? nullptr : std::get_if<StoredPtr>(held);
  if (stored == nullptr || (*stored)->shape.size() != 2) {
    throw Error(ErrorCode::kBadArchive, "a table of quantized rows without integers");
  }
  const Tensor integers = views.tensor(*stored).contiguous(system_memory());
  const std::int64_t count = integers.size(0);
  const std::int64_t width = integers.size(1);
  const Tensor scales = row_numbers(rows, "scales", count, views);
  const Tensor zeros = row_numbers(rows, "zeros", count, views);
  Tensor table = Tensor::empty(system_memory(), DType::kFloat32, {count, width});
  for (std::int64_t row = 0; row < count; ++row) {
    const float scale = scales.data<float>()[row];
    const float shift = -zeros.data<float>()[row] * scale;
    for (std::int64_t i = row * width; i < (row + 1) * width; ++i) {
      const auto q = static_cast<float>(integers.data<std::uint8_t>()[i]);
      table.mutable_data<float>()[i] = std::fma(scale, q, shift);
    }
  }
  return table;
}

}  // namespace

/// The state is (version, [rows], [], [bits, sparse]).
std::optional<Tensor> packed_embedding(const loader::Object& object, WeightViews& views) {
  if (object.class_name.find("EmbeddingPackedParamsBase") == std::string::npos || !object.state) {
    return std::nullopt;
  }
  const auto* state = std::get_if<std::shared_ptr<loader::Tuple>>(object.state.get());
  if (state == nullptr || (*state)->items.size() < 2) return std::nullopt;
  const auto* tables = std::get_if<std::shared_ptr<loader::List>>(&(*state)->items[1]);
  if (tables == nullptr || (*tables)->items.size() != 1) return std::nullopt;
  const loader::Object* const rows = object_in((*tables)->items[0]);
  if (rows == nullptr || rows->class_name != loader::kQuantizedRows) return std::nullopt;
  return dequantized(*rows, views);
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
