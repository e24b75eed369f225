// What a Model holds. Internal to the runtime.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "loader/archive.h"
#include "runtime/graph/builder.h"
#include "runtime/henson.h"
#include "runtime/interpreter.h"
#include "runtime/passes/unlock.h"

namespace henson {

/// A graph that is ready to run.
struct Program {
  Program(runtime::BuiltGraph graph, const runtime::TracedShapes& traced)
      : built(std::move(graph)),
        unlocked(runtime::unlock(built.graph, traced)),
        interpreter(built.graph) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  runtime::BuiltGraph built;
  runtime::UnlockResult unlocked;
  runtime::Interpreter interpreter;
};

class Model::Impl {
 public:
  explicit Impl(loader::Archive opened);

  const Program& program() const noexcept { return *program_; }
  /// The program for callers that leave out parameters which have defaults. Built at the first call
  /// for a set; may be called concurrently.
  const Program& program_without(const std::set<std::string>& omitted) const;

  std::vector<InputInfo> inputs;
  std::vector<WeightInfo> weights;
  ModelInfo info;
  std::vector<Lock> locks;
  std::vector<std::string> notes;

 private:
  std::unique_ptr<const Program> build(const std::set<std::string>& omitted) const;

  loader::Archive archive_;
  std::unique_ptr<const Program> program_;
  mutable std::mutex mutex_;
  mutable std::map<std::set<std::string>, std::unique_ptr<const Program>> variants_;
};

}  // namespace henson
