// Whole archives: the fused graph answers as was recorded, and the layers of an encoder are fused.
// HENSON_MUSEUM names a folder of archives with cases to test besides the golden ones;
// HENSON_FUSE_REPORT=1 prints what is left in the layers of each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "loader/archive.h"
#include "runtime/api/binding.h"
#include "runtime/api/facts.h"
#include "runtime/api/public_tensor.h"
#include "runtime/execution/interpreter.h"
#include "runtime/fusion/fuse.h"
#include "tools/cases.h"
#include "tools/compare.h"

namespace henson {
namespace {

using runtime::Graph;
using runtime::Node;
using runtime::NodeKind;
using runtime::ValueId;

std::vector<std::filesystem::path> archives_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".pt") continue;
    std::filesystem::path cases = entry.path();
    if (std::filesystem::exists(cases.replace_extension(".npz"))) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string label_of(const Node& node) {
  if (node.kind == NodeKind::kOperator) return node.op->schema.name;
  return node.kind == NodeKind::kUnpack ? "unpack" : "list";
}

/// The nodes between the embeddings and the last step of the layers: they depend on the former, and
/// the latter on them.
std::map<std::string, int> steps_in_layers(const Graph& graph) {
  std::set<ValueId> after;
  std::size_t end = 0;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    bool depends = label_of(node) == "henson::embeddings";
    for (const ValueId id : node.inputs) depends = depends || after.contains(id);
    if (depends) after.insert(node.outputs.begin(), node.outputs.end());
    const std::string label = label_of(node);
    const bool last = label.starts_with("henson::feed_forward") || label == "henson::attention";
    if (depends && last) end = n + 1;
  }
  std::set<ValueId> wanted;
  std::map<std::string, int> steps;
  for (std::size_t n = end; n-- > 0;) {
    const Node& node = graph.nodes[n];
    bool leads = n + 1 == end;
    bool depends = false;
    for (const ValueId id : node.outputs) leads = leads || wanted.contains(id);
    for (const ValueId id : node.outputs) depends = depends || after.contains(id);
    if (!leads) continue;
    wanted.insert(node.inputs.begin(), node.inputs.end());
    if (depends) ++steps[label_of(node)];
  }
  return steps;
}

/// No product with a weight, norm, activation, sum or view stands alone in the layers of an
/// encoder. Products of 8-bit weights are linear layers like others, but no feed forward.
void expect_fused_layers(const Graph& graph) {
  const bool int8 =
      std::any_of(graph.values.begin(), graph.values.end(), [](const runtime::GraphValue& v) {
        return v.constant && v.constant->is<runtime::Tensor>() &&
               v.constant->as<runtime::Tensor>().defined() &&
               is_quantized(v.constant->as<runtime::Tensor>().dtype());
      });
  const std::map<std::string, int> steps = steps_in_layers(graph);
  EXPECT_EQ(steps.contains("henson::feed_forward"), !int8);
  EXPECT_TRUE(steps.contains("henson::projections"));
  for (const char* name :
       {"linear",    "addmm", "mm",      "layer_norm", "gelu",    "relu",      "erf",
        "tanh",      "pow",   "sqrt",    "mean",       "sub",     "add_",      "dropout",
        "embedding", "view",  "reshape", "transpose",  "permute", "contiguous"}) {
    EXPECT_FALSE(steps.contains(std::string("aten::") + name)) << name;
  }
}

/// Attention that no pass took: its operator, or a softmax that a product takes.
int unfused_attention(const Graph& graph) {
  std::set<ValueId> weights;
  int count = 0;
  for (const Node& node : graph.nodes) {
    const std::string label = label_of(node);
    const bool from_weights = std::any_of(node.inputs.begin(), node.inputs.end(),
                                          [&](ValueId id) { return weights.contains(id); });
    const bool product = label == "aten::matmul" || label == "aten::bmm" || label == "aten::einsum";
    const bool carries = label == "aten::dropout" || label == "aten::to" || label == "list";
    if (label == "aten::softmax" || (carries && from_weights)) weights.insert(node.outputs[0]);
    if (label == "aten::scaled_dot_product_attention" || (product && from_weights)) ++count;
  }
  return count;
}

class FuseArchives : public ::testing::Test {
 protected:
  static void check(const std::filesystem::path& path) {
    SCOPED_TRACE(path.filename().string());
    const loader::Archive archive = loader::open_archive(path);
    const Model model = Model::open(path);
    std::filesystem::path cases = path;
    for (const tools::Case& recorded : tools::read_cases(cases.replace_extension(".npz"))) {
      check(archive, recorded,
            tools::default_tolerance(model, {.executor = Executor::kInterpreter}), path);
    }
  }

 private:
  static void check(const loader::Archive& archive, const tools::Case& recorded, double tolerance,
                    const std::filesystem::path& path) {
    SCOPED_TRACE("case " + std::to_string(recorded.number));
    const auto omitted =
        runtime::omitted_parameters(runtime::build_graph(archive), recorded.inputs);
    runtime::BuiltGraph built = runtime::build_graph(archive, {"forward", omitted});
    const runtime::InputUses uses(built.graph);
    const auto bound =
        runtime::bind_inputs(built, uses, runtime::place_inputs(built, recorded.inputs));
    const auto shapes = runtime::shapes_of(bound);
    const auto traced = runtime::traced_shapes(archive, "forward", built.graph);
    const auto unlocked = runtime::unlock(built.graph, traced, runtime::ranks_of(shapes));
    const Graph fused = runtime::fuse(built.graph);
    EXPECT_EQ(unfused_attention(fused), 0);
    expect_fused_layers(fused);
    if (recorded.number == 0 && std::getenv("HENSON_FUSE_REPORT") != nullptr) {
      std::cout << path.stem().string() << ':';
      for (const auto& [label, count] : steps_in_layers(fused)) {
        std::cout << ' ' << label << "×" << count;
      }
      std::cout << std::endl;
    }
    std::vector<Tensor> outputs;
    try {
      for (const runtime::Value& leaf : runtime::Interpreter(fused).run(bound))
        collect(leaf, outputs);
    } catch (const Error& error) {
      FAIL() << error.what();
    }
    const tools::Comparison comparison = tools::compare(outputs, recorded.outputs, "recorded");
    EXPECT_TRUE(comparison.mismatch.empty()) << comparison.mismatch;
    EXPECT_LE(comparison.error, tolerance);
  }

  static void collect(const runtime::Value& value, std::vector<Tensor>& tensors) {
    if (const auto* tensor = std::get_if<runtime::Tensor>(&value)) {
      tensors.push_back(runtime::to_public(*tensor));
    } else if (const auto* list = std::get_if<std::shared_ptr<runtime::ListValue>>(&value)) {
      for (const runtime::Value& item : (*list)->items) collect(item, tensors);
    } else if (const auto* tuple = std::get_if<std::shared_ptr<runtime::TupleValue>>(&value)) {
      for (const runtime::Value& item : (*tuple)->items) collect(item, tensors);
    }
  }
};

TEST_F(FuseArchives, GoldenArchivesAnswerAsRecorded) {
  const auto paths = archives_in(HENSON_TEST_DATA);
  ASSERT_FALSE(paths.empty());
  for (const auto& path : paths) check(path);
}

TEST_F(FuseArchives, MuseumArchivesAnswerAsRecorded) {
  const char* const museum = std::getenv("HENSON_MUSEUM");
  if (museum == nullptr) GTEST_SKIP() << "HENSON_MUSEUM is not set";
  for (const auto& path : archives_in(museum)) check(path);
}

}  // namespace
}  // namespace henson
