#include "runtime/tasks/module_evidence.h"

#include <algorithm>
#include <map>
#include <span>

#include "henson/weights.h"

namespace henson::tasks {
namespace {

constexpr const char* kByOutput = "its output is one vector a text";

bool has_weights(const Module& module) {
  return module.kind == Module::Kind::kDense || module.kind == Module::Kind::kLayerNorm;
}

bool same_values(const Tensor& a, const Tensor& b) {
  const std::vector<float> first = floats_of(a);
  // The archive may hold them in another type, rounded to it.
  const std::vector<float> second = floats_of(b.to(a.dtype()));
  return first == second;
}

/// What a Dense's activation leaves as the maker of its elements.
OutputMaker maker_of(Activation activation) {
  switch (activation) {
    case Activation::kIdentity:
      return OutputMaker::kLinear;
    case Activation::kTanh:
      return OutputMaker::kTanh;
    case Activation::kSigmoid:
      return OutputMaker::kSigmoid;
    default:
      return OutputMaker::kOther;
  }
}

}  // namespace

ModulesDone ModuleEvidence::find(bool needs_tokens) const {
  if (stated_ && *stated_ > modules_.size()) {
    throw Error(ErrorCode::kBadInput,
                std::to_string(*stated_) + " modules cannot be done: modules.json has " +
                    std::to_string(modules_.size()) + " behind the transformer");
  }
  if (stated_) return *stated_ > pooling() ? of_text() : of_tokens();
  if (needs_tokens || !heads_.has_vector()) return of_tokens();
  if (!heads_.has_hidden_states()) return of_text();
  // Both: every module can be done from the hidden states on, unless its weights are in the archive
  // alone.
  std::string why;
  const bool ends = lacks_weights() && count_for(heads_[heads_.vector()], why);
  return ends ? of_text() : of_tokens();
}

/// Hidden states: nothing is done, but what the archive holds the weights of for each token.
ModulesDone ModuleEvidence::of_tokens() const {
  ModulesDone done;
  done.output = heads_.hidden_states();
  if (stated_) {
    done.count = *stated_;
    done.why = "option modules_done";
    return done;
  }
  for (std::size_t i = 0; i < pooling(); ++i) {
    if (!modules_[i].of_tokens || !has_weights(modules_[i]) || !holds(modules_[i])) continue;
    done.count = i + 1;
    done.why = "its weights are in the archive";
  }
  return done;
}

ModulesDone ModuleEvidence::of_text() const {
  ModulesDone done;
  done.per_token = false;
  done.output = heads_.vector();
  const OutputFacts& output = heads_[done.output];
  const auto count = count_for(output, done.why);
  if (!count) refuse(output);
  done.count = *count;
  return done;
}

bool ModuleEvidence::lacks_weights() const {
  return std::any_of(modules_.begin(), modules_.end(), [](const Module& module) {
    return has_weights(module) && !weights_of(module);
  });
}

/// Whether the computation multiplies by the module's weights.
bool ModuleEvidence::holds(const Module& module) const {
  const auto file = weights_of(module);
  if (!file || module.kind != Module::Kind::kDense) return false;
  const std::map<std::string, Tensor> tensors = read_weights(*file);
  const auto own = tensors.find("linear.weight");
  if (own == tensors.end() || !is_floating(own->second.dtype())) return false;
  const std::span<const WeightInfo> weights = model_.weights();
  return std::any_of(weights.begin(), weights.end(), [&](const WeightInfo& weight) {
    return weight.is_linear_weight && weight.shape == own->second.shape() &&
           is_floating(weight.dtype) && weight.read && same_values(weight.read(), own->second);
  });
}

/// The place of the first Pooling; the end when there is none.
std::size_t ModuleEvidence::pooling() const {
  const auto found = std::find_if(modules_.begin(), modules_.end(), [](const Module& module) {
    return module.kind == Module::Kind::kPooling;
  });
  return static_cast<std::size_t>(found - modules_.begin());
}

/// How many modules end in this output, a vector of the text; nothing when that cannot be told.
std::optional<std::size_t> ModuleEvidence::count_for(const OutputFacts& output,
                                                     std::string& why) const {
  if (stated_) {
    why = "option modules_done";
    return *stated_;
  }
  if (pooling() == modules_.size()) return std::nullopt;
  const auto size = static_cast<std::size_t>(output.shape.back());
  std::size_t count = pooling() + 1;
  why = kByOutput;
  for (std::size_t i = count; i < modules_.size(); ++i) {
    const Module& module = modules_[i];
    if (!has_weights(module)) continue;
    const bool told = holds(module);
    // Without its weights nothing but the archive can do it.
    const bool must =
        !weights_of(module) && size_after(i + 1) == size && may_end(i + 1, output.maker);
    if (told || must) count = i + 1;
    if (told) why = "its weights are in the archive";
  }
  // A Normalize may be done twice; what is made otherwise than its predecessor ends in one.
  if (!may_end(count, output.maker) && count < modules_.size() &&
      modules_[count].kind == Module::Kind::kNormalize) {
    ++count;
  }
  const std::size_t expected = size_after(count);
  if (!may_end(count, output.maker) || (expected != 0 && expected != size)) {
    return std::nullopt;
  }
  return count;
}

/// Numbers of the vector behind so many modules; 0 where the files do not tell.
std::size_t ModuleEvidence::size_after(std::size_t count) const {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Module& module = modules_[i];
    if (module.kind == Module::Kind::kPooling) size = module.dimension * module.poolings.size();
    if (module.kind == Module::Kind::kDense && !module.of_tokens) size = module.out;
  }
  return size;
}

bool ModuleEvidence::may_end(std::size_t count, OutputMaker maker) const {
  const Module& last = modules_[count - 1];
  const bool dense = last.kind == Module::Kind::kDense && !last.residual;
  return maker == (dense ? maker_of(last.activation) : OutputMaker::kOther);
}

void ModuleEvidence::refuse(const OutputFacts& output) const {
  throw Error(ErrorCode::kUnsupported,
              "it cannot be told how many modules of modules.json the archive does itself: it "
              "returns no hidden states, but " +
                  describe(output) + "; --modules-done N states it, as a number from 0 to " +
                  std::to_string(modules_.size()));
}

}  // namespace henson::tasks
