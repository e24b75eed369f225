// Numbers in the code's arithmetic that a size of the dummy input may have given: x / sqrt(7).
#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "runtime/passes/baked_values.h"
#include "runtime/passes/shape_analysis.h"

namespace henson::runtime {
namespace {

/// How a number stands to the tensor that it meets.
enum class Meets { kNothing, kScales, kShifts };

Meets meets(std::string_view name) {
  if (name.starts_with("aten::")) name.remove_prefix(6);
  if (name.ends_with('_')) name.remove_suffix(1);
  for (const char* const scales : {"mul", "div", "true_divide", "multiply", "divide"}) {
    if (name == scales) return Meets::kScales;
  }
  for (const char* const shifts :
       {"add", "sub", "rsub", "subtract", "floor_divide", "remainder", "fmod", "clamp", "clamp_min",
        "clamp_max", "clip", "lt", "le", "gt", "ge", "eq", "ne"}) {
    if (name == shifts) return Meets::kShifts;
  }
  return Meets::kNothing;
}

/// Equal as far as a number stored in single precision tells.
bool same_number(double a, double b) { return std::abs(a - b) <= 3e-7 * std::abs(b); }

/// The whole number that `value` is, where it is one that a size can be.
std::optional<std::int64_t> whole(double value) {
  constexpr double kLargest = 1 << 20;
  if (!(value > 0.5 && value < kLargest)) return std::nullopt;
  const double rounded = std::round(value);
  if (!same_number(value, rounded)) return std::nullopt;
  return static_cast<std::int64_t>(rounded);
}

/// Numbers that activations and averages of two hold in every model.
bool is_common(double value) {
  const double size = std::abs(value);
  for (const double common : {0.0, 0.5, 1.0, 2.0, std::sqrt(2.0), std::sqrt(0.5)}) {
    if (size == common || same_number(size, common)) return true;
  }
  return false;
}

/// Whether code that knows the size `t` may have computed `value` from it, to scale by.
bool may_scale(double value, std::int64_t t) {
  const auto size = static_cast<double>(t);
  for (const double made :
       {size, std::sqrt(size), std::log(size), std::log(size + 1), std::log2(size)}) {
    if (made > 0 && (same_number(value, made) || same_number(value, 1 / made))) return true;
  }
  return false;
}

std::string text_of(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

/// Looks at every number once the sizes are known.
class NumberCheck {
 public:
  explicit NumberCheck(ShapeAnalysis& analysis) : analysis_(analysis) {
    for (const Dimension& size : analysis_.input_sizes_) {
      if (const auto traced = analysis_.solver_.traced(size)) known_.push_back({size, *traced});
    }
    note_sizes();
  }

  void run() {
    for (std::size_t n = 0; n < analysis_.graph_.nodes.size(); ++n) {
      const Node& node = analysis_.graph_.nodes[n];
      if (node.kind != NodeKind::kOperator) continue;
      const Meets how = meets(node.op->schema.name);
      if (how == Meets::kNothing) continue;
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.op->schema.arguments[i].name == "alpha") continue;
        const std::optional<double> number = number_of(node.inputs[i]);
        if (number) look(n, i, *number, how);
      }
    }
  }

 private:
  struct Known {
    Dimension size;
    std::int64_t traced;
  };

  /// The sizes that the model has by itself.
  void note_sizes() {
    for (const GraphValue& value : analysis_.graph_.values) {
      if (!value.constant || !value.constant->is<Tensor>() || !is_real_weight(value)) continue;
      const auto sizes = value.constant->as<Tensor>().sizes();
      if (!sizes.empty()) widths_.insert(sizes.back());
    }
    for (const auto& value : analysis_.values_) {
      if (!value || !value->dims) continue;
      for (const Dimension& size : *value->dims) {
        if (const auto literal = analysis_.solver_.resolve(size).literal()) own_.insert(*literal);
      }
    }
  }

