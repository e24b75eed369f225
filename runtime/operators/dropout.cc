// Dropout of every kind. Henson answers as evaluation does, so elements are never dropped; a
// training trace still gets a new tensor where PyTorch makes one.
#include <array>
#include <string>
#include <utility>

#include "henson/error.h"
#include "runtime/operators/normalization.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

void check_probability(double p) {
  if (p >= 0 && p <= 1) return;
  throw Error(ErrorCode::kBadInput,
              "dropout probability has to be between 0 and 1, but got " + std::to_string(p));
}

void run(Call& call) {
  check_probability(call.number(1));
  const Tensor input = call.tensor(0);
  const bool copies = call.flag(2) && call.number(1) > 0 && input.numel() > 0;
  call.give(copies ? input.clone(call.memory()) : input);
}

void run_in_place(Call& call) {
  check_probability(call.number(1));
  call.give(call.tensor(0));
}

/// The second result says which elements were kept: all of them.
void run_native(Call& call) {
  check_probability(call.number(1));
  const Tensor input = call.tensor(0);
  Tensor kept = Tensor::empty(call.memory(), DType::kBool, input.sizes());
  copy_into(call.memory(), kept, Tensor::scalar(true));
  call.give(input.clone(call.memory()));
  call.give(kept);
}

constexpr Rule kDropout{dtypes::same, shapes::same_elements, Trait::kMoves};

void native_types(Inference& call) {
  dtypes::same(call);
  call.result(1).dtype = DType::kBool;
  call.result(1).floating = false;
}

}  // namespace

void register_dropout(OperatorTable& table) {
  for (const std::string name :
       {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}) {
    table.add("aten::" + name + "(Tensor(a) input, float p, bool train) -> Tensor(a)", run,
              kDropout);
    table.add("aten::" + name + "_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",
              run_in_place, kDropout);
  }
  table.add("aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)",
            run_native, {native_types, shapes::same, Trait::kMoves});
}

}  // namespace henson::runtime
