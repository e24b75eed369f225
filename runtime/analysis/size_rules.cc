// Sizes of elementwise operators, reductions and products; which rule an operator has.
#include "runtime/analysis/size_rules.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace henson::runtime {

const std::vector<SizeRule::Entry>& SizeRule::entries() {
  static const std::vector<Entry> kEntries = {
      {&SizeRule::keep_first,
       {"to", "type_as", "contiguous", "clone", "detach", "alias", "lift_fresh", "_to_copy", "cpu",
        "cuda", "dropout", "dropout_", "feature_dropout", "data", "_autocast_to_reduced_precision",
        "_autocast_to_full_precision", "positive"}},
      {&SizeRule::keep,
       {"neg",         "abs",         "exp",         "log",        "sqrt",       "rsqrt",
        "sin",         "cos",         "tanh",        "sigmoid",    "erf",        "relu",
        "gelu",        "silu",        "mish",        "elu",        "leaky_relu", "hardtanh",
        "softplus",    "softmax",     "log_softmax", "_softmax",   "layer_norm", "cumsum",
        "logical_not", "bitwise_not", "square",      "reciprocal", "floor",      "ceil",
        "round",       "isnan",       "clamp_min",   "clamp_max",  "nan_to_num", "zeros_like",
        "ones_like",   "full_like",   "tril",        "triu",       "rms_norm",   "fill",
        "flip",        "roll",        "clip",        "rand_like",  "empty_like"}},
      {&SizeRule::elementwise,
       {"true_divide", "remainder",   "pow",         "maximum",     "minimum",     "eq",
        "ne",          "lt",          "le",          "gt",          "ge",          "logical_and",
        "logical_or",  "logical_xor", "bitwise_and", "bitwise_or",  "bitwise_xor", "__and__",
        "__or__",      "__xor__",     "where",       "masked_fill", "addcmul",     "addcdiv",
        "lerp",        "clamp",       "rsub"}},
      {&SizeRule::arithmetic, {"add", "sub", "mul", "div", "floor_divide", "floordiv", "subtract"}},
      {&SizeRule::reduce, {"sum", "mean", "amax", "amin", "var", "std", "norm"}},
      {&SizeRule::reduce_or_compare, {"all", "any", "max", "min"}},
      {&SizeRule::embedding, {"embedding"}},
      {&SizeRule::embeddings, {"embeddings"}},
      {&SizeRule::linear, {"linear"}},
      {&SizeRule::quantized_linear, {"linear_dynamic", "linear_dynamic_fp16"}},
      {&SizeRule::matmul, {"matmul", "mm", "bmm"}},
      {&SizeRule::added_product, {"addmm", "baddbmm"}},
      {&SizeRule::attention, {"scaled_dot_product_attention"}},
      {&SizeRule::einsum, {"einsum"}},
      {&SizeRule::view, {"view", "reshape", "_unsafe_view"}},
      {&SizeRule::view_as, {"view_as", "reshape_as", "expand_as"}},
      {&SizeRule::permute, {"permute"}},
      {&SizeRule::transpose, {"transpose", "t", "mT", "swapaxes", "swapdims", "numpy_T"}},
      {&SizeRule::unsqueeze, {"unsqueeze"}},
      {&SizeRule::squeeze, {"squeeze"}},
      {&SizeRule::flatten, {"flatten"}},
      {&SizeRule::unflatten, {"unflatten"}},
      {&SizeRule::expand, {"expand", "broadcast_to"}},
      {&SizeRule::slice, {"slice"}},
      {&SizeRule::narrow, {"narrow"}},
      {&SizeRule::select, {"select"}},
      {&SizeRule::index, {"index"}},
      {&SizeRule::index_select, {"index_select"}},
      {&SizeRule::outer, {"outer", "ger"}},
      {&SizeRule::pad, {"pad", "constant_pad_nd"}},
      {&SizeRule::split, {"split", "chunk", "split_with_sizes"}},
      {&SizeRule::unbind, {"unbind"}},
      {&SizeRule::cat, {"cat", "concat"}},
      {&SizeRule::stack, {"stack"}},
      {&SizeRule::repeat, {"repeat"}},
      {&SizeRule::create, {"zeros", "ones", "full", "new_zeros", "new_ones", "new_full"}},
      {&SizeRule::arange, {"arange"}},
      {&SizeRule::size_of, {"size"}},
      {&SizeRule::same_number,
       {"NumToTensor", "scalar_tensor", "Int", "IntImplicit", "ScalarImplicit", "item"}},
      {&SizeRule::list_item, {"__getitem__"}}};
  return kEntries;
}

