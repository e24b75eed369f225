#include <algorithm>
#include <chrono>
#include <thread>

#include "henson/error.h"
#include "runtime/analysis/weight_roles.h"
#include "runtime/api/archive_source.h"
#include "runtime/api/facts.h"
#include "runtime/api/guarded.h"
#include "runtime/api/model_impl.h"
#include "runtime/api/output_info.h"
#include "runtime/tensor/stop.h"

namespace henson {
namespace {

/// Whether a value of the computation has the dtype: a weight that it reads, a constant or a
/// result.
bool graph_has(const runtime::Graph& graph, DType dtype) {
  std::vector<bool> used(graph.values.size(), false);
  for (const runtime::Node& node : graph.nodes) {
    for (const runtime::ValueId id : node.inputs) used[id] = true;
    for (const runtime::ValueId id : node.outputs) used[id] = true;
  }
  for (std::size_t id = 0; id < used.size(); ++id) {
    if (used[id] && graph.values[id].dtype == dtype) return true;
  }
  return false;
}

/// Nothing for a number that is no precision.
std::optional<kernels::WeightType> weight_type_of(Precision precision) noexcept {
  switch (precision) {
    case Precision::kFloat32:
      return kernels::WeightType::kFloat32;
    case Precision::kBFloat16:
      return kernels::WeightType::kBFloat16;
    case Precision::kInt8:
      return kernels::WeightType::kInt8;
  }
  return std::nullopt;
}

/// Null where none is given. Errors of it name it.
std::shared_ptr<const loader::Archive> open_witness(const OpenOptions& options) {
  if (options.witness.empty()) return nullptr;
  const std::filesystem::path& path = options.witness;
  try {
    auto file = runtime::open_source(path);
    const loader::FileAccess access = runtime::access_of(*file, options.map);
    return std::make_shared<const loader::Archive>(loader::open_archive(std::move(file), access));
  } catch (const Error& error) {
    throw Error(error.code(), "the witness " + path.string() + ": " + error.what());
  }
}

}  // namespace

kernels::WeightType to_weight_type(Precision precision) {
  const auto type = weight_type_of(precision);
  if (!type) throw Error(ErrorCode::kBadInput, "the precision is none of Precision's");
  return *type;
}

std::string_view name_of(Precision precision) noexcept {
  const auto type = weight_type_of(precision);
  return type ? kernels::name_of(*type) : "";
}

std::string_view name_of(InputRole role) noexcept {
  switch (role) {
    case InputRole::kIds:
      return "ids";
    case InputRole::kTokenTypes:
      return "token types";
    case InputRole::kPositions:
      return "positions";
    case InputRole::kMask:
      return "mask";
    case InputRole::kOther:
      break;
  }
  return "";
}

Program::Program(runtime::BuiltGraph graph, const runtime::TracedShapes& traced,
                 const runtime::InputRanks& ranks, const runtime::Evidence& evidence,
                 const Program* usual)
    : built(std::move(graph)),
      unlocked(runtime::unlock(built.graph, traced, ranks, evidence)),
      uses(built.graph),
      places(runtime::places_of((usual == nullptr ? *this : *usual).built, built)),
      interpreter(built.graph) {}

const runtime::Plan& Program::plan(int threads, Precision precision) const {
  const kernels::WeightType type = to_weight_type(precision);
  PlanOnce& once = plans_.at(static_cast<std::size_t>(precision));
  if (const runtime::Plan* const made = once.made.load(std::memory_order_acquire)) return *made;
  std::unique_lock<std::mutex> lock(once.making, std::try_to_lock);
  while (!lock.owns_lock()) {  // another call makes it, which may take longer than a stopped run
    runtime::stop_point();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    lock.try_lock();
  }
  if (!once.plan) once.plan.emplace(built.graph, threads, type);
  once.made.store(&*once.plan, std::memory_order_release);
  return *once.plan;
}

Model::Impl::Impl(std::shared_ptr<const loader::Archive> archive,
                  std::shared_ptr<const loader::Archive> witness, OpenOptions options)
    : archive_(std::move(archive)),
      witness_(std::move(witness)),
      method_(std::move(options.method)),
      constants_(std::move(options.constants)) {
  runtime::check_method(*archive_, method_);
  if (witness_) runtime::check_method(*witness_, method_);
  program_ = build({});
  check_constants();
  const runtime::Graph& graph = program_->built.graph;
  inputs = runtime::describe_inputs(*archive_, method_, graph, program_->unlocked);
  weights = runtime::describe_weights(*archive_);
  runtime::find_roles(graph, weights);
  info = runtime::describe_archive(*archive_);
  runtime::describe_graph(graph, info);
  locks = runtime::describe_locks(program_->unlocked);
  notes = runtime::notes_of(graph);
}

std::span<const OutputInfo> Model::Impl::outputs() const {
  std::call_once(outputs_found_, [&] {
    outputs_ = runtime::describe_outputs(program_->built.graph, inputs, program_->unlocked);
  });
  return outputs_;
}

std::unique_ptr<const Program> Model::Impl::build(const VariantKey& key) const {
  const runtime::BuildOptions options{method_, key.first};
  runtime::BuiltGraph built = runtime::build_graph(*archive_, options);
  const runtime::TracedShapes traced = runtime::traced_shapes(*archive_, method_, built.graph);
  const runtime::Evidence evidence = evidence_for(built.graph, options);
  return std::make_unique<const Program>(std::move(built), traced, key.second, evidence,
                                         program_.get());
}

/// What the witness and the user say of the numbers of a graph.
runtime::Evidence Model::Impl::evidence_for(const runtime::Graph& graph,
                                            const runtime::BuildOptions& built) const {
  runtime::Evidence evidence;
  for (const std::string& place : constants_) {
    evidence.own.push_back(runtime::nodes_at(graph, place));
  }
  if (witness_) {
    const runtime::BuiltGraph other = runtime::build_graph(*witness_, built);
    evidence.witness = runtime::compare_with_witness(
        graph, other.graph, runtime::traced_shapes(*witness_, method_, other.graph));
  }
  return evidence;
}

/// A place that ends no doubt was meant for another archive, or is a slip.
void Model::Impl::check_constants() const {
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    if (program_->unlocked.stated.contains(i)) continue;
    throw Error(ErrorCode::kBadInput, "nothing is in doubt at " + constants_[i] +
                                          ": no number there could be the dummy input's size");
  }
}

