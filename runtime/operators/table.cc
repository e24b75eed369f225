#include "runtime/operators/operator.h"

namespace henson::runtime {

// Until each group has landed it may be absent.
#define HENSON_WEAK(f) \
  __attribute__((weak)) void f(OperatorTable&) {}
HENSON_WEAK(register_arithmetic)
HENSON_WEAK(register_comparison)
HENSON_WEAK(register_unary)
HENSON_WEAK(register_reduction)
HENSON_WEAK(register_sorting)
HENSON_WEAK(register_scalar)
#undef HENSON_WEAK

const OperatorTable& OperatorTable::get() {
  static const OperatorTable table = [] {
    OperatorTable built;
    for (const auto add_group :
         {register_arithmetic, register_comparison, register_unary, register_reduction,
          register_sorting, register_creation, register_conversion, register_view,
          register_indexing, register_joining, register_linear, register_quantized,
          register_attention, register_normalization, register_scalar}) {
      add_group(built);
    }
    return built;
  }();
  return table;
}

}  // namespace henson::runtime
