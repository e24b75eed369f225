#include "runtime/python/bindings/options.h"

namespace henson::python {

Precision precision_of(const std::string& name) {
  if (name == "fp32" || name == "float32") return Precision::kFloat32;
  if (name == "bf16" || name == "bfloat16") return Precision::kBFloat16;
  if (name == "int8") return Precision::kInt8;
  throw Error(ErrorCode::kBadInput,
              "precision `" + name + "` is not known: there are fp32, bf16 and int8");
}

Executor executor_of(const std::string& name) {
  if (name == "plan") return Executor::kPlan;
  if (name == "interpreter") return Executor::kInterpreter;
  throw Error(ErrorCode::kBadInput,
              "executor `" + name + "` is not known: there are plan and interpreter");
}

}  // namespace henson::python
