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

namespace henson {

/// A graph that is ready to run.
struct Program {
  explicit Program(runtime::BuiltGraph graph) : built(std::move(graph)), interpreter(built.graph) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  runtime::BuiltGraph built;
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
  loader::Archive archive_;
  std::unique_ptr<const Program> program_;
  mutable std::mutex mutex_;
  mutable std::map<std::set<std::string>, std::unique_ptr<const Program>> variants_;
};

}  // namespace henson
