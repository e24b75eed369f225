// An archive's tensors as constants of a graph.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "loader/value.h"
#include "runtime/tensor/tensor.h"
#include "runtime/tensor/value.h"

namespace henson::runtime {

/// Views stored tensors without a copy. Tensors over one storage share one buffer, and the same
/// stored tensor is the same tensor.
class WeightViews {
 public:
  Tensor tensor(const std::shared_ptr<loader::StoredTensor>& stored);

 private:
  using Buffers = std::unordered_map<const loader::Storage*, std::shared_ptr<Buffer>>;
  Buffers buffers_;
  Buffers bools_;  // as tensors of bools see their storages
  std::unordered_map<const loader::StoredTensor*, Tensor> tensors_;
};

/// The packed parameters that an object of an archive describes, or null when it describes none.
std::shared_ptr<const PackedLinear> packed_linear(const loader::Object& object, WeightViews& views);

/// The table that an object of packed embedding rows describes, as float32; nothing when it
/// describes none.
std::optional<Tensor> packed_embedding(const loader::Object& object, WeightViews& views);

}  // namespace henson::runtime
