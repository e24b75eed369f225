// Weights without a computation, as they lie beside models.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "henson/henson.h"
#include "henson/visibility.h"

namespace henson {

/// The tensors of a .safetensors file, or of another that torch.save wrote of a state_dict
/// (pytorch_model.bin, PyTorch 1.6 and later), by name. What a file names is never run. Throws
/// henson::Error, naming the file.
HENSON_API std::map<std::string, Tensor> read_weights(const std::filesystem::path& path);

}  // namespace henson
