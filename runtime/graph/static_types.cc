#include "runtime/graph/static_types.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "runtime/operators/promotion.h"

namespace henson::runtime {
namespace {

using NameSet = std::unordered_set<std::string>;

const NameSet& boolean_results() {
  static const NameSet kNames = {"aten::eq",          "aten::ne",         "aten::lt",
                                 "aten::le",          "aten::gt",         "aten::ge",
                                 "aten::logical_and", "aten::logical_or", "aten::logical_not",
                                 "aten::logical_xor", "aten::isnan",      "aten::isinf",
                                 "aten::isfinite",    "aten::isin",       "aten::isclose"};
  return kNames;
}

/// The result has the dtype of the first tensor, or floats when that is an integer.
const NameSet& floating_results() {
  static const NameSet kNames = {
      "aten::softmax", "aten::log_softmax", "aten::exp",        "aten::log",
      "aten::sqrt",    "aten::rsqrt",       "aten::tanh",       "aten::sigmoid",
      "aten::erf",     "aten::mean",        "aten::reciprocal", "aten::sin",
      "aten::cos",     "aten::norm",        "aten::log1p",      "aten::linalg_vector_norm"};
  return kNames;
}

const NameSet& promoting() {
  static const NameSet kNames = {"aten::add",     "aten::sub",     "aten::mul", "aten::rsub",
                                 "aten::maximum", "aten::minimum", "aten::pow", "aten::remainder"};
  return kNames;
}

/// The result has the dtype of the first tensor.
const NameSet& keeping() {
  static const NameSet kNames = {"aten::view",
                                 "aten::reshape",
                                 "aten::permute",
                                 "aten::transpose",
                                 "aten::t",
                                 "aten::squeeze",
                                 "aten::unsqueeze",
                                 "aten::flatten",
                                 "aten::expand",
                                 "aten::expand_as",
                                 "aten::slice",
                                 "aten::select",
                                 "aten::narrow",
                                 "aten::split",
                                 "aten::chunk",
                                 "aten::unbind",
                                 "aten::contiguous",
                                 "aten::clone",
                                 "aten::detach",
                                 "aten::alias",
                                 "aten::dropout",
                                 "aten::relu",
                                 "aten::gelu",
                                 "aten::silu",
                                 "aten::layer_norm",
                                 "aten::linear",
                                 "aten::matmul",
                                 "aten::bmm",
                                 "aten::mm",
                                 "aten::addmm",
                                 "aten::baddbmm",
                                 "aten::embedding",
                                 "aten::masked_fill",
                                 "aten::index",
                                 "aten::index_select",
                                 "aten::gather",
                                 "aten::clamp",
                                 "aten::clamp_min",
                                 "aten::clamp_max",
                                 "aten::neg",
                                 "aten::abs",
                                 "aten::repeat",
                                 "aten::scaled_dot_product_attention",
                                 "aten::tril",
                                 "aten::triu",
                                 "aten::cumsum",
                                 "aten::amax",
                                 "aten::amin",
                                 "aten::lift_fresh",
                                 "aten::lift",
                                 "aten::zeros_like",
                                 "aten::ones_like",
                                 "aten::full_like",
                                 "aten::floor",
                                 "aten::einsum",
                                 "aten::cat",
                                 "aten::stack",
                                 "aten::flip",
                                 "aten::roll",
                                 "aten::bitwise_and",
                                 "aten::bitwise_not",
                                 "aten::__and__",
                                 "aten::__or__",
                                 "aten::new_ones",
                                 "aten::new_zeros",
                                 "aten::new_full",
                                 "aten::ge_",
                                 "aten::feature_dropout",
                                 "aten::unflatten",
                                 "aten::movedim",
                                 "aten::index_put"};
  return kNames;
}

class Query {
 public:
  Query(const Graph& graph, const Operator& op, const std::vector<ValueId>& inputs)
      : graph_(graph), op_(op), inputs_(inputs) {}

  std::optional<DType> result() const {
    const std::string& name = op_.schema.name;
    if (const std::optional<DType> named = dtype_argument()) return named;
    if (name.ends_with('_') && !name.ends_with("__")) return first();
    if (boolean_results().contains(name)) {
      return op_.versions.last < kFirstVersionWithBool ? DType::kUInt8 : DType::kBool;
    }
    if (name == "aten::type_as" || name == "aten::to") {
      return name == "aten::type_as" || op_.schema.overload == "other" ? of(1) : first();
    }
    if (name == "prim::NumToTensor") return number_dtype();
    if (name == "aten::div" || name == "aten::true_divide") return divided();
    if (floating_results().contains(name)) return floating(first());
    if (promoting().contains(name)) return promoted();
    if (name == "aten::sum") return first() ? summed(*first()) : first();
    if (name == "quantized::linear_dynamic") return DType::kFloat32;
    if (keeping().contains(name)) return first();
    return std::nullopt;
  }

  std::optional<bool> floating_result() const {
    const std::string& name = op_.schema.name;
    if (const std::optional<DType> dtype = result()) return is_floating(*dtype);
    if (floating_results().contains(name)) return true;
    if (promoting().contains(name) || name == "aten::div" || name == "aten::true_divide") {
      for (std::size_t i = 0; i < 2; ++i) {
        if (floating_at(i) == true) return true;
      }
      return std::nullopt;
    }
    const bool in_place = name.ends_with('_') && !name.ends_with("__");
    if (in_place || name == "aten::sum" || keeping().contains(name)) return floating_first();
    return std::nullopt;
  }

