#include <atomic>
#include <memory>
#include <set>
#include <utility>

#include "henson/error.h"
#include "kernels/peak.h"
#include "runtime/api/binding.h"
#include "runtime/api/guarded.h"
#include "runtime/api/model_impl.h"
#include "runtime/api/public_tensor.h"
#include "runtime/api/thread_pool_impl.h"
#include "runtime/execution/explain_ids.h"
#include "runtime/tensor/stop.h"

namespace henson {
namespace {

Output to_output(const runtime::Value& value) {
  Output output;
  const auto add_all = [&](Output::Kind kind, const std::vector<runtime::Value>& items) {
    output.kind = kind;
    for (const runtime::Value& item : items) output.items.push_back(to_output(item));
  };
  if (const auto* tensor = std::get_if<runtime::Tensor>(&value)) {
    output.kind = Output::Kind::kTensor;
    // Weights and the callers' own elements are copied: an output lives on its own.
    output.tensor = runtime::to_public(
        tensor->buffer()->read_only() ? tensor->clone(runtime::system_memory()) : *tensor);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    output.kind = Output::Kind::kBool;
    output.integer = *flag ? 1 : 0;
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    output.kind = Output::Kind::kInt;
    output.integer = *integer;
  } else if (const auto* number = std::get_if<double>(&value)) {
    output.kind = Output::Kind::kFloat;
    output.number = *number;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    output.kind = Output::Kind::kString;
    output.text = *text;
  } else if (const auto* list = std::get_if<std::shared_ptr<runtime::ListValue>>(&value)) {
    add_all(Output::Kind::kList, (*list)->items);
  } else if (const auto* tuple = std::get_if<std::shared_ptr<runtime::TupleValue>>(&value)) {
    add_all(Output::Kind::kTuple, (*tuple)->items);
  }
  return output;
}

Output to_output(const runtime::OutputShape& shape, std::span<const runtime::Value>& leaves) {
  if (shape.kind == runtime::OutputShape::Kind::kLeaf) {
    Output output = to_output(leaves.front());
    leaves = leaves.subspan(1);
    return output;
  }
  Output output;
  output.kind = shape.kind == runtime::OutputShape::Kind::kTuple  ? Output::Kind::kTuple
                : shape.kind == runtime::OutputShape::Kind::kList ? Output::Kind::kList
                                                                  : Output::Kind::kDict;
  output.keys = shape.keys;
  for (const runtime::OutputShape& item : shape.items) {
    output.items.push_back(to_output(item, leaves));
  }
  return output;
}

void collect_tensors(const Output& output, std::vector<Tensor>& tensors) {
  if (output.kind == Output::Kind::kTensor) tensors.push_back(output.tensor);
  for (const Output& item : output.items) collect_tensors(item, tensors);
}

/// The error of running these calls, in the caller's terms where their length or their ranks are
/// the reason.
Error explain(const Error& error, const ModelAccess::Impl& model, const Program& program,
              std::span<const std::vector<runtime::Value>> calls) {
  if (error.code() != ErrorCode::kBadInput) return error;
  for (const std::vector<runtime::Value>& call : calls) {
    const Program& usual = model.program();
    if (program.unlocked.contradictions > usual.unlocked.contradictions) {
      try {
        runtime::check_ranks(usual.unlocked, usual.built.graph, runtime::shapes_of(call));
      } catch (const Error& ranks) {
        return ranks;
      }
    }
    const auto reason = runtime::explain_length(program.built.graph, call);
    if (reason) return Error(error.code(), *reason, error.place());
  }
  return error;
}

}  // namespace

std::vector<Tensor> Output::tensors() const {
  return runtime::guarded([&] {
    std::vector<Tensor> tensors;
    collect_tensors(*this, tensors);
    return tensors;
  });
}

namespace {

/// A call's inputs as a program takes them.
struct BoundCall {
  const Program* program = nullptr;
  std::vector<runtime::Value> values;
  bool known_ranks = true;  // else only the interpreter may run it: the plan relies on ranks
};

std::vector<runtime::Value> bind(const Program& program, std::span<const NamedInput> inputs) {
  return runtime::bind_inputs(program.built, program.uses,
                              runtime::place_inputs(program.built, inputs));
}

std::vector<runtime::Value> bind(const Program& program, std::span<const Tensor> inputs) {
  return runtime::bind_inputs(program.built, program.uses,
                              runtime::place_inputs(program.built, inputs, program.places));
}

/// `Input`: NamedInput, or Tensor for inputs by position.
template <typename Input>
BoundCall bind_call(const ModelAccess::Impl& model, std::span<const Input> inputs) {
  BoundCall call;
  const std::set<std::string> omitted = runtime::omitted_parameters(model.program().built, inputs);
  call.program = omitted.empty() ? &model.program() : &model.variant(omitted, {});
  call.values = bind(*call.program, inputs);
  const auto shapes = runtime::shapes_of(call.values);
  if (!runtime::has_ranks(call.program->unlocked, shapes)) {
    call.program = &model.variant(omitted, runtime::ranks_of(shapes));
    call.known_ranks = runtime::has_ranks(call.program->unlocked, shapes);
  }
  runtime::check_conditions(call.program->unlocked, call.program->built.graph, shapes);
  return call;
}

Output to_output(const Program& program, const std::vector<runtime::Value>& leaves) {
  std::span<const runtime::Value> remaining = leaves;
  return to_output(program.built.graph.output, remaining);
}

}  // namespace

struct HENSON_HIDDEN Session::Impl {
  /// While it lives, the session serves this call and no other.
  class Turn {
   public:
    explicit Turn(Impl& impl) : impl_(impl) {
      if (!impl_.busy.test_and_set(std::memory_order_acquire)) return;
      throw Error(ErrorCode::kBadInput,
                  "the session is busy with a call of another thread; give each thread its own");
    }
    ~Turn() { impl_.busy.clear(std::memory_order_release); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Impl& impl_;
  };

