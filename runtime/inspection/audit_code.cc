// What the archive's code calls, whether or not a run would come there.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "runtime/import/types.h"
#include "runtime/inspection/audit_checks.h"
#include "runtime/operators/operator.h"

namespace henson::runtime {
namespace {

using script::Expr;
using script::ExprKind;

/// Operators that the importer resolves itself, and marks that mean nothing to the result.
constexpr std::array<std::string_view, 16> kStructural = {
    "aten::warn",         "prim::Print",          "aten::__is__",
    "aten::__isnot__",    "aten::append",         "aten::_set_item",
    "aten::__contains__", "aten::copy",           "aten::list",
    "aten::len",          "aten::dict",           "quantized::embedding_byte",
    "aten::__getitem__",  "prim::unchecked_cast", "prim::RaiseException",
    "aten::device"};

/// Operators of PyTorch that read or write files or speak to other machines.
constexpr std::array<std::string_view, 8> kReachingOut = {"aten::save",
                                                          "aten::from_file",
                                                          "aten::load",
                                                          "aten::_save_for_lite_interpreter",
                                                          "aten::_load_for_lite_interpreter",
                                                          "prim::rpc_async",
                                                          "prim::rpc_sync",
                                                          "prim::rpc_remote"};
constexpr std::array<std::string_view, 6> kReachingOutOf = {
    "rpc", "c10d", "_c10d_functional", "dist_rpc", "inductor", "aoti_torch"};

struct CalledAt {
  ErrorPlace place;
  std::size_t count = 0;
};

/// "aten::linear" of `torch.linear`, "quantized::linear" of `ops.quantized.linear`; empty for what
/// is no operator.
std::string operator_of(const std::string& dotted) {
  if (dotted.starts_with("torch.")) {
    const std::string name = dotted.substr(6);
    return name.find('.') == std::string::npos && name != "device" ? "aten::" + name
                                                                   : std::string();
  }
  if (!dotted.starts_with("ops.")) return {};
  const std::size_t dot = dotted.rfind('.');
  return dot <= 4 ? std::string() : dotted.substr(4, dot - 4) + "::" + dotted.substr(dot + 1);
}

class CallCollector {
 public:
  void collect(const script::Function& function) {
    entry_ = function.entry ? *function.entry : std::string();
    collect(function.body);
    for (const script::Parameter& parameter : function.parameters) {
      if (parameter.default_value) collect(*parameter.default_value);
    }
  }

  const std::map<std::string, CalledAt>& operators() const { return operators_; }

 private:
  void collect(const script::Block& block) {
    for (const script::Stmt& statement : block) {
      if (statement.value) collect(*statement.value);
      for (const script::ExprPtr& target : statement.targets) collect(*target);
      collect(statement.body);
      collect(statement.orelse);
    }
  }

  void collect(const Expr& expr) {
    if (expr.kind == ExprKind::kCall) {
      const std::string name = operator_of(dotted_name(*expr.children[0]));
      if (!name.empty()) {
        CalledAt& called = operators_[name];
        if (called.count++ == 0) called.place = {entry_, {}, expr.line};
      }
    }
    for (const script::ExprPtr& child : expr.children) collect(*child);
    for (const auto& [name, value] : expr.keywords) collect(*value);
  }

  std::string entry_;
  std::map<std::string, CalledAt> operators_;
};

bool has(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void judge(const std::string& name, const CalledAt& called, bool runs, Findings& findings) {
  const std::string space = name.substr(0, name.find(':'));
  if (has(kReachingOut, name) || has(kReachingOutOf, space)) {
    findings.add(
        rules::kOperator, Severity::kError, called.place,
        "the code calls " + name + ", which reaches files or other machines when PyTorch runs it");
    return;
  }
  const bool known = !OperatorTable::get().overloads(name).empty() || has(kStructural, name) ||
                     name.starts_with("profiler::_record_function_");
  if (known) return;
  const bool of_pytorch = space == "aten" || space == "prim" || space == "quantized" ||
                          space == "prims" || space == "profiler";
  findings.add(rules::kOperator,
               !of_pytorch ? Severity::kError
               : runs      ? Severity::kNote
                           : Severity::kWarning,
               called.place,
               of_pytorch ? "the code calls " + name + ", which Henson does not know" +
                                (runs ? ", and which no run comes to" : "")
                          : "the code calls " + name + " of the extension `" + space +
                                "`: compiled code from outside of PyTorch");
}

}  // namespace

std::size_t audit_code(const loader::Archive& archive, bool runs, Findings& findings) {
  CallCollector calls;
  for (const auto& [name, of_class] : archive.classes) {
    for (const script::Function& method : of_class.methods) calls.collect(method);
  }
  for (const auto& [name, function] : archive.functions) calls.collect(function);
  for (const auto& [name, called] : calls.operators()) judge(name, called, runs, findings);
  return calls.operators().size();
}

}  // namespace henson::runtime
