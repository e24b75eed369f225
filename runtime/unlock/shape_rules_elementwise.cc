// Sizes of elementwise operators, and of those that keep the size of their first argument.
#include <algorithm>

#include "runtime/unlock/shape_analysis.h"

namespace henson::runtime {
namespace {

std::optional<Dimension> combine(RuleCall& call, const Dimension& a, const Dimension& b) {
  const std::string& name = call.name();
  const auto is = [&](std::string_view base) {
    return name == base || name == std::string(base) + "_";
  };
  const std::optional<std::size_t> alpha = call.argument("alpha");
  const Dimension scale = Dimension::of(alpha ? call.number(*alpha).value_or(1) : 1);
  if (is("aten::add")) return a + scale * b;
  if (is("aten::sub")) return a - scale * b;
  if (is("aten::rsub")) return b - scale * a;
  if (is("aten::mul")) return a * b;
  if (is("aten::floor_divide") || is("aten::floordiv") || is("aten::div") ||
      is("aten::remainder")) {
    const std::optional<std::int64_t> x = call.solver().traced(a);
    const std::optional<std::int64_t> y = call.solver().traced(b);
    std::optional<std::int64_t> traced;
    if (x && y && *y != 0) traced = is("aten::remainder") ? *x % *y : *x / *y;
    return call.solver().derived(name, a, b, traced);
  }
  return std::nullopt;
}

void elementwise(RuleCall& call) {
  std::optional<Dimensions> sizes = Dimensions{};
  for (std::size_t i = 0; i < call.size(); ++i) {
    if (!call.is_tensor(i)) continue;
    const std::optional<Dimensions> own = call.dims(i);
    if (!own || !sizes) {
      sizes.reset();
    } else {
      sizes = call.broadcast(*sizes, *own);
    }
  }
  AbstractValue result{sizes, {}, {}, {}};
  if (sizes && sizes->empty() && call.size() >= 2) {
    const std::optional<Dimension> a = call.value(0).content;
    const std::optional<Dimension> b = call.value(1).content;
    if (a && b)
      result.content = combine(call, call.solver().resolve(*a), call.solver().resolve(*b));
  }
  if (call.name() == "aten::add" && call.value(0).last) {
    const std::optional<Dimension>& more = call.value(1).content;
    if (more && call.number("alpha").value_or(1) == 1) result.last = *call.value(0).last + *more;
  }
  if (call.name().ends_with('_') && call.value(0).dims) {
    result.dims = call.dims(0);
    call.value(0).content = result.content;
  }
  while (!call.complete()) call.give(result);
}

void keep_first(RuleCall& call) {
  AbstractValue result{
      call.dims(0), call.value(0).content, {}, call.value(0).summed_over, call.value(0).last};
  while (!call.complete()) call.give(result);
}

/// The same size, other contents: index_fill(self, dim, index, …) writes to rows by their numbers.
void keep_size(RuleCall& call) {
  const std::optional<std::size_t> index = call.argument("index");
  const auto dim = call.number("dim");
  const std::optional<Dimensions> sizes = call.dims(0);
  if (index && dim && sizes && !sizes->empty()) {
    call.take_rows((*sizes)[call.wrap(*dim, sizes->size())], call.node().inputs[*index]);
  }
  AbstractValue result{call.dims(0), {}, {}, {}};
  while (!call.complete()) call.give(result);
}

void embedding(RuleCall& call) {
  const std::optional<Dimensions> table = call.dims(0);
  std::optional<Dimensions> sizes = call.dims(1);
  if (!table || !sizes || table->size() != 2) return;
  const Tensor* const known = call.known_tensor(call.node().inputs[1]);
  if (known != nullptr && known->numel() == 1 && is_integral(known->dtype())) {
    call.hold_number(*known->to(DType::kInt64).data<std::int64_t>(), "a row of a table", true);
  }
  const auto rows = (*table)[0].literal();
  if (const auto& last = call.value(1).last; rows && last) {
    call.limit(*last + Dimension::of(1), *rows);
  }
  sizes->push_back((*table)[1]);
  call.give(std::move(*sizes));
}

/// Reductions over `dim` (one, several, or all) with `keepdim`.
void reduce(RuleCall& call) {
  const std::optional<Dimensions> sizes = call.dims(0);
  if (!sizes) return;
  const std::optional<std::size_t> dim = call.argument("dim");
  std::vector<bool> reduced(sizes->size(), true);
  if (dim) {
    if (call.constant(*dim) && call.constant(*dim)->is_none()) {
      // all of them
    } else if (const auto dims = call.numbers(*dim)) {
      if (!dims->empty()) reduced.assign(sizes->size(), false);
      for (const std::int64_t d : *dims) {
        if (!sizes->empty()) reduced[call.wrap(d, sizes->size())] = true;
      }
    } else {
      return;
    }
  }
  const bool keep = call.flag("keepdim");
  AbstractValue result;
  result.dims.emplace();
  Dimension over = Dimension::of(1);
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if (reduced[d]) over = over * (*sizes)[d];
    if (!reduced[d]) result.dims->push_back((*sizes)[d]);
    if (reduced[d] && keep) result.dims->push_back(Dimension::of(1));
  }
  if (call.name() == "aten::sum" && call.depends_on_input(over)) result.summed_over = over;
  while (!call.complete()) call.give(result);
}

/// Reductions that exist over everything, over a dimension, and between two tensors.
void reduce_or_compare(RuleCall& call) {
  if (call.argument("other")) {
    elementwise(call);
  } else {
    reduce(call);
  }
}

void topk(RuleCall& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::int64_t> k = call.number(std::size_t{1});
  if (!sizes || !k || sizes->empty()) return;
  const std::size_t dim = call.wrap(call.number("dim").value_or(-1), sizes->size());
  Dimension& taken = (*sizes)[dim];
  const auto traced = call.solver().traced(taken);
  if (call.depends_on_input(taken) && *k > 1 && (!traced || RuleCall::may_stem_from(*k, *traced))) {
    call.lock(taken, traced.value_or(*k), false,
              "the best " + std::to_string(*k) + " are taken of as many as the dummy input had");
  }
  taken = Dimension::of(*k);
  while (!call.complete()) call.give(*sizes);
}

}  // namespace

