#include "runtime/operators/operator.h"

namespace henson::runtime {

const OperatorTable& OperatorTable::get() {
  static const OperatorTable table = [] {
    OperatorTable built;
    for (const auto add_group :
         {register_arithmetic, register_comparison, register_unary, register_reduction,
          register_sorting, register_creation, register_conversion, register_view,
          register_indexing, register_joining, register_linear, register_quantized,
          register_attention, register_normalization, register_scalar, register_fused}) {
      add_group(built);
    }
    return built;
  }();
  return table;
}

}  // namespace henson::runtime