 private:
  std::optional<bool> floating_first() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const TypeKind kind = graph_.values[inputs_[i]].type.kind;
      if (kind == TypeKind::kTensor || kind == TypeKind::kList) return floating_at(i);
    }
    return std::nullopt;
  }

  std::optional<bool> floating_at(std::size_t i) const {
    const GraphValue& value = graph_.values[inputs_[i]];
    if (value.type.kind == TypeKind::kFloat) return true;
    if (value.dtype) return is_floating(*value.dtype);
    return value.floating;
  }

  std::optional<DType> of(std::size_t i) const {
    return i < inputs_.size() ? graph_.values[inputs_[i]].dtype : std::nullopt;
  }

  /// The first tensor's, or that of the tensors of the first list.
  std::optional<DType> first() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const TypeKind kind = graph_.values[inputs_[i]].type.kind;
      if (kind == TypeKind::kTensor || kind == TypeKind::kList) return of(i);
    }
    return std::nullopt;
  }

  std::optional<DType> dtype_argument() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (op_.schema.arguments[i].name != "dtype") continue;
      const std::optional<Value>& value = graph_.values[inputs_[i]].constant;
      if (!value || !value->is<std::int64_t>()) return std::nullopt;
      return dtype_from_number(value->as<std::int64_t>());
    }
    return std::nullopt;
  }

  std::optional<DType> number_dtype() const {
    switch (graph_.values[inputs_[0]].type.kind) {
      case TypeKind::kInt:
        return DType::kInt64;
      case TypeKind::kBool:
        return DType::kBool;
      default:
        return std::nullopt;
    }
  }

  static std::optional<DType> floating(std::optional<DType> dtype) {
    if (!dtype) return dtype;
    return is_floating(*dtype) ? dtype : DType::kFloat32;
  }

  static DType summed(DType dtype) { return is_floating(dtype) ? dtype : DType::kInt64; }

  /// Of dimensions nothing is known: what all of the ranks agree on is the result.
  std::optional<DType> promoted() const {
    const std::optional<DType> a = of(0);
    if (!a) return std::nullopt;
    const Type& other = graph_.values[inputs_[1]].type;
    if (other.kind == TypeKind::kTensor) {
      const std::optional<DType> b = of(1);
      if (!b) return std::nullopt;
      if (*a == *b) return a;
      const bool same_category = is_floating(*a) == is_floating(*b);
      return same_category ? std::nullopt : std::optional(promote(*a, *b));
    }
    if (other.kind == TypeKind::kFloat) return floating(a);
    return other.kind == TypeKind::kInt && *a != DType::kBool ? a : std::nullopt;
  }

  std::optional<DType> divided() const {
    const std::optional<DType> both = promoted();
    if (both && is_floating(*both)) return both;
    if (op_.versions.last <= 3 || !op_.schema.arguments.empty()) {
      // Of integers: truncated in old archives and with a rounding mode, floating otherwise.
      return std::nullopt;
    }
    return floating(both);
  }

  const Graph& graph_;
  const Operator& op_;
  const std::vector<ValueId>& inputs_;
};

}  // namespace

std::vector<std::optional<DType>> result_dtypes(const Graph& graph, const Operator& op,
                                                const std::vector<ValueId>& inputs) {
  std::vector<std::optional<DType>> dtypes(op.schema.results.size());
  if (dtypes.empty()) return dtypes;
  dtypes[0] = Query(graph, op, inputs).result();
  const std::string& name = op.schema.name;
  if (dtypes.size() == 2 && (name == "aten::max" || name == "aten::min" || name == "aten::topk" ||
                             name == "aten::sort")) {
    dtypes[0] = graph.values[inputs[0]].dtype;
    dtypes[1] = DType::kInt64;
  }
  return dtypes;
}

std::optional<bool> result_floating(const Graph& graph, const Operator& op,
                                    const std::vector<ValueId>& inputs) {
  return Query(graph, op, inputs).floating_result();
}

std::optional<Value> static_result(const Graph& graph, const Operator& op,
                                   const std::vector<ValueId>& inputs) {
  const std::string& name = op.schema.name;
  if (name == "prim::is_cuda" || name == "aten::is_cuda" || name == "prim::is_mkldnn") return false;
  if (inputs.size() != 1) return std::nullopt;
  const std::optional<DType> dtype = graph.values[inputs[0]].dtype;
  if (name == "aten::is_floating_point") {
    const std::optional<bool> floating =
        dtype ? std::optional(is_floating(*dtype)) : graph.values[inputs[0]].floating;
    return floating ? std::optional<Value>(*floating) : std::nullopt;
  }
  if (!dtype) return std::nullopt;
  if (name == "aten::is_complex") return false;
  if (name == "prim::dtype") return static_cast<std::int64_t>(*dtype);
  return std::nullopt;
}

Type element_type(const Graph& graph, const std::vector<ValueId>& inputs) {
  for (const ValueId id : inputs) {
    const Type& type = graph.values[id].type;
    if (type.kind == TypeKind::kList || type.kind == TypeKind::kDict) return type.elements[0];
  }
  return {};
}

}  // namespace henson::runtime