  /// A number that the code holds, as a constant or as a tensor of one element.
  std::optional<double> number_of(ValueId id) const {
    const GraphValue& value = analysis_.graph_.values[id];
    if (!value.constant) return std::nullopt;
    if (const auto* integer = std::get_if<std::int64_t>(&*value.constant)) {
      return static_cast<double>(*integer);
    }
    if (const auto* real = std::get_if<double>(&*value.constant)) return *real;
    const auto* tensor = std::get_if<Tensor>(&*value.constant);
    const bool of_code = value.name.empty() || value.name.starts_with("CONSTANTS.");
    if (tensor == nullptr || !of_code || tensor->numel() != 1 || is_quantized(tensor->dtype())) {
      return std::nullopt;
    }
    return *tensor->to(DType::kFloat64).contiguous().data<double>();
  }

  void look(std::size_t node, std::size_t argument, double number, Meets how) {
    const std::vector<ValueId>& inputs = analysis_.graph_.nodes[node].inputs;
    const ValueId other = inputs[argument == 0 && inputs.size() > 1 ? 1 : 0];
    if (!analysis_.depends_[other]) return;
    if (how == Meets::kScales && argument == 1 && look_at_mean(node, other, number)) return;
    if (is_common(number)) return;
    number = std::abs(number);
    if (how == Meets::kScales && scales_product(other, number)) return;
    look_at_sizes(node, number);
    if (how == Meets::kShifts || !analysis_.weighs_[other] || is_own_scale(number)) return;
    bool length_known = false;
    for (const Known& known : known_) {
      if (known.traced < 3) continue;
      length_known = length_known || !is_batch(known.size);
      if (may_scale(number, known.traced)) lock(node, known.size, known.traced, number);
    }
    look_at_products(node, number);
    if (!length_known) look_without_trace(node, other, number);
  }

  /// A size as it is, or the last place of a length.
  void look_at_sizes(std::size_t node, double number) {
    const std::optional<std::int64_t> size = whole(number);
    if (!size || *size < 3) return;
    for (const Known& known : known_) {
      const bool last_place = *size == known.traced - 1 && !is_batch(known.size);
      if (*size == known.traced || last_place) lock(node, known.size, known.traced, number);
    }
  }

  /// A sum over sizes of the input, divided by what may be their product. True when it is settled.
  bool look_at_mean(std::size_t node, ValueId sum, double number) {
    const auto& described = analysis_.values_[sum];
    if (!described || !described->summed_over) return false;
    const Dimension over = analysis_.solver_.resolve(*described->summed_over);
    const std::string& name = analysis_.graph_.nodes[node].op->schema.name;
    const bool multiplies = name.starts_with("aten::mul");
    std::optional<std::int64_t> count = whole(multiplies ? 1 / number : number);
    if (!count) return false;
    const std::vector<SymbolId> symbols = over.symbols();
    Dimension sizes = Dimension::of(1);
    bool has_batch = false;
    for (const SymbolId id : symbols) {
      const Dimension size = Dimension::of_symbol(id);
      sizes = sizes * size;
      has_batch = has_batch || is_batch(size);
    }
    const std::optional<std::int64_t> traced = analysis_.solver_.traced(sizes);
    const std::int64_t own = over.coefficient().value_or(1);
    if (own > 1 && *count % own == 0) *count /= own;
    const bool fits = traced ? *count == *traced : *count > (has_batch ? 0 : 2);
    if (!fits) return false;
    const std::string reason = "a sum is divided by " + std::to_string(*count) +
                               ", which cannot be told from the dummy input's size";
    if (!traced) {
      analysis_.locks_.push_back({sizes, *count, false, node, reason});
      return true;
    }
    for (const SymbolId id : symbols) {
      const Dimension size = Dimension::of_symbol(id);
      analysis_.locks_.push_back({size, *analysis_.solver_.traced(size), false, node, reason});
    }
    return true;
  }

  /// The scale of attention: the square root of the size that a product sums over, or will.
  bool scales_product(ValueId other, double number) const {
    const Node* const maker = analysis_.producers_[other];
    const bool product =
        maker != nullptr && maker->kind == NodeKind::kOperator &&
        (maker->op->schema.name == "aten::matmul" || maker->op->schema.name == "aten::bmm");
    const auto& described = analysis_.values_[product ? maker->inputs[0] : other];
    if (!described || !described->dims || described->dims->size() < 3) return false;
    const auto summed = analysis_.solver_.resolve(described->dims->back()).literal();
    if (!summed) return false;
    for (const double square : {number * number, 1 / (number * number)}) {
      const std::optional<std::int64_t> size = whole(square);
      if (size && *size > 1 && (product ? *summed == *size : *summed % *size == 0)) return true;
    }
    return false;
  }

