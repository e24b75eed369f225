// How an embedding is made of a model's output: what options, the folder and the model's own
// outputs say, decided in one place, with who decided.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "henson/tasks.h"
#include "runtime/tasks/heads.h"
#include "runtime/tasks/layers.h"
#include "runtime/tasks/model_folder.h"

namespace henson::tasks {

struct Normalize {};

/// Something that is done to the text's vector, or to each token's.
struct LayerStep {
  std::variant<Dense, LayerNorm, Normalize> layer;
  bool of_tokens = false;
};

struct EmbeddingPlan {
  std::size_t output = 0;         // of the model
  std::vector<Pooling> poolings;  // next to each other; none: the output is the text's vector
  std::vector<LayerStep> layers;  // those of tokens come before the poolings
  std::string prompt;
  bool pools_prompt = true;  // its tokens count as well
  bool strips = false;       // texts lose the white space around them
  bool lowers = false;       // and upper case
  std::size_t truncate_to = 0;
  bool normalizes = true;  // last of all
  std::vector<Setting> settings;

  /// What is tokenized for a text.
  std::string prepare(std::string_view text) const;
  /// The embedding of a text by the output for it: [1, length, n], or [1, n] without poolings.
  /// `prompt_tokens`: of its beginning, which take no part.
  void embed(const Tensor& tensor, std::size_t prompt_tokens, std::vector<float>& row) const;
  /// Without poolings, of an output [1, length, n]: a vector a token.
  Embeddings embed_tokens(const Tensor& tensor) const;
};

/// What there is to decide by.
struct EmbeddingSources {
  const FolderSettings& folder;
  const Heads& heads;
  const Model& model;
  std::optional<std::size_t> modules_done;
};

/// Throws kUnsupported when no output fits, or what the folder says cannot be done; kBadInput for
/// options that do not fit; and what reading weights throws.
EmbeddingPlan plan_embedding(const EmbeddingSources& sources, const EmbedOptions& options);

/// The same for a vector a token: the modules of tokens, up to a pooling.
EmbeddingPlan plan_token_vectors(const EmbeddingSources& sources, const EmbedOptions& options);

/// The prompt by options and folder: what stands before a text.
Setting find_prompt(const FolderSettings& folder, const EmbedOptions& options);

}  // namespace henson::tasks
