// How many of a folder's modules an archive does itself: a trace may end in the transformer's
// hidden states, or go on to the pooled, projected and normalized vector.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "runtime/tasks/heads.h"
#include "runtime/tasks/sentence_modules.h"

namespace henson::tasks {

struct ModulesDone {
  std::size_t count = 0;   // the first so many
  std::size_t output = 0;  // of the model, from which the others go on
  bool per_token = true;   // [1, length, n], else [1, n]
  std::string why;         // "its weights are in the archive", …
};

class ModuleEvidence {
 public:
  /// `stated`: how many, where somebody said so.
  ModuleEvidence(const Model& model, const Heads& heads, const std::vector<Module>& modules,
                 std::optional<std::size_t> stated)
      : model_(model), heads_(heads), modules_(modules), stated_(stated) {}

  /// By the outputs' shapes and what makes them, and by the weights that the computation multiplies
  /// by. `needs_tokens`: a pooling was asked for. Throws kUnsupported, saying how to state it, when
  /// these do not tell.
  ModulesDone find(bool needs_tokens) const;

 private:
  ModulesDone of_tokens() const;
  ModulesDone of_text() const;
  bool lacks_weights() const;
  bool holds(const Module& module) const;
  std::size_t pooling() const;
  std::optional<std::size_t> count_for(const OutputFacts& output, std::string& why) const;
  std::size_t size_after(std::size_t count) const;
  bool may_end(std::size_t count, OutputMaker maker) const;
  [[noreturn]] void refuse(const OutputFacts& output) const;

  const Model& model_;
  const Heads& heads_;
  const std::vector<Module>& modules_;
  std::optional<std::size_t> stated_;
};

}  // namespace henson::tasks
