#include "loader/weights_file.h"

#include "henson/weights.h"
#include "runtime/api/guarded.h"
#include "runtime/api/public_tensor.h"
#include "runtime/import/weights.h"

namespace henson {

std::map<std::string, Tensor> read_weights(const std::filesystem::path& path) {
  try {
    return runtime::guarded([&] {
      const bool safe = path.extension() == ".safetensors";
      runtime::WeightViews views;
      std::map<std::string, Tensor> tensors;
      for (const auto& [name, stored] :
           safe ? loader::read_safetensors(path) : loader::read_state_dict(path)) {
        if (is_quantized(stored->dtype)) {
          throw Error(ErrorCode::kUnsupported, "the tensor '" + name + "' is quantized");
        }
        tensors.emplace(name, runtime::to_public(views.tensor(stored)));
      }
      return tensors;
    });
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

}  // namespace henson
