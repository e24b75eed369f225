#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "henson/inspect.h"
#include "loader/partial_archive.h"
#include "runtime/api/archive_source.h"
#include "runtime/api/facts.h"
#include "runtime/api/guarded.h"
#include "runtime/api/model_impl.h"
#include "runtime/fusion/fuse.h"
#include "runtime/inspection/anatomy.h"
#include "runtime/inspection/figures.h"
#include "runtime/inspection/lock_groups.h"
#include "runtime/inspection/origins.h"
#include "runtime/inspection/precision.h"
#include "runtime/inspection/provenance.h"
#include "runtime/inspection/roles.h"
#include "runtime/inspection/task_hints.h"
#include "runtime/inspection/ties.h"

namespace henson {
namespace {

/// What is found at the first call.
template <typename T>
class Once {
 public:
  template <typename Find>
  const T& get(const Find& find) const {
    std::call_once(flag_, [&] { value_ = find(); });
    return *value_;
  }

 private:
  mutable std::once_flag flag_;
  mutable std::optional<T> value_;
};

}  // namespace

struct HENSON_HIDDEN Inspection::Impl {
  std::filesystem::path path;
  std::shared_ptr<const loader::File> source;
  std::shared_ptr<const loader::Archive> archive;
  std::optional<Model> model;
  std::optional<Error> why_not;
  ModelInfo info;
  std::vector<InspectedTensor> tensors;
  PrecisionFigures precision;
  ModelSummary summary;
  std::vector<OutputFigures> outputs;
  std::vector<LockGroup> locks;
  Once<std::vector<TaskHint>> tasks;
  Once<runtime::FileFacts> facts;
  Once<Provenance> provenance;
  Once<std::vector<DecoderTie>> decoders;
  Once<std::vector<SharedGroup>> shared;

  std::vector<WeightInfo> weights() const;
  const runtime::FileFacts& file_facts() const {
    return facts.get([&] { return runtime::read_file_facts(source, *archive); });
  }
  void open_model(const OpenOptions& options);
  void find_tensors();
  void analyze();
};

std::vector<WeightInfo> Inspection::Impl::weights() const {
  if (!model) return runtime::describe_weights(*archive);
  return {model->weights().begin(), model->weights().end()};
}

void Inspection::Impl::open_model(const OpenOptions& options) {
  const std::string& method = options.method;
  try {
    model = ModelAccess::make(archive, options);
    info = model->info();
  } catch (const Error& error) {
    // The caller's and the machine's faults are none of the archive.
    const bool own =
        error.code() == ErrorCode::kBadArchive || error.code() == ErrorCode::kUnsupported;
    const auto& methods = info.methods;
    const bool known = std::find(methods.begin(), methods.end(), method) != methods.end();
    if (!own || (!known && method != OpenOptions().method)) throw;
    why_not = error;
  }
}

void Inspection::Impl::find_tensors() {
  for (WeightInfo& weight : weights()) {
    InspectedTensor tensor;
    tensor.display_name = weight.name;
    tensor.weight = std::move(weight);
    tensors.push_back(std::move(tensor));
  }
}

/// What the graph tells.
void Inspection::Impl::analyze() {
  const Program& program = ModelAccess::impl(*model).program();
  const runtime::Graph& graph = program.built.graph;
  const runtime::Graph fused = runtime::fuse(graph);
  const runtime::Outline outline = runtime::outline_of(fused);
  const runtime::Anatomy anatomy(fused, outline, model->inputs());
  const runtime::Origins origins(graph, model->weights());
  auto roles = runtime::find_weight_roles(fused, anatomy, origins, model->weights());
  precision = runtime::find_precision(model->weights(), roles, graph, fused, anatomy, origins);
  const auto names = runtime::display_names(model->weights(), roles);
  const std::vector<bool> read = origins.read_weights();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].roles = std::move(roles[i]);
    tensors[i].role = runtime::to_string(tensors[i].roles);
    tensors[i].display_name = names[i];
    tensors[i].read = read[i];
  }
  const std::vector<std::string> modules = runtime::library_modules(*archive);
  const runtime::ModelEvidence evidence{*model, graph, fused, anatomy, tensors, modules};
  outputs = runtime::find_output_figures(evidence);
  summary = runtime::summarize(evidence, outputs, precision);
  locks = runtime::group_locks(program.unlocked, model->inputs());
}

Inspection Inspection::open(const std::filesystem::path& path, InspectOptions options) {
  return runtime::guarded([&] {
    auto impl = std::make_shared<Impl>();
    impl->path = path;
    impl->source = runtime::open_source(path);
    const loader::FileAccess access = runtime::access_of(*impl->source, options.open.map);
    loader::PartialArchive opened = loader::open_archive_partly(impl->source, access);
    impl->archive = std::make_shared<const loader::Archive>(std::move(opened.archive));
    impl->why_not = std::move(opened.fault);
    impl->info = runtime::describe_archive(*impl->archive);
    if (!impl->why_not) impl->open_model(options.open);
    impl->find_tensors();
    if (impl->model) {
      impl->analyze();
    } else {
      impl->precision = runtime::find_precision(impl->weights());
      impl->summary = runtime::summarize(impl->tensors, impl->precision);
    }
    return Inspection(std::move(impl));
  });
}

const Inspection::Impl& Inspection::impl() const { return runtime::held(impl_, "inspection"); }

const std::filesystem::path& Inspection::path() const { return impl().path; }
const ModelInfo& Inspection::info() const { return impl().info; }
const Model* Inspection::model() const { return impl().model ? &*impl().model : nullptr; }
const Error* Inspection::why_not() const { return impl().why_not ? &*impl().why_not : nullptr; }
std::span<const InspectedTensor> Inspection::tensors() const { return impl().tensors; }
const ModelSummary& Inspection::summary() const { return impl().summary; }
std::span<const OutputFigures> Inspection::outputs() const { return impl().outputs; }
const PrecisionFigures& Inspection::precision() const { return impl().precision; }
std::span<const LockGroup> Inspection::locks() const { return impl().locks; }

std::span<const TaskHint> Inspection::tasks() const {
  return impl().tasks.get([&] {
    return runtime::guarded([&]() -> std::vector<TaskHint> {
      if (!impl().model) return {};
      return runtime::find_tasks(impl().path, *impl().model, impl().summary, impl().outputs,
                                 impl().locks);
    });
  });
}

const Provenance& Inspection::provenance() const {
  return impl().provenance.get([&] {
    return runtime::guarded([&] {
      return runtime::find_provenance(*impl().archive, impl().info, impl().file_facts());
    });
  });
}

std::span<const SizePart> Inspection::sizes() const {
  return runtime::guarded([&]() -> const runtime::FileFacts& { return impl().file_facts(); }).parts;
}

std::uint64_t Inspection::file_bytes() const {
  return runtime::guarded([&]() -> const runtime::FileFacts& { return impl().file_facts(); }).bytes;
}

std::span<const DecoderTie> Inspection::decoders() const {
  return impl().decoders.get([&] {
    return runtime::guarded([&] { return runtime::find_decoder_ties(impl().weights()); });
  });
}

std::span<const SharedGroup> Inspection::shared() const {
  return impl().shared.get([&] {
    return runtime::guarded(
        [&] { return runtime::find_shared(impl().weights(), impl().file_facts().storages); });
  });
}

}  // namespace henson
