#include "tools/outputs.h"

#include <string>

namespace henson::tools {
namespace {

void add_by_path(const Output& output, const std::string& path, std::vector<NamedArray>& arrays) {
  if (output.kind == Output::Kind::kTensor) arrays.push_back({path, output.tensor});
  for (std::size_t i = 0; i < output.items.size(); ++i) {
    const std::string part =
        output.kind == Output::Kind::kDict ? output.keys[i] : std::to_string(i);
    add_by_path(output.items[i], path.empty() ? part : path + '.' + part, arrays);
  }
}

}  // namespace

std::vector<NamedArray> named_tensors(const Output& output) {
  std::vector<NamedArray> arrays;
  if (output.kind == Output::Kind::kDict) {
    add_by_path(output, "", arrays);
    return arrays;
  }
  for (const Tensor& tensor : output.tensors()) {
    arrays.push_back({std::to_string(arrays.size()), tensor});
  }
  return arrays;
}

}  // namespace henson::tools
