// One of two archives that are compared. Internal to henson/diff.h.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "henson/inspect.h"

namespace henson::runtime {

struct SideTensor {
  std::string name;   // as the archive has it
  std::string plain;  // without what packing puts around it
  const InspectedTensor* tensor = nullptr;
  bool read = true;
  bool turned = false;  // a matrix [inputs, outputs], where others are the other way round
  bool constant_of_code = false;  // a number that the code holds as a tensor

  const WeightInfo& weight() const { return tensor->weight; }
  /// Its sizes, as they are when it is no longer turned.
  std::vector<std::int64_t> shape() const;
};

struct DiffSide {
  explicit DiffSide(const std::filesystem::path& path);

  Inspection inspection;
  std::vector<SideTensor> tensors;
  std::vector<std::pair<std::string, std::string>> code;  // files by their plain names, and lines
  std::set<std::string> devices;
  std::set<DType> precisions;  // of the floating and quantized weights that are read
};

/// "encoder.query.weight" of "encoder.query._packed_params._packed_params.0".
std::string plain_name(std::string name);
/// Code, or the name of a file of it, without the numbers that PyTorch puts into names.
std::string unmangled(std::string_view text);

/// The part of a model that a tensor belongs to: "encoder.layer.3" of
/// "encoder.layer.3.output.bias".
std::string layer_of(std::string_view name);

}  // namespace henson::runtime