  Impl(const Model& of, SessionOptions with)
      : model(of),
        options(std::move(with)),
        pool(pool_of(options)),
        memory_limit(runtime::limit_of(options.memory_limit)),
        plan_session(ThreadPoolAccess::impl(pool).team, options.profile, memory_limit,
                     shared_memory()) {}

  /// The options' own, or one for this session alone.
  static ThreadPool pool_of(const SessionOptions& options) {
    if (!options.pool) {
      const int threads = runtime::checked_threads(options.threads);
      return ThreadPool({.threads = options.executor == Executor::kPlan ? threads : 1});
    }
    ThreadPoolAccess::impl(*options.pool);  // throws when moved from
    if (options.threads == 0) return *options.pool;
    throw Error(ErrorCode::kBadInput,
                "a session on a pool has the pool's threads: leave its own number out");
  }

  /// Null without a pool that others may share.
  std::shared_ptr<runtime::MemoryCount> shared_memory() const {
    return options.pool ? ThreadPoolAccess::impl(pool).memory : nullptr;
  }

  /// Calls of one program, as one.
  std::vector<std::vector<runtime::Value>> run_plan(
      const Program& program, std::span<const std::vector<runtime::Value>> calls) {
    const runtime::StopScope scope(options.stop);
    const runtime::Plan& plan = program.plan(pool.threads(), options.precision);
    try {
      std::vector<std::vector<runtime::Value>> leaves = plan.run(plan_session, calls);
      operations += 2 * plan_session.multiply_adds();
      return leaves;
    } catch (const Error& error) {
      throw explain(error, ModelAccess::impl(model), program, calls);
    }
  }

  std::vector<runtime::Value> interpret(const Program& program,
                                        const std::vector<runtime::Value>& call) const {
    runtime::RunMemory memory(
        std::make_shared<runtime::MemoryCount>(memory_limit, 0, shared_memory()));
    const runtime::StopScope scope(options.stop);
    try {
      return program.interpreter.run(call, memory);
    } catch (const Error& error) {
      throw explain(error, ModelAccess::impl(model), program, std::span(&call, 1));
    }
  }

  template <typename Input>
  Output run(std::span<const Input> inputs) {
    operations = 0;
    const BoundCall call = bind_call(ModelAccess::impl(model), inputs);
    if (options.executor == Executor::kInterpreter || !call.known_ranks) {
      return to_output(*call.program, interpret(*call.program, call.values));
    }
    return to_output(*call.program, run_plan(*call.program, std::span(&call.values, 1)).front());
  }