void add_elementwise_rules(ShapeRules& rules) {
  for (const char* const name :
       {"add",          "sub",         "rsub",       "mul",         "div",         "true_divide",
        "floor_divide", "remainder",   "fmod",       "pow",         "maximum",     "minimum",
        "atan2",        "eq",          "ne",         "lt",          "le",          "gt",
        "ge",           "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or",
        "bitwise_xor",  "__and__",     "__or__",     "__xor__",     "where",       "masked_fill",
        "addcmul",      "addcdiv",     "lerp",       "subtract",    "multiply",    "divide",
        "__lshift__",   "__rshift__",  "clamp"}) {
    rules.emplace(std::string("aten::") + name, elementwise);
    rules.emplace(std::string("aten::") + name + "_", elementwise);
  }
  for (const char* const name : {"to",
                                 "type_as",
                                 "contiguous",
                                 "clone",
                                 "detach",
                                 "detach_",
                                 "alias",
                                 "lift_fresh",
                                 "lift",
                                 "_to_copy",
                                 "cpu",
                                 "cuda",
                                 "requires_grad_",
                                 "dropout",
                                 "dropout_",
                                 "feature_dropout",
                                 "alpha_dropout",
                                 "resolve_conj",
                                 "resolve_neg",
                                 "pin_memory",
                                 "data",
                                 "positive",
                                 "_autocast_to_reduced_precision",
                                 "_autocast_to_full_precision",
                                 "to_dense"}) {
    rules.emplace(std::string("aten::") + name, keep_first);
  }
  rules.emplace("prim::data", keep_first);
  rules.emplace("prim::unchecked_cast", keep_first);
  for (const char* const name : {"neg",         "abs",         "exp",
                                 "expm1",       "log",         "log2",
                                 "log10",       "log1p",       "sqrt",
                                 "rsqrt",       "sin",         "cos",
                                 "tan",         "tanh",        "sigmoid",
                                 "erf",         "erfc",        "relu",
                                 "relu6",       "gelu",        "silu",
                                 "mish",        "elu",         "selu",
                                 "celu",        "leaky_relu",  "hardtanh",
                                 "hardswish",   "hardsigmoid", "softplus",
                                 "softmax",     "log_softmax", "_softmax",
                                 "layer_norm",  "cumsum",      "cumprod",
                                 "logical_not", "bitwise_not", "square",
                                 "reciprocal",  "sign",        "floor",
                                 "ceil",        "round",       "trunc",
                                 "frac",        "isnan",       "isinf",
                                 "isfinite",    "clamp_min",   "clamp_max",
                                 "clip",        "threshold",   "nan_to_num",
                                 "zeros_like",  "ones_like",   "full_like",
                                 "empty_like",  "tril",        "triu",
                                 "flip",        "roll",        "batch_norm",
                                 "group_norm",  "rms_norm",    "native_dropout",
                                 "logsigmoid",  "log_sigmoid", "softsign",
                                 "fill",        "zero",        "sort",
                                 "argsort",     "scatter",     "scatter_add",
                                 "index_fill",  "index_put",   "_index_put_impl",
                                 "index_copy",  "index_add",   "masked_scatter",
                                 "copy",        "bernoulli",   "renorm",
                                 "__iand__",    "__ior__"}) {
    rules.emplace(std::string("aten::") + name, keep_size);
    rules.emplace(std::string("aten::") + name + "_", keep_size);
  }
  for (const char* const name :
       {"aten::sum", "aten::mean", "aten::prod", "aten::amax", "aten::amin", "aten::argmax",
        "aten::argmin", "aten::var", "aten::std", "aten::all", "aten::any", "aten::norm",
        "aten::linalg_vector_norm", "aten::logsumexp", "aten::median", "aten::count_nonzero",
        "aten::var_mean", "aten::std_mean", "aten::cummax"}) {
    rules.emplace(name, reduce);
  }
  rules.emplace("aten::max", reduce_or_compare);
  rules.emplace("aten::min", reduce_or_compare);
  rules.emplace("aten::topk", topk);
  rules.emplace("aten::embedding", embedding);
}

}  // namespace henson::runtime
