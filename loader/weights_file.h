// Files of weights without a computation: what torch.save makes of a state_dict, and safetensors.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loader/tensor.h"

namespace henson::loader {

using NamedTensors = std::vector<std::pair<std::string, std::shared_ptr<StoredTensor>>>;

/// The tensors of a file that torch.save wrote of a state_dict (pytorch_model.bin), in its order.
/// Its pickle is read as inert data, as an archive's. Throws henson::Error for other files, and
/// for those of PyTorch before 1.6, which are no zip.
NamedTensors read_state_dict(const std::filesystem::path& path);

/// The tensors of a safetensors file, in the order of their names.
NamedTensors read_safetensors(const std::filesystem::path& path);

}  // namespace henson::loader