  template <typename Input>
  std::vector<Output> run_ragged(std::span<const std::vector<Input>> sequences) {
    operations = 0;
    std::vector<Output> outputs;
    if (options.executor == Executor::kInterpreter) {
      for (const std::vector<Input>& inputs : sequences) {
        outputs.push_back(run(std::span<const Input>(inputs)));
      }
      return outputs;
    }
    std::vector<std::vector<runtime::Value>> values;  // of calls of one program
    const Program* program = nullptr;
    const auto flush = [&] {
      if (values.empty()) return;
      for (const auto& leaves : run_plan(*program, values)) {
        outputs.push_back(to_output(*program, leaves));
      }
      values.clear();
    };
    for (const std::vector<Input>& inputs : sequences) {
      BoundCall call = bind_call(ModelAccess::impl(model), std::span<const Input>(inputs));
      if (call.program != program || !call.known_ranks) flush();
      if (!call.known_ranks) {
        outputs.push_back(to_output(*call.program, interpret(*call.program, call.values)));
        continue;
      }
      program = call.program;
      values.push_back(std::move(call.values));
    }
    flush();
    return outputs;
  }

  Model model;
  SessionOptions options;
  ThreadPool pool;
  std::size_t memory_limit;
  runtime::PlanSession plan_session;
  double operations = 0;  // of the last run
  std::atomic_flag busy;
};

Session::Session(const Model& model, SessionOptions options)
    : impl_(runtime::guarded([&] {
        ModelAccess::impl(model);  // throws when moved from
        if (options.executor == Executor::kInterpreter &&
            options.precision != Precision::kFloat32) {
          throw Error(ErrorCode::kBadInput,
                      "the interpreter computes as the archive says: precision " +
                          std::string(name_of(options.precision)) + " is the plan's");
        }
        return std::make_unique<Impl>(model, std::move(options));
      })) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

namespace {

/// What every call of a session is: `f(impl)`, with the session for itself.
template <typename Impl, typename F>
auto call(const std::unique_ptr<Impl>& held, F&& f) {
  Impl& impl = runtime::held(held, "session");
  const typename Impl::Turn turn(impl);
  return runtime::guarded([&] { return f(impl); });
}

}  // namespace

Output Session::run(std::span<const Tensor> inputs) {
  return call(impl_, [&](Impl& impl) { return impl.run(inputs); });
}
Output Session::run(std::span<const NamedInput> inputs) {
  return call(impl_, [&](Impl& impl) { return impl.run(inputs); });
}
std::vector<Output> Session::run_ragged(std::span<const std::vector<Tensor>> sequences) {
  return call(impl_, [&](Impl& impl) { return impl.run_ragged(sequences); });
}
std::vector<Output> Session::run_ragged(std::span<const std::vector<NamedInput>> sequences) {
  return call(impl_, [&](Impl& impl) { return impl.run_ragged(sequences); });
}

void Session::stop_with(std::stop_token stop) {
  call(impl_, [&](Impl& impl) { impl.options.stop = std::move(stop); });
}

std::vector<StepTime> Session::profile() const {
  return call(impl_, [](Impl& impl) {
    std::vector<StepTime> times;
    const runtime::PlanSession& session = impl.plan_session;
    if (session.seconds().empty()) return times;
    for (const runtime::PlanLine& line : session.plan()->describe()) {
      const bool fell_back = session.fallbacks()[line.node];
      times.push_back({(fell_back ? "fell back to the reference kernel: " : "") + line.text,
                       session.seconds()[line.node]});
    }
    return times;
  });
}

double Session::operations() const noexcept { return impl_ ? impl_->operations : 0; }

std::size_t Session::memory() const noexcept { return impl_ ? impl_->plan_session.memory() : 0; }

double measure_peak_operations(int threads, Precision precision) {
  return runtime::guarded([&] {
    return 1e9 *
           kernels::measure_peak_gops(runtime::checked_threads(threads), to_weight_type(precision));
  });
}

}  // namespace henson
