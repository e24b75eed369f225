#include "tools/input_file.h"

#include <utility>

#include "tools/npz.h"

namespace henson::tools {
namespace {

void check_one_naming(const Model& model, const std::vector<NamedArray>& arrays,
                      const std::filesystem::path& path) {
  const NamedArray* by_path = nullptr;
  const NamedArray* by_name = nullptr;
  for (const NamedArray& array : arrays) {
    for (const InputInfo& input : model.inputs()) {
      if (array.name == input.path) by_path = &array;
      if (array.name == input.name) by_name = &array;
    }
  }
  if (by_path == nullptr || by_name == nullptr || by_path == by_name) return;
  throw Error(ErrorCode::kBadInput, path.string() + ": array `" + by_path->name +
                                        "` is named by position and `" + by_name->name +
                                        "` by name; name all in one way");
}

}  // namespace

std::vector<NamedInput> read_inputs(const Model& model, const std::filesystem::path& path) {
  std::vector<NamedArray> arrays = read_npz(path);
  check_one_naming(model, arrays, path);
  std::vector<NamedInput> inputs;
  for (NamedArray& array : arrays) {
    inputs.push_back({std::move(array.name), std::move(array.tensor)});
  }
  return inputs;
}

}  // namespace henson::tools
