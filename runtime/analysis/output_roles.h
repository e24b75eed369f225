// What the computation makes a model's outputs of.
#pragma once

#include <cstddef>

#include "henson/henson.h"
#include "runtime/analysis/data_flow.h"

namespace henson::runtime {

struct OutputRole {
  OutputMaker maker = OutputMaker::kOther;
  std::size_t order = 0;  // of what makes it among the nodes, from 1; 0: no node does
};

/// Finds them for values of one graph, which must outlive it.
class OutputRoles {
 public:
  explicit OutputRoles(const Graph& graph)
      : producers_(graph), computed_(computed_from_inputs(graph)) {}

  OutputRole of(ValueId output) const;

 private:
  OutputMaker maker_of(const Node& node) const;
  bool is_linear(const Node& node) const;
  bool adds_bias(const Node& node) const;

  Producers producers_;
  std::vector<bool> computed_;
};

}  // namespace henson::runtime
