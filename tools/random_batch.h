// A batch of made-up inputs to time a model with.
#pragma once

#include <vector>

#include "henson/henson.h"
#include "tools/batch_shape.h"

namespace henson::tools {

/// Inputs of a shape, see random_inputs, with masks of ones. The same arguments give the same ones.
class RandomBatch {
 public:
  RandomBatch(const Model& model, const BatchShape& shape);

  /// Session::run, or Session::run_ragged for a range of lengths. The outputs are thrown away.
  void run(Session& session) const;

 private:
  bool ragged_;
  std::vector<std::vector<NamedInput>> inputs_;  // of each sequence when ragged, else of all
};

}  // namespace henson::tools
