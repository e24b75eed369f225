// Dtypes that the importer could not tell, for they depend on ranks: where a tensor meets a number
// that is kept as a tensor of no dimensions (and often of float64), the tensor's dtype wins, if it
// has any dimensions.
#include "runtime/analysis/proven_shapes.h"
#include "runtime/fusion/fuse.h"

namespace henson::runtime {

void infer_dtypes(Graph& graph) {
  const ProvenShapes known(graph);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    GraphValue& value = graph.values[id];
    if (!value.dtype && !value.constant) value.dtype = known.dtype(id);
  }
}

}  // namespace henson::runtime
