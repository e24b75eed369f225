#include "tools/verification.h"

#include <algorithm>
#include <utility>

#include "tools/compare.h"
#include "tools/interrupt.h"
#include "tools/random_inputs.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::int64_t kChoices = 2;  // of a question, in models of multiple choice

std::string shapes_of(const std::vector<NamedInput>& inputs) {
  std::string text;
  for (const NamedInput& input : inputs) {
    if (!text.empty()) text += ' ';
    text += format_shape(input.tensor.shape());
  }
  return text;
}

/// What a run gave: tensors, or a refusal.
struct Answer {
  std::vector<Tensor> tensors;
  std::string refusal;
};

Answer run(Session& session, const std::vector<NamedInput>& inputs) {
  try {
    return {session.run(inputs).tensors(), {}};
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

ArchiveResult start_result(const Model& model, const VerifyOptions& options) {
  ArchiveResult result;
  result.type = lowest_type(model, options.session);
  result.tolerance = options.tolerance.value_or(default_tolerance(model, options.session));
  return result;
}

std::string describe(const Comparison& comparison, const std::string& reference, double tolerance) {
  if (!comparison.mismatch.empty()) return comparison.mismatch;
  const WorstElement& worst = *comparison.worst;
  return "output " + std::to_string(worst.output) + ' ' + worst.place + ": " + worst.ours + ", " +
         reference + ' ' + worst.theirs + " (error " + format_error(comparison.error) +
         ", allowed " + format_error(tolerance) + ")";
}

void judge(CaseResult& result, const Answer& ours, const std::vector<Tensor>& theirs,
           const std::string& reference, double tolerance) {
  if (!ours.refusal.empty()) {
    result.state = CaseResult::State::kDiffers;
    result.reason = ours.refusal;
    return;
  }
  result.outputs = ours.tensors.size();
  const Comparison comparison = compare(ours.tensors, theirs, reference);
  result.error = comparison.error;
  if (comparison.error <= tolerance) return;
  result.state = CaseResult::State::kDiffers;
  result.reason = describe(comparison, reference, tolerance);
}

SessionOptions with(Executor executor, SessionOptions options) {
  options.executor = executor;
  if (executor == Executor::kInterpreter) options.precision = Precision::kFloat32;
  return options;
}

/// Plan and interpreter on the same inputs.
ArchiveResult compare_executors(const Model& model,
                                const std::vector<std::vector<NamedInput>>& cases,
                                const VerifyOptions& options) {
  ArchiveResult result = start_result(model, options);
  Session plan(model, with(Executor::kPlan, options.session));
  Session interpreter(model, with(Executor::kInterpreter, options.session));
  for (const std::vector<NamedInput>& inputs : cases) {
    Work::check();
    CaseResult one;
    one.name = std::to_string(result.cases.size());
    one.inputs = shapes_of(inputs);
    const Answer ours = run(plan, inputs);
    const Answer theirs = run(interpreter, inputs);
    if (!theirs.refusal.empty()) {
      one.state = ours.refusal.empty() ? CaseResult::State::kDiffers : CaseResult::State::kRefused;
      one.reason = ours.refusal.empty() ? "the interpreter alone refuses it: " + theirs.refusal
                                        : "refused: " + theirs.refusal;
    } else {
      judge(one, ours, theirs.tensors, "interpreter", result.tolerance);
    }
    result.cases.push_back(std::move(one));
  }
  return result;
}

bool all_refused(const ArchiveResult& result) {
  return std::all_of(result.cases.begin(), result.cases.end(), [](const CaseResult& one) {
    return one.state == CaseResult::State::kRefused;
  });
}

}  // namespace

bool ArchiveResult::agrees() const {
  const auto is = [](CaseResult::State state) {
    return [state](const CaseResult& one) { return one.state == state; };
  };
  return failure.empty() &&
         std::any_of(cases.begin(), cases.end(), is(CaseResult::State::kAgrees)) &&
         std::none_of(cases.begin(), cases.end(), is(CaseResult::State::kDiffers));
}

double ArchiveResult::worst_error() const {
  double worst = 0;
  for (const CaseResult& one : cases) worst = std::max(worst, one.error);
  return worst;
}

std::string ArchiveResult::reason() const {
  if (agrees()) return {};
  if (!failure.empty()) return failure;
  for (const auto state : {CaseResult::State::kDiffers, CaseResult::State::kRefused}) {
    for (const CaseResult& one : cases) {
      if (one.state == state) return "case " + one.name + ", " + one.reason;
    }
  }
  return "no cases";
}

ArchiveResult verify_cases(const Model& model, const std::vector<Case>& cases,
                           const VerifyOptions& options) {
  ArchiveResult result = start_result(model, options);
  Session session(model, options.session);
  for (const Case& recorded : cases) {
    Work::check();
    CaseResult one;
    one.name = std::to_string(recorded.number);
    one.inputs = shapes_of(recorded.inputs);
    judge(one, run(session, recorded.inputs), recorded.outputs, "recorded", result.tolerance);
    result.cases.push_back(std::move(one));
  }
  return result;
}

ArchiveResult verify_random(const Model& model, const VerifyOptions& options) {
  ArchiveResult result = compare_executors(model, random_cases(model), options);
  if (tells_shapes(model) || !all_refused(result)) return result;
  ArchiveResult of_choices = compare_executors(model, random_cases(model, kChoices), options);
  return all_refused(of_choices) ? result : of_choices;
}

}  // namespace henson::tools
