#include "tools/answer_difference.h"

#include <algorithm>

#include "tools/compare.h"
#include "tools/random_inputs.h"

namespace henson::tools {
namespace {

/// What quantizing costs, to what an archive that is quantized may be off its own answers.
constexpr double kOfQuantizing = 5;

std::vector<const InputInfo*> used_inputs(const Model& model) {
  std::vector<const InputInfo*> used;
  for (const InputInfo& input : model.inputs()) {
    if (input.used) used.push_back(&input);
  }
  return used;
}

/// The input of `others` that is meant by one of another model: the only one of its role, or that
/// of the same place. Null where there is none.
const InputInfo* counterpart(const InputInfo& input, std::size_t place,
                             const std::vector<const InputInfo*>& others) {
  const InputInfo* found = nullptr;
  std::size_t count = 0;
  for (const InputInfo* const other : others) {
    if (other->role != input.role) continue;
    found = other;
    ++count;
  }
  if (count == 1) return found;
  return place < others.size() && others[place]->role == input.role ? others[place] : nullptr;
}

const Tensor* find(const std::vector<NamedInput>& inputs, const std::string& path) {
  const auto found = std::find_if(inputs.begin(), inputs.end(),
                                  [&](const NamedInput& input) { return input.key == path; });
  return found == inputs.end() ? nullptr : &found->tensor;
}

/// The inputs of one model as another takes them; those that it does not read are its own random
/// ones. Nothing where one is without a counterpart.
std::optional<std::vector<NamedInput>> translate(const std::vector<NamedInput>& inputs,
                                                 const Model& from, const Model& to) {
  const auto used_from = used_inputs(from);
  const auto used_to = used_inputs(to);
  if (used_from.size() != used_to.size()) return std::nullopt;
  std::vector<NamedInput> translated = random_inputs(to, traced_sizes(to), Masks::kOnes, 1);
  for (std::size_t i = 0; i < used_to.size(); ++i) {
    const InputInfo* const meant = counterpart(*used_to[i], i, used_from);
    const Tensor* const tensor = meant == nullptr ? nullptr : find(inputs, meant->path);
    if (tensor == nullptr) return std::nullopt;
    for (NamedInput& input : translated) {
      if (input.key == used_to[i]->path) input.tensor = *tensor;
    }
  }
  std::erase_if(translated, [&](const NamedInput& input) {
    return std::none_of(used_to.begin(), used_to.end(),
                        [&](const InputInfo* used) { return used->path == input.key; });
  });
  return translated;
}

/// Unused inputs may be left out only behind the others; else they are given as they come.
Output run(const Model& model, Session& session, const std::vector<NamedInput>& inputs) {
  std::vector<NamedInput> all = inputs;
  for (const InputInfo& input : model.inputs()) {
    if (find(all, input.path) != nullptr || input.used) continue;
    const auto spare = random_inputs(model, traced_sizes(model), Masks::kOnes, 1);
    if (const Tensor* const tensor = find(spare, input.path)) all.push_back({input.path, *tensor});
  }
  return session.run(all);
}

/// The tensors of an output, floats as float32: the two may be of different precisions.
std::vector<Tensor> widened(const Output& output) {
  std::vector<Tensor> tensors = output.tensors();
  for (Tensor& tensor : tensors) {
    if (is_floating(tensor.dtype())) tensor = tensor.to(DType::kFloat32);
  }
  return tensors;
}

}  // namespace

AnswersAlike compare_answers(const Model& a, const Model& b, const SessionOptions& options) {
  AnswerDifference difference;
  difference.tolerance = std::max(default_tolerance(a, options), default_tolerance(b, options));
  if (a.computes_quantized() != b.computes_quantized()) difference.tolerance *= kOfQuantizing;
  Session session_a(a, options);
  Session session_b(b, options);
  std::string refusal;
  for (const std::vector<NamedInput>& inputs : random_cases(a)) {
    const auto translated = translate(inputs, a, b);
    if (!translated) return {{}, "their inputs differ"};
    try {
      const Comparison compared = compare(widened(run(b, session_b, *translated)),
                                          widened(session_a.run(inputs)), "of the first");
      if (!compared.mismatch.empty()) return {{}, "their outputs differ: " + compared.mismatch};
      difference.error = std::max(difference.error, compared.error);
      ++difference.inputs;
    } catch (const Error& error) {  // a shape that one of them is locked to
      refusal = error.what();
    }
  }
  if (difference.inputs == 0) return {{}, refusal};
  return {difference, {}};
}

}  // namespace henson::tools
