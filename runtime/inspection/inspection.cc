#include <utility>

#include "henson/inspect.h"
#include "loader/partial_archive.h"
#include "runtime/api/facts.h"
#include "runtime/api/guarded.h"
#include "runtime/api/model_impl.h"

namespace henson {

struct Inspection::Impl {
  std::filesystem::path path;
  std::shared_ptr<const loader::Archive> archive;
  std::optional<Model> model;
  std::optional<Error> why_not;
  ModelInfo info;
  std::vector<InspectedTensor> tensors;
  ModelSummary summary;
  std::vector<OutputFigures> outputs;
  std::vector<TaskHint> tasks;
  PrecisionFigures precision;
  Provenance provenance;
  std::vector<SizePart> sizes;
  std::vector<LockGroup> locks;
  std::vector<DecoderTie> decoders;
  std::vector<SharedGroup> shared;
  std::uint64_t file_bytes = 0;
};

namespace {

std::vector<WeightInfo> weights_of(const loader::Archive& archive, const Model* model) {
  if (model == nullptr) return runtime::describe_weights(archive);
  return {model->weights().begin(), model->weights().end()};
}

}  // namespace

Inspection Inspection::open(const std::filesystem::path& path, InspectOptions options) {
  return runtime::guarded([&] {
    auto impl = std::make_shared<Impl>();
    impl->path = path;
    const auto access = options.open.map ? loader::FileAccess::kMap : loader::FileAccess::kRead;
    loader::PartialArchive opened = loader::open_archive_partly(path, access);
    impl->archive = std::make_shared<const loader::Archive>(std::move(opened.archive));
    impl->why_not = std::move(opened.fault);
    if (!impl->why_not) {
      try {
        impl->model = ModelAccess::make(impl->archive, options.open.method);
      } catch (const Error& error) {
        impl->why_not = error;
      }
    }
    const Model* const model = impl->model ? &*impl->model : nullptr;
    impl->info = model != nullptr ? model->info() : runtime::describe_archive(*impl->archive);
    for (WeightInfo& weight : weights_of(*impl->archive, model)) {
      InspectedTensor tensor;
      tensor.display_name = weight.name;
      tensor.weight = std::move(weight);
      impl->tensors.push_back(std::move(tensor));
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
std::span<const TaskHint> Inspection::tasks() const { return impl().tasks; }
const PrecisionFigures& Inspection::precision() const { return impl().precision; }
const Provenance& Inspection::provenance() const { return impl().provenance; }
std::span<const SizePart> Inspection::sizes() const { return impl().sizes; }
std::uint64_t Inspection::file_bytes() const { return impl().file_bytes; }
std::span<const LockGroup> Inspection::locks() const { return impl().locks; }
std::span<const DecoderTie> Inspection::decoders() const { return impl().decoders; }
std::span<const SharedGroup> Inspection::shared() const { return impl().shared; }

}  // namespace henson