SizeRule::Rule SizeRule::find(const std::string& name) {
  static const std::unordered_map<std::string, Rule> kRules = [] {
    std::unordered_map<std::string, Rule> rules;
    for (const Entry& entry : entries()) {
      for (const char* const base : entry.names) rules.emplace(base, entry.rule);
    }
    return rules;
  }();
  const std::size_t colons = name.find("::");
  std::string base = colons == std::string::npos ? name : name.substr(colons + 2);
  auto found = kRules.find(base);
  if (found == kRules.end() && base.ends_with('_') && !base.ends_with("__")) {
    base.pop_back();
    found = kRules.find(base);
    // In place: the size is the first argument's own.
    if (found != kRules.end()) return &SizeRule::keep;
  }
  return found == kRules.end() ? nullptr : found->second;
}

void SizeRule::apply() {
  if (const Rule rule = find(node_.op->schema.name)) (this->*rule)();
}

bool SizeRule::is_tensor(std::size_t i) const {
  return i < node_.inputs.size() &&
         sizes_.graph_.values[node_.inputs[i]].type.kind == TypeKind::kTensor;
}

bool SizeRule::is_none(std::size_t i) const {
  const std::optional<Value>& constant = sizes_.graph_.values[node_.inputs[i]].constant;
  return constant && constant->is_none();
}

std::optional<std::int64_t> SizeRule::literal(std::size_t i) const {
  const std::optional<Value>& constant = sizes_.graph_.values[node_.inputs[i]].constant;
  if (constant && constant->is<bool>()) return constant->as<bool>() ? 1 : 0;
  const std::optional<Dimension> size = number(i);
  return size ? size->literal() : std::nullopt;
}

std::optional<std::size_t> SizeRule::place_of(std::string_view argument) const {
  const std::vector<Argument>& arguments = node_.op->schema.arguments;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name == argument) return i;
  }
  return std::nullopt;
}

/// Of an argument that is left out of the schema: `otherwise`; of one that is not known: nothing.
std::optional<std::int64_t> SizeRule::argument(std::string_view name,
                                               std::int64_t otherwise) const {
  const std::optional<std::size_t> place = place_of(name);
  return place ? literal(*place) : std::optional(otherwise);
}

std::optional<std::vector<Dimension>> SizeRule::list(std::size_t i) const {
  std::vector<Dimension> found;
  if (const std::optional<Dimension> one = number(i)) return std::vector{*one};
  if (!known(i).items) return std::nullopt;
  for (const Known& item : *known(i).items) {
    if (!item.number) return std::nullopt;
    found.push_back(sizes_.resolve(*item.number));
  }
  return found;
}

/// What a list that the code makes holds.
std::vector<ValueId> SizeRule::list_parts(std::size_t i) const {
  const auto made = sizes_.lists_.find(node_.inputs[i]);
  return made == sizes_.lists_.end() ? std::vector<ValueId>{} : made->second->inputs;
}

std::optional<std::vector<std::int64_t>> SizeRule::literals(std::size_t i) const {
  const std::optional<std::vector<Dimension>> sizes = list(i);
  if (!sizes) return std::nullopt;
  std::vector<std::int64_t> found;
  for (const Dimension& size : *sizes) {
    if (!size.literal()) return std::nullopt;
    found.push_back(*size.literal());
  }
  return found;
}

std::optional<std::size_t> SizeRule::wrap(std::optional<std::int64_t> dim, std::size_t rank) {
  const auto bound = static_cast<std::int64_t>(rank);
  if (!dim || *dim < -bound || *dim >= bound) return std::nullopt;
  return static_cast<std::size_t>(*dim < 0 ? *dim + bound : *dim);
}

