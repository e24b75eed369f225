#include "runtime/execution/narrow_step.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace henson::runtime {
namespace {

Tensor narrowed(Allocator& memory, const Tensor& tensor, DType dtype) {
  const Tensor dense = tensor.contiguous(memory);
  Tensor result = Tensor::empty(memory, dtype, dense.sizes());
  kernels::narrow(*narrow_type(dtype), dense.data<float>(), result.mutable_data<std::uint16_t>(),
                  static_cast<std::size_t>(dense.numel()));
  return result;
}

/// f of every tensor of a value: of itself, or of a list's items.
template <class F>
Value map_tensors(const Value& value, const F& f) {
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    return tensor->defined() ? Value(f(*tensor)) : value;
  }
  const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value);
  if (list == nullptr) return value;
  std::vector<Value> items;
  for (const Value& item : (*list)->items) items.push_back(map_tensors(item, f));
  return Value::list(std::move(items));
}

/// Puts the inputs of all frames back as they were.
class KeptInputs {
 public:
  KeptInputs(std::span<Frame> frames, const std::vector<ValueId>& inputs)
      : frames_(frames), inputs_(inputs) {
    for (const Frame& frame : frames_) {
      for (const ValueId id : inputs_) values_.push_back(frame[id]);
    }
  }
  ~KeptInputs() {
    auto value = values_.begin();
    for (Frame& frame : frames_) {
      for (const ValueId id : inputs_) frame[id] = std::move(*value++);
    }
  }
  KeptInputs(const KeptInputs&) = delete;
  KeptInputs& operator=(const KeptInputs&) = delete;

 private:
  std::span<Frame> frames_;
  const std::vector<ValueId>& inputs_;
  std::vector<Value> values_;
};

class NarrowStep : public Step {
 public:
  NarrowStep(std::vector<ValueId> inputs, std::vector<ValueId> outputs, DType result,
             std::unique_ptr<Step> step)
      : inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        result_(result),
        step_(std::move(step)) {}

  bool run(std::span<Frame> frames, Workspace& workspace, const StepMemory& memory) const override {
    {
      const KeptInputs kept(frames, inputs_);
      for (Frame& frame : frames) {
        for (const ValueId id : inputs_) {
          frame[id] = map_tensors(frame[id], [&](const Tensor& tensor) {
            return narrow_type(tensor.dtype()) ? widened(memory.scratch, tensor) : tensor;
          });
        }
      }
      if (!step_->run(frames, workspace, {memory.scratch, memory.scratch})) return false;
    }
    for (Frame& frame : frames) {
      for (const ValueId id : outputs_) {
        frame[id] = map_tensors(frame[id], [&](const Tensor& tensor) {
          return narrowed(memory.results, tensor, result_);
        });
      }
    }
    return true;
  }

  std::string describe() const override {
    return step_->describe() + ", to " + std::string(name_of(result_));
  }

 private:
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  DType result_;
  std::unique_ptr<Step> step_;
};

}  // namespace

std::optional<kernels::NarrowType> narrow_type(DType dtype) noexcept {
  if (dtype == DType::kFloat16) return kernels::NarrowType::kFloat16;
  if (dtype == DType::kBFloat16) return kernels::NarrowType::kBFloat16;
  return std::nullopt;
}

Tensor widened(Allocator& memory, const Tensor& tensor) {
  const Tensor dense = tensor.contiguous(memory);
  Tensor result = Tensor::empty(memory, DType::kFloat32, dense.sizes());
  kernels::widen(*narrow_type(tensor.dtype()), dense.data<std::uint16_t>(),
                 result.mutable_data<float>(), static_cast<std::size_t>(dense.numel()));
  return result;
}

std::unique_ptr<Step> make_narrow(std::vector<ValueId> inputs, const Node& node, DType result,
                                  std::unique_ptr<Step> step) {
  return std::make_unique<NarrowStep>(std::move(inputs), node.outputs, result, std::move(step));
}

}  // namespace henson::runtime
