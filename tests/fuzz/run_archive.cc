#include "tests/fuzz/run_archive.h"

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "runtime/api/binding.h"
#include "runtime/api/model_impl.h"
#include "tests/fuzz/support.h"
#include "tests/runtime/differences.h"
#include "tools/compare.h"
#include "tools/random_inputs.h"

namespace henson::fuzz {
namespace {

constexpr std::size_t kMemory = 64 << 20;        // of a run
constexpr std::int64_t kMostElements = 1 << 16;  // of an input
constexpr std::chrono::milliseconds kTime{300};  // of a run, which then has some 50 to stop

/// Asks what runs to stop after a while.
class Alarm {
 public:
  Alarm() : thread_([this](const std::stop_token& quit) { wait(quit); }) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  void wait(const std::stop_token& quit) {
    std::unique_lock lock(mutex_);
    if (!over_.wait_for(lock, quit, kTime, [&] { return quit.stop_requested(); })) {
      source_.request_stop();
    }
  }

  std::stop_source source_;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;
};

/// What a run gives; nothing when it is refused, and then whether for want of memory or time.
struct Answer {
  std::optional<std::vector<Tensor>> tensors;
  std::string error;
  bool cut_short = false;
};

Answer run(const Model& model, const std::vector<NamedInput>& inputs, Executor executor) {
  Answer answer;
  accepted([&] {
    try {
      const Alarm alarm;
      SessionOptions options;
      options.executor = executor;
      options.threads = 1;
      options.memory_limit = kMemory;
      options.stop = alarm.token();
      Session session(model, options);
      answer.tensors = session.run(inputs).tensors();
    } catch (const Error& error) {
      answer.error = error.what();
      answer.cut_short =
          error.code() == ErrorCode::kOutOfMemory || error.code() == ErrorCode::kCancelled;
      throw;
    }
  });
  return answer;
}

bool has_small_inputs(const Model& model) {
  for (const InputInfo& input : model.inputs()) {
    double elements = 1;
    for (const std::int64_t size : input.traced_shape.value_or(std::vector<std::int64_t>{})) {
      elements *= static_cast<double>(size);
    }
    if (elements > static_cast<double>(kMostElements)) return false;
    if (input.rank.value_or(2) > 12) return false;  // 2 of each size: 4,096 elements
  }
  return true;
}

/// All that a user can ask of a model before it runs.
void ask(const Model& model) {
  for (const OutputInfo& output : model.outputs()) to_string(output.shape);
  for (const Executor executor : {Executor::kInterpreter, Executor::kPlan}) {
    model.describe(executor);
  }
  for (const WeightInfo& weight : model.weights()) {
    if (weight.read && weight.bytes <= kMemory) accepted([&] { weight.read(); });
  }
}

/// What is wrong with the plan's answer; empty when nothing is. Numbers that are none, and what is
/// infinite, tell nothing: their order of summing may have made them.
std::string difference(const Model& model, const std::vector<Tensor>& planned,
                       const std::vector<Tensor>& wanted) {
  const tools::Comparison found = tools::compare(planned, wanted, "the interpreter's");
  if (!found.mismatch.empty()) return found.mismatch;
  if (found.error <= 10 * tools::default_tolerance(model, {})) return "";
  if (!found.worst) return "the outputs differ";
  const auto is_finite = [](const std::string& text) {
    return text.find("nan") == std::string::npos && text.find("inf") == std::string::npos;
  };
  if (!is_finite(found.worst->theirs)) return "";
  return "output " + std::to_string(found.worst->output) + found.worst->place + " is " +
         found.worst->ours + ", not " + found.worst->theirs;
}

/// Whether rounding alone decides the answer, as far as a graph that takes these inputs tells.
bool is_ill_conditioned(const Model& model, const std::vector<NamedInput>& inputs) {
  const auto& impl = ModelAccess::impl(model);
  const auto omitted = runtime::omitted_parameters(impl.program().built, inputs);
  const auto bind = [&](const Program& program) {
    return runtime::bind_inputs(program.built, program.uses,
                                runtime::place_inputs(program.built, inputs));
  };
  const runtime::BoundShapes shapes = runtime::shapes_of(bind(impl.variant(omitted, {})));
  const Program& program = impl.variant(omitted, runtime::ranks_of(shapes));
  const runtime::Graph& graph = program.built.graph;
  const std::vector<runtime::Value> values = bind(program);
  const runtime::test::Answer wanted = runtime::test::interpret(graph, values);
  return runtime::test::is_ill_conditioned(graph, values, wanted);
}

void compare(const Model& model, const std::vector<NamedInput>& inputs) {
  const Answer wanted = run(model, inputs, Executor::kInterpreter);
  const Answer planned = run(model, inputs, Executor::kPlan);
  if (!wanted.tensors || planned.cut_short) return;  // nothing may read what was stumbled over
  const std::string found = planned.tensors ? difference(model, *planned.tensors, *wanted.tensors)
                                            : "refused: " + planned.error;
  if (found.empty() || is_ill_conditioned(model, inputs)) return;
  fail("the plan: " + found);
}

}  // namespace

void open_and_run(const std::string& archive) {
  const MemoryFile file(archive);
  std::optional<Model> model;
  if (!accepted([&] { model = Model::open(file.path()); })) return;
  accepted([&] { ask(*model); });
  if (!has_small_inputs(*model)) return;
  tools::InputSizes sizes = tools::traced_sizes(*model);
  compare(*model, tools::random_inputs(*model, sizes, tools::Masks::kHideTokens, 1));
  sizes = {sizes.batch + 1, sizes.length + 2, 0};
  compare(*model, tools::random_inputs(*model, sizes, tools::Masks::kHideTokens, 2));
}

}  // namespace henson::fuzz