void SizeRule::give_number(std::optional<Dimension> number) {
  sizes_.values_[node_.outputs[0]].number = std::move(number);
}

KnownSizes::Dimensions SizeRule::broadcast(const Dimensions& a, const Dimensions& b) {
  Dimensions result(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const Dimension x = i < a.size() ? a[a.size() - 1 - i] : Dimension::of(1);
    const Dimension y = i < b.size() ? b[b.size() - 1 - i] : Dimension::of(1);
    result[result.size() - 1 - i] = sizes_.broadcast(x, y);
  }
  return result;
}

void SizeRule::keep() {
  if (const auto sizes = dims(0)) give(*sizes);
}

void SizeRule::keep_first() {
  keep();
  const std::optional<DType> dtype = sizes_.graph_.values[node_.outputs[0]].dtype;
  if (dtype && is_integral(*dtype)) give_number(number(0));
}

void SizeRule::elementwise() {
  Dimensions sizes;
  for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
    if (!is_tensor(i)) continue;
    const std::optional<Dimensions> own = dims(i);
    if (!own) return;
    sizes = broadcast(sizes, *own);
  }
  give(std::move(sizes));
}

/// Whether it is what a name meant in archives of long ago: div of whole numbers dropped fractions.
bool SizeRule::is_old() const { return node_.op->versions.last <= 3; }

/// Also of the sizes themselves.
void SizeRule::arithmetic() {
  if (is_tensor(0) || is_tensor(1)) elementwise();
  const std::optional<Dimension> a = number(0);
  const std::optional<Dimension> b = number(1);
  if (!a || !b || argument("alpha", 1) != 1) return;
  const std::string& name = node_.op->schema.name;
  if (name == "aten::add") give_number(*a + *b);
  if (name == "aten::sub") give_number(*a - *b);
  if (name == "aten::mul") give_number(*a * *b);
  const bool rounds = name == "aten::floordiv" || name == "aten::floor_divide" ||
                      (name == "aten::div" && (place_of("rounding_mode") || is_old()));
  if (!rounds) return;
  const std::optional<Dimension> quotient = whole_quotient(*a, *b);
  give_number(quotient ? *quotient : sizes_.symbol({}));
}

void SizeRule::reduce() {
  const std::optional<Dimensions> sizes = dims(0);
  const std::optional<std::size_t> place = place_of("dim");
  if (!sizes || !place || is_none(*place)) return;
  const auto chosen = literals(*place);
  if (!chosen || chosen->empty()) return;
  std::vector<bool> reduced(sizes->size(), false);
  for (const std::int64_t dim : *chosen) {
    const auto at = wrap(dim, sizes->size());
    if (!at) return;
    reduced[*at] = true;
  }
  const bool keeps = argument("keepdim", 0) == 1;
  Dimensions result;
  for (std::size_t d = 0; d < sizes->size(); ++d) {
    if (!reduced[d]) result.push_back((*sizes)[d]);
    if (reduced[d] && keeps) result.push_back(Dimension::of(1));
  }
  give(std::move(result));
}

/// Of two tensors, or over dimensions of one.
void SizeRule::reduce_or_compare() {
  if (place_of("other")) {
    elementwise();
  } else {
    reduce();
  }
}

void SizeRule::embedding() {
  const std::optional<Dimensions> table = dims(0);
  std::optional<Dimensions> sizes = dims(1);
  if (!table || !sizes || table->size() != 2) return;
  sizes->push_back((*table)[1]);
  give(std::move(*sizes));
}

/// henson::embeddings.
void SizeRule::embeddings() {
  const std::optional<std::vector<Known>> tables = known(0).items;
  const std::optional<std::vector<Known>> indices = known(1).items;
  const std::optional<std::vector<Known>> addends = known(2).items;
  if (!tables || !indices || !addends || tables->size() != indices->size()) return;
  Dimensions sizes;
  for (std::size_t i = 0; i < tables->size(); ++i) {
    std::optional<Dimensions> rows = (*indices)[i].dims;
    if (!rows || !(*tables)[i].dims || (*tables)[i].dims->size() != 2) return;
    rows->push_back((*tables)[i].dims->back());
    sizes = broadcast(sizes, *rows);
  }
  for (const Known& addend : *addends) {
    if (!addend.dims) return;
    sizes = broadcast(sizes, *addend.dims);
  }
  give(std::move(sizes));
}

