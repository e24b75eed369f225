// An archive's weights as other programs take them: a safetensors file, and the config.json with
// which transformers makes the model of it.
//
//   const auto archive = henson::Inspection::open("traced_bert.pt");
//   const henson::Export plan = henson::plan_export(archive);
//   henson::write_safetensors(archive, plan, [&](std::span<const std::byte> bytes) { … });
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "henson/inspect.h"
#include "henson/visibility.h"

namespace henson {

struct ExportOptions {
  bool dequantize = false;  // quantized tensors are written as float32; else they are refused
  bool own_names = false;   // the archive's, even where others are known
};

/// A tensor of the file.
struct ExportedTensor {
  std::string name;
  std::size_t tensor = 0;  // its place in Inspection::tensors()
  DType dtype = DType::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
  bool turned = false;  // the archive holds the transpose
};

/// What is written, decided before anything is.
struct Export {
  std::vector<ExportedTensor> tensors;
  /// Names that stand for a tensor of another name: tied weights.
  std::vector<std::pair<std::string, std::string>> aliases;
  std::vector<std::string> left_out;  // the archive's names of what is no weight of the model
  bool transformers_names = false;
  std::string why_own_names;  // when they are not transformers'
  std::string config;         // a config.json; empty where none can be told
  std::string why_no_config;
};

/// Throws kUnsupported for quantized tensors, unless they are to be written as float32.
HENSON_API Export plan_export(const Inspection& archive, const ExportOptions& options = {});

/// Hands on the file's bytes in order, a tensor at a time.
HENSON_API void write_safetensors(const Inspection& archive, const Export& plan,
                                  const std::function<void(std::span<const std::byte>)>& write);

}  // namespace henson
