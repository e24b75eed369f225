// Random programs: the interpreter, the graph after every pass, and the plan agree on dtype, shape
// and, for whole numbers, every bit.
//   HENSON_RANDOM_SEED=17 build/runtime_tests --gtest_filter='RandomGraphs.*'   replays one
//   HENSON_RANDOM_COUNT=100000 …                                                runs more
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "henson/error.h"
#include "runtime/analysis/proven_shapes.h"
#include "runtime/execution/plan.h"
#include "runtime/fusion/fuse.h"
#include "runtime/graph/match.h"
#include "runtime/operators/views.h"
#include "runtime/unlock/unlock.h"
#include "tests/runtime/differences.h"
#include "tests/runtime/fuse_support.h"
#include "tests/runtime/random_graph.h"

namespace henson::runtime {
namespace {

using test::Answer;
using test::difference;
using test::interpret;
using test::is_ill_conditioned;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Answer run_plan(const Graph& graph, const std::vector<Value>& inputs) {
  try {
    const Plan plan(graph, 1);
    PlanSession session(std::make_shared<ThreadTeam>(1));
    return plan.run(session, std::vector<std::vector<Value>>{inputs}).at(0);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// What the graph and the analysis say of a value, against what it is.
std::string contradiction_of(const Graph& graph, const ProvenShapes& known, ValueId id,
                             const Tensor& tensor) {
  for (const auto& dtype : {graph.values[id].dtype, known.dtype(id)}) {
    if (dtype && *dtype != tensor.dtype()) {
      return "inferred " + std::string(name_of(*dtype)) + ", is " +
             std::string(name_of(tensor.dtype()));
    }
  }
  const auto dims = known.dims(id);
  if (!dims) return "";
  if (dims->size() != tensor.sizes().size()) return "inferred another rank";
  for (std::size_t d = 0; d < dims->size(); ++d) {
    const auto literal = (*dims)[d].literal();
    if (literal && *literal != tensor.sizes()[d]) {
      return "inferred the size " + std::to_string(*literal) + ", is " + to_string(tensor.sizes());
    }
  }
  return "";
}

/// The first of them in a run. What is inferred holds for runs that end: a later node may be what
/// asks for it.
std::string contradiction(const Graph& graph, const std::vector<Value>& inputs) {
  const ProvenShapes known(graph);
  const FramePlan plan(graph);
  Frame frame = plan.new_frame();
  plan.start(system_memory(), frame, inputs);
  std::string first;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    try {
      plan.run_node(system_memory(), n, frame);
    } catch (const Error&) {
      return "";
    }
    for (const ValueId id : node.outputs) {
      if (!frame[id].is<Tensor>() || !first.empty()) continue;
      const std::string found = contradiction_of(graph, known, id, frame[id].as<Tensor>());
      if (found.empty()) continue;
      first = "node " + std::to_string(n) + " (" + (node.op ? node.op->schema.name : "list") +
              "): " + found;
    }
  }
  return first;
}

Graph with_ranks(Graph graph, const std::vector<Value>& inputs) {
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    graph.inputs[i].rank = inputs[i].as<Tensor>().sizes().size();
  }
  GraphEditor(graph).finish();  // without what nothing reads, as PyTorch too leaves it out
  return graph;
}

/// Empty when all agree.
std::string check(const test::RandomProgram& program) {
  const BuiltGraph built = build_graph(test::program_archive(program.code));
  const Graph graph = with_ranks(built.graph, program.inputs);
  for (const std::vector<Value>* inputs : {&program.inputs, &program.others}) {
    const std::string where = inputs == &program.inputs ? "" : " (at other sizes)";
    const Answer wanted = interpret(graph, *inputs);
    if (!wanted && inputs == &program.inputs) return "the interpreter refuses it";
    if (std::string found = contradiction(graph, *inputs); !found.empty()) return found + where;
    Graph fused = graph;
    for (const FusionPass& pass : fusion_passes()) {
      pass.run(fused);
      std::string found = difference(interpret(fused, *inputs), wanted);
      if (found.empty() && wanted) found = contradiction(fused, *inputs);
      if (!found.empty() && is_ill_conditioned(graph, *inputs, wanted)) break;
      if (!found.empty()) return "after " + std::string(pass.name) + ", " + found + where;
    }
    const std::string found = difference(run_plan(graph, *inputs), wanted);
    if (!found.empty() && !is_ill_conditioned(graph, *inputs, wanted)) {
      return "the plan: " + found + where;
    }
  }
  return "";
}

/// The same program with its inputs' sizes as numbers, unlocked: where unlock() says that it runs
/// at other sizes, it answers as the program that reads them.
std::string check_unlocked(const test::RandomProgram& program) {
  const Graph reads = build_graph(test::program_archive(program.code)).graph;
  const Graph holds = build_graph(test::program_archive(program.baked)).graph;
  std::vector<std::optional<std::vector<std::int64_t>>> shapes[2];
  for (const Value& input : program.inputs) shapes[0].push_back(input.as<Tensor>().sizes());
  for (const Value& input : program.others) shapes[1].push_back(input.as<Tensor>().sizes());
  InputRanks ranks;
  for (const auto& shape : shapes[0]) ranks.push_back(shape->size());
  for (const bool told : {true, false}) {
    Graph graph = holds;
    const TracedShapes traced = told ? shapes[0] : TracedShapes(shapes[0].size());
    const UnlockResult result = unlock(graph, traced, told ? InputRanks{} : ranks);
    for (const std::size_t i : {0, 1}) {
      const std::vector<Value>& inputs = i == 0 ? program.inputs : program.others;
      try {
        check_conditions(result, graph, shapes[i]);
      } catch (const Error& error) {
        if (i == 0 && told) return "refused at the traced shape: " + std::string(error.what());
        continue;
      }
      const Answer answer = interpret(graph, inputs);
      if (!answer) continue;  // a number that stays one refuses by itself
      const std::string found = difference(answer, interpret(reads, inputs));
      if (found.empty() || is_ill_conditioned(reads, inputs, answer)) continue;
      return found + (i == 0 ? " at the traced shape" : " at other sizes") +
             (told ? "" : ", which are not told");
    }
  }
  return "";
}

/// Runs a check over as many seeds as are asked for, at most 20 failures.
void run_over_seeds(std::string (*check_program)(const test::RandomProgram&),
                    std::string test::RandomProgram::*code) {
  const std::uint64_t first = setting("HENSON_RANDOM_SEED", 1);
  const std::uint64_t count =
      setting("HENSON_RANDOM_COUNT", std::getenv("HENSON_RANDOM_SEED") != nullptr ? 1 : 2000);
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 20; ++seed) {
    const test::RandomProgram program = test::random_program(seed);
    const std::string found = check_program(program);
    if (found.empty()) continue;
    ++failures;
    ADD_FAILURE() << found << "\nHENSON_RANDOM_SEED=" << seed
                  << " runtime_tests --gtest_filter='RandomGraphs.*'\n"
                  << program.*code;
  }
}

TEST(RandomGraphs, AgreeAfterEveryPassAndOnThePlan) {
  run_over_seeds(check, &test::RandomProgram::code);
}

TEST(RandomGraphs, AnswerAsTheirLockedFormsWhereTheseRun) {
  run_over_seeds(check_unlocked, &test::RandomProgram::baked);
}

}  // namespace
}  // namespace henson::runtime