void SizeRule::linear() {
  std::optional<Dimensions> x = dims(0);
  const std::optional<Dimensions> weight = dims(1);
  if (!x || !weight || x->empty() || weight->size() != 2) return;
  sizes_.require_equal(x->back(), (*weight)[1]);
  x->back() = (*weight)[0];
  give(std::move(*x));
}

void SizeRule::quantized_linear() {
  std::optional<Dimensions> x = dims(0);
  const std::optional<Value>& constant = sizes_.graph_.values[node_.inputs[1]].constant;
  if (!x || x->empty() || !constant) return;
  const auto* packed = std::get_if<std::shared_ptr<const PackedLinear>>(&*constant);
  if (packed == nullptr) return;
  sizes_.require_equal(x->back(), Dimension::of((*packed)->weight.size(1)));
  x->back() = Dimension::of((*packed)->weight.size(0));
  give(std::move(*x));
}

/// Of operands with two dimensions or more.
std::optional<KnownSizes::Dimensions> SizeRule::product(std::size_t a, std::size_t b) {
  std::optional<Dimensions> x = dims(a);
  std::optional<Dimensions> y = dims(b);
  if (!x || !y || x->size() < 2 || y->size() < 2) return std::nullopt;
  sizes_.require_equal(x->back(), (*y)[y->size() - 2]);
  const Dimension rows = (*x)[x->size() - 2];
  const Dimension columns = y->back();
  x->resize(x->size() - 2);
  y->resize(y->size() - 2);
  Dimensions result = broadcast(*x, *y);
  result.push_back(rows);
  result.push_back(columns);
  return result;
}

void SizeRule::outer() {
  const std::optional<Dimensions> a = dims(0);
  const std::optional<Dimensions> b = dims(1);
  if (a && b && a->size() == 1 && b->size() == 1) give({a->front(), b->front()});
}

void SizeRule::matmul() {
  if (auto result = product(0, 1)) give(std::move(*result));
}

void SizeRule::added_product() {
  if (auto result = product(1, 2)) give(std::move(*result));
}

void SizeRule::attention() {
  std::optional<Dimensions> scores = dims(0);
  const std::optional<Dimensions> key = dims(1);
  const std::optional<Dimensions> value = dims(2);
  if (!scores || !key || !value || scores->size() < 2 || key->size() < 2 || value->empty()) return;
  scores->back() = (*key)[key->size() - 2];
  if (!is_none(3)) {
    const std::optional<Dimensions> mask = dims(3);
    if (!mask) return;
    scores = broadcast(*scores, *mask);
  }
  scores->back() = value->back();
  give(std::move(*scores));
}

void SizeRule::einsum() {
  const std::optional<Value>& constant = sizes_.graph_.values[node_.inputs[0]].constant;
  if (!constant || !constant->is<std::string>() || !known(1).items) return;
  std::string equation = constant->as<std::string>();
  std::erase(equation, ' ');
  const std::size_t arrow = equation.find("->");
  if (arrow == std::string::npos || equation.find('.') != std::string::npos) return;
  std::map<char, Dimension> sizes;
  std::size_t at = 0;
  for (const Known& operand : *known(1).items) {
    if (!operand.dims) return;
    for (const Dimension& size : *operand.dims) {
      if (at >= arrow || equation[at] == ',') return;
      const auto [label, fresh] = sizes.emplace(equation[at++], size);
      if (!fresh) label->second = sizes_.broadcast(label->second, size);
    }
    if (at < arrow && equation[at] == ',') ++at;
  }
  if (at != arrow) return;
  Dimensions result;
  for (const char label : equation.substr(arrow + 2)) {
    if (!sizes.contains(label)) return;
    result.push_back(sizes_.resolve(sizes[label]));
  }
  give(std::move(result));
}

}  // namespace henson::runtime
