// What a Model holds. Internal to the runtime.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "kernels/product.h"
#include "loader/archive.h"
#include "runtime/api/binding.h"
#include "runtime/execution/interpreter.h"
#include "runtime/execution/plan.h"
#include "runtime/import/builder.h"
#include "runtime/unlock/unlock.h"

namespace henson {

/// What the kernels call it. Throws for a number that is none.
kernels::WeightType to_weight_type(Precision precision);

/// A graph that is ready to run.
struct Program {
  /// `usual`: the model's usual program, null for that itself.
  Program(runtime::BuiltGraph graph, const runtime::TracedShapes& traced,
          const runtime::InputRanks& ranks, const runtime::Evidence& evidence,
          const Program* usual);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Made at the first call for a precision, on so many threads. May be called concurrently.
  const runtime::Plan& plan(int threads, Precision precision) const;

  runtime::BuiltGraph built;
  runtime::UnlockResult unlocked;
  runtime::InputUses uses;
  /// For each input of the usual program, where it stands among this one's. Parameters that are
  /// left out are none.
  std::vector<std::optional<std::size_t>> places;
  runtime::Interpreter interpreter;

 private:
  struct PlanOnce {
    std::mutex making;
    std::optional<runtime::Plan> plan;
    std::atomic<const runtime::Plan*> made = nullptr;
  };
  mutable std::array<PlanOnce, 3> plans_;  // for each precision
};

class HENSON_HIDDEN Model::Impl {
 public:
  /// `witness`: null where there is none.
  Impl(std::shared_ptr<const loader::Archive> archive,
       std::shared_ptr<const loader::Archive> witness, OpenOptions options);

  const Program& program() const noexcept { return *program_; }
  /// The program for callers that leave out parameters which have defaults, and whose inputs have
  /// these numbers of dimensions (empty: as guessed). Built at the first call for each; may be
  /// called concurrently.
  const Program& variant(const std::set<std::string>& omitted,
                         const runtime::InputRanks& ranks) const;

  /// May be called concurrently.
  std::span<const OutputInfo> outputs() const;

  std::vector<InputInfo> inputs;
  std::vector<WeightInfo> weights;
  ModelInfo info;
  std::vector<Lock> locks;
  std::vector<std::string> notes;

 private:
  using VariantKey = std::pair<std::set<std::string>, runtime::InputRanks>;
  std::unique_ptr<const Program> build(const VariantKey& key) const;
  runtime::Evidence evidence_for(const runtime::Graph& graph,
                                 const runtime::BuildOptions& built) const;
  void check_constants() const;

  std::shared_ptr<const loader::Archive> archive_;
  std::shared_ptr<const loader::Archive> witness_;
  std::string method_;
  std::vector<std::string> constants_;
  std::unique_ptr<const Program> program_;
  mutable std::mutex mutex_;
  mutable std::map<VariantKey, std::unique_ptr<const Program>> variants_;
  mutable std::once_flag outputs_found_;
  mutable std::vector<OutputInfo> outputs_;
};

/// The way from a Model to what it holds, for the rest of the runtime.
class ModelAccess {
 public:
  using Impl = Model::Impl;
  /// Throws henson::Error for a model that was moved from.
  static const Impl& impl(const Model& model) { return model.impl(); }
  /// As Model::open, of an archive that is open already.
  static Model make(std::shared_ptr<const loader::Archive> archive, OpenOptions options);
};

}  // namespace henson