  /// The square root of a size of the model, as attention scales by, or its inverse.
  bool is_own_scale(double number) const {
    for (const double square : {number * number, 1 / (number * number)}) {
      const std::optional<std::int64_t> size = whole(square);
      if (!size) continue;
      for (const std::int64_t times : {1, 2, 3}) {
        if (*size % times == 0 && own_.contains(*size / times)) return true;
      }
      const auto has_heads = [&](std::int64_t width) { return width % *size == 0; };
      if (*size > 3 && std::any_of(widths_.begin(), widths_.end(), has_heads)) return true;
    }
    return false;
  }

  /// Batch times length.
  void look_at_products(std::size_t node, double number) {
    for (const Known& a : known_) {
      for (const Known& b : known_) {
        if (!is_batch(a.size) || is_batch(b.size) || a.traced < 2 || b.traced < 2) continue;
        const auto product = static_cast<double>(a.traced * b.traced);
        if (!same_number(number, product) && !same_number(number, 1 / product)) continue;
        lock(node, a.size, a.traced, number);
        lock(node, b.size, b.traced, number);
      }
    }
  }

  /// Nothing tells the dummy's length: a number that is no size of the model's may be it.
  void look_without_trace(std::size_t node, ValueId other, double number) {
    const std::optional<Dimension> length = length_of(other);
    if (!length) return;
    for (const double value : {number, 1 / number}) {
      const std::optional<std::int64_t> size = whole(value);
      const std::optional<std::int64_t> square = whole(value * value);
      if (size && *size > 4 && *size < 1024 && !is_own(*size)) {
        return lock(node, *length, *size, number);
      }
      if (!size && square && *square > 2 && *square < 1024 && !is_own(*square)) {
        return lock(node, *length, *square, number);
      }
      const std::optional<std::int64_t> power = whole(std::exp(std::min(value, 10.0)));
      if (power && *power > 4 && *power < 1024 && !is_logarithm(other)) {
        // log(n) or log(n + 1): which, nothing tells.
        lock(node, *length, *power, number);
        return lock(node, *length, *power - 1, number);
      }
    }
  }

  /// Logarithms of distances are divided by those of their limits.
  bool is_logarithm(ValueId id) const {
    const Node* const maker = analysis_.producers_[id];
    return maker != nullptr && maker->kind == NodeKind::kOperator &&
           maker->op->schema.name.starts_with("aten::log");
  }

  bool is_own(std::int64_t size) const {
    return own_.contains(size) || own_.contains(2 * size) ||
           (size % 2 == 0 && own_.contains(size / 2));
  }

  /// The last size of the input that a tensor has, the batch if no other.
  std::optional<Dimension> length_of(ValueId id) const {
    std::optional<Dimension> found;
    if (const auto& described = analysis_.values_[id]; described && described->dims) {
      for (const Dimension& size : *described->dims) note_length(size, found);
      if (described->summed_over) note_length(*described->summed_over, found);
    }
    if (found && !is_batch(*found)) return found;
    for (const Dimension& size : analysis_.input_sizes_) {
      if (!is_batch(size)) return size;
    }
    return found;
  }

  void note_length(const Dimension& size, std::optional<Dimension>& found) const {
    for (const SymbolId id : analysis_.solver_.resolve(size).symbols()) {
      if (analysis_.solver_.symbol(id).kind == DimensionSolver::Kind::kInput) {
        found = Dimension::of_symbol(id);
      }
    }
  }

  bool is_batch(const Dimension& size) const { return analysis_.is_batch(size); }

  void lock(std::size_t node, const Dimension& size, std::int64_t value, double number) {
    analysis_.locks_.push_back({size, value, false, node,
                                "the number " + text_of(number) +
                                    " stands here, and may be made of the dummy input's size"});
  }

  ShapeAnalysis& analysis_;
  std::vector<Known> known_;
  std::set<std::int64_t> widths_;  // last sizes of weights
  std::set<std::int64_t> own_;
};

void ShapeAnalysis::settle_numbers() { NumberCheck(*this).run(); }

}  // namespace henson::runtime