const Program& Model::Impl::variant(const std::set<std::string>& omitted,
                                    const runtime::InputRanks& ranks) const {
  const VariantKey key{omitted, ranks};
  const std::lock_guard<std::mutex> lock(mutex_);
  std::unique_ptr<const Program>& found = variants_[key];
  if (found == nullptr) found = build(key);
  return *found;
}

Model ModelAccess::make(std::shared_ptr<const loader::Archive> archive, OpenOptions options) {
  runtime::check_instruction_set();
  auto witness = open_witness(options);
  return Model(
      std::make_shared<const Impl>(std::move(archive), std::move(witness), std::move(options)));
}

namespace {

Model open_file(std::shared_ptr<const loader::File> file, loader::FileAccess access,
                OpenOptions options) {
  return ModelAccess::make(
      std::make_shared<const loader::Archive>(loader::open_archive(std::move(file), access)),
      std::move(options));
}

template <typename Place>
Model open_place(const Place& place, OpenOptions options) {
  return runtime::guarded([&] {
    auto file = runtime::open_source(place);
    const loader::FileAccess access = runtime::access_of(*file, options.map);
    return open_file(std::move(file), access, std::move(options));
  });
}

}  // namespace

Model Model::open(const std::filesystem::path& path, OpenOptions options) {
  return open_place(path, std::move(options));
}

Model Model::open_descriptor(int descriptor, OpenOptions options) {
  return open_place(descriptor, std::move(options));
}

Model Model::open(std::span<const std::byte> bytes, OpenOptions options) {
  return runtime::guarded([&] {
    return open_file(runtime::copy_source(bytes), loader::FileAccess::kMap, std::move(options));
  });
}

Model Model::open(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                  OpenOptions options) {
  return runtime::guarded([&] {
    const auto access = options.map ? loader::FileAccess::kMap : loader::FileAccess::kRead;
    return open_file(std::make_shared<const loader::File>(bytes, std::move(owner)), access,
                     std::move(options));
  });
}

const Model::Impl& Model::impl() const { return runtime::held(impl_, "model"); }

std::span<const InputInfo> Model::inputs() const { return impl().inputs; }
std::span<const OutputInfo> Model::outputs() const { return impl().outputs(); }
std::span<const WeightInfo> Model::weights() const { return impl().weights; }
const ModelInfo& Model::info() const { return impl().info; }
std::span<const Lock> Model::locks() const { return impl().locks; }
std::span<const std::string> Model::notes() const { return impl().notes; }

bool Model::computes_in(DType dtype) const {
  return graph_has(impl().program().built.graph, dtype);
}

bool Model::computes_quantized() const {
  const runtime::Graph& graph = impl().program().built.graph;
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const runtime::Node& node) {
    return runtime::has_any(node, runtime::Trait::kQuantized);
  });
}

std::vector<std::string> Model::describe(Executor executor, Precision precision) const {
  return runtime::guarded([&] {
    const Program& program = impl().program();
    if (executor == Executor::kInterpreter) return runtime::describe_nodes(program.built.graph);
    std::vector<std::string> lines;
    for (runtime::PlanLine& line : program.plan(1, precision).describe()) {
      lines.push_back(std::move(line.text));
    }
    return lines;
  });
}

}  // namespace henson
