// What modules.json and the folders that it names say: sentence-transformers' steps from the
// vectors of tokens to that of the text.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "henson/tasks.h"
#include "runtime/tasks/layers.h"

namespace henson::tasks {

/// A step behind the transformer.
struct Module {
  enum class Kind { kPooling, kDense, kLayerNorm, kNormalize, kSplade };

  Kind kind = Kind::kPooling;
  std::string name;        // its folder, or its number where it has none: "2_Dense", "3"
  std::string source;      // the file that describes it: "2_Dense/config.json", "modules.json"
  bool of_tokens = false;  // takes each token's vector, and not the text's
  std::filesystem::path folder;

  // kPooling
  std::vector<Pooling> poolings;  // next to each other in the result
  bool include_prompt = true;
  std::size_t dimension = 0;  // of what is pooled, or is normed by kLayerNorm; 0: it does not say

  // kDense
  std::size_t in = 0;
  std::size_t out = 0;
  bool bias = true;
  bool residual = false;
  Activation activation = Activation::kTanh;

  // kSplade
  bool sums = false;       // over the tokens; else the largest
  bool log_twice = false;  // log1p of log1p
};

struct SentenceModules {
  std::filesystem::path transformer;  // the folder of the first, where its files lie
  std::vector<Module> modules;        // those behind it
};

/// Nothing when the folder has no modules.json. Throws kBadArchive for damaged files, and
/// kUnsupported for what Henson does not have, by name.
std::optional<SentenceModules> read_modules(const std::filesystem::path& folder);

/// The file of a module's weights; nothing when there is none.
std::optional<std::filesystem::path> weights_of(const Module& module);
/// What a module's weights make of it. Throws when they are missing or do not fit.
Dense read_dense(const Module& module);
LayerNorm read_layer_norm(const Module& module);

}  // namespace henson::tasks
