#include <set>

#include "loader/error.h"
#include "runtime/binding.h"
#include "runtime/model_impl.h"
#include "runtime/public_tensor.h"

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
    output.tensor = runtime::to_public(tensor->buffer()->read_only() ? tensor->clone() : *tensor);
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

}  // namespace

std::vector<Tensor> Output::tensors() const {
  std::vector<Tensor> tensors;
  collect_tensors(*this, tensors);
  return tensors;
}

struct Session::Impl {
  Model model;
  SessionOptions options;
};

Session::Session(const Model& model, SessionOptions options)
    : impl_(std::make_unique<Impl>(Impl{model, options})) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Output Session::run(std::span<const Tensor> inputs) {
  const std::vector<NamedInput> named =
      runtime::name_inputs(impl_->model.impl().program().built, inputs);
  return run(std::span<const NamedInput>(named));
}

Output Session::run(std::span<const NamedInput> inputs) {
  const Model::Impl& model = impl_->model.impl();
  const std::set<std::string> omitted = runtime::omitted_parameters(model.program().built, inputs);
  const Program* program = omitted.empty() ? &model.program() : &model.variant(omitted, {});
  const std::vector<runtime::Value> bound =
      runtime::bind_inputs(program->built, program->uses, inputs);
  const auto shapes = runtime::shapes_of(bound);
  if (!runtime::has_ranks(program->unlocked, shapes)) {
    program = &model.variant(omitted, runtime::ranks_of(shapes));
  }
  runtime::check_conditions(program->unlocked, program->built.graph, shapes);
  const std::vector<runtime::Value> leaves = program->interpreter.run(bound);
  std::span<const runtime::Value> remaining = leaves;
  return to_output(program->built.graph.output, remaining);
}

}  // namespace henson
