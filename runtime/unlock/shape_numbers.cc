// Numbers in the code's arithmetic that a size of the dummy input may have given: x / sqrt(7).
#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <vector>

#include "runtime/analysis/baked_values.h"
#include "runtime/analysis/data_flow.h"
#include "runtime/graph/node_traits.h"
#include "runtime/tensor/checked.h"
#include "runtime/unlock/assuming_domain.h"
#include "runtime/unlock/number_forms.h"

namespace henson::runtime {
namespace {

/// Whether it meets the elements of a tensor.
bool meets(NumberUse use) {
  return use == NumberUse::kScales || use == NumberUse::kAdds || use == NumberUse::kBounds ||
         use == NumberUse::kMeasures;
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
  explicit NumberCheck(AssumedShapes& analysis)
      : analysis_(analysis),
        drawn_(analysis.graph_, analysis.producers_, analysis.values_, analysis.baked_) {
    for (const Dimension& size : analysis_.input_sizes_) {
      if (const auto traced = analysis_.solver_.traced(size)) known_.push_back({size, *traced});
    }
    note_sizes();
    for (const DistanceRows& rows : drawn_.distance_rows()) note_buckets(rows);
  }

  void run() {
    for (std::size_t n = 0; n < analysis_.graph_.nodes.size(); ++n) {
      const Node& node = analysis_.graph_.nodes[n];
      if (node.kind != NodeKind::kOperator || own_nodes_.contains(n)) continue;
      const NumberUse use = node.op->rule.numbers;
      if (use == NumberUse::kNone) continue;
      if (!meets(use)) {
        look_at_counts(n);
        continue;
      }
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.op->schema.arguments[i].name == "alpha") continue;
        const std::optional<double> number = number_of(node.inputs[i]);
        if (number) look(n, i, *number, use);
      }
    }
  }

 private:
  struct Known {
    Dimension size;
    std::int64_t traced;
  };

  /// Buckets of a table that has just as many rows: all of their numbers are the model's own,
  /// unless the last bucket ends where the dummy input did.
  void note_buckets(const DistanceRows& rows) {
    if (!rows.form) return;
    const BucketForm& form = *rows.form;
    const auto within = [&](double furthest) {
      return furthest >= form.furthest_low && furthest <= form.furthest_high;
    };
    bool chosen = false;
    for (double number = 64; number < 1e6; number *= 2) chosen = chosen || within(number);
    for (const Known& known : known_) {
      if (is_batch(known.size) || chosen) continue;
      bool fits = form.last >= known.traced - 1 && form.last <= known.traced + 1;
      for (const std::int64_t length :
           {known.traced - 1, known.traced, known.traced + 1, 2 * known.traced}) {
        fits = fits || within(static_cast<double>(length));
      }
      if (!fits) continue;
      analysis_.locks_.push_back({.size = known.size,
                                  .value = known.traced,
                                  .node = rows.lookup,
                                  .reason = "buckets of distances end here at " +
                                            std::to_string(form.last) +
                                            ", which cannot be told from the dummy input's size"});
      return;
    }
    own_nodes_.insert(rows.makers.begin(), rows.makers.end());
  }

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
    constexpr std::int64_t kMost = 1 << 16;
    if (tensor == nullptr || !of_code || tensor->numel() < 1 || tensor->numel() > kMost ||
        is_quantized(tensor->dtype())) {
      return std::nullopt;
    }
    const Tensor wide = tensor->to(system_memory(), DType::kFloat64).contiguous(system_memory());
    const double* const first = wide.data<double>();
    const bool uniform =
        std::all_of(first, first + wide.numel(), [&](double element) { return element == *first; });
    return uniform ? std::optional(*first) : std::nullopt;
  }

  /// Whole numbers of any other operator: shifts, counts, fills.
  void look_at_counts(std::size_t n) {
    const Node& node = analysis_.graph_.nodes[n];
    const NumberUse use = node.op->rule.numbers;
    const bool fills = use == NumberUse::kFills;
    const bool of_input = std::any_of(node.inputs.begin(), node.inputs.end(),
                                      [&](ValueId id) { return meets_input(id); });
    if (!fills && !of_input) return;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string& argument = node.op->schema.arguments[i].name;
      if (argument.starts_with("dim") || argument == "size" || argument == "dtype" ||
          argument == "layout" || argument == "memory_format") {
        continue;
      }
      for (const std::int64_t number : whole_numbers(node.inputs[i])) {
        look_at_count(n, number, fills, use == NumberUse::kClasses);
      }
    }
  }

  void look_at_count(std::size_t node, std::int64_t number, bool fills, bool classes) {
    const std::int64_t count = number < 0 ? saturated_difference(0, number) : number;
    bool length_known = false;
    for (const Known& known : known_) {
      length_known = length_known || !is_batch(known.size);
      const bool size = count > 2 && count == known.traced;
      const bool part =
          count > 1 && !is_batch(known.size) &&
          (fills ? count == known.traced - 1 : AssumingDomain::may_stem_from(count, known.traced));
      const bool fits = size || part;
      if (fits) lock(node, known.size, known.traced, static_cast<double>(number));
    }
    if (length_known || classes || count < 3 || count > 4096 || is_own(count)) return;
    if (fills && own_.contains(count + 1)) return;  // the last bucket of a table
    for (const Dimension& size : analysis_.input_sizes_) {
      if (is_batch(size)) continue;
      return lock(node, size, fills ? count : kNoSize, static_cast<double>(number));
    }
  }

  /// The integers of the code that an argument is, or a list of.
  std::vector<std::int64_t> whole_numbers(ValueId id) const {
    const std::optional<Value>& constant = analysis_.graph_.values[id].constant;
    if (!constant) return {};
    if (const auto* integer = std::get_if<std::int64_t>(&*constant)) return {*integer};
    std::vector<std::int64_t> found;
    if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&*constant)) {
      for (const Value& item : (*list)->items) {
        if (const auto* integer = std::get_if<std::int64_t>(&item)) found.push_back(*integer);
      }
    }
    return found;
  }

  /// Whether the inputs have a part in a value, or its sizes are theirs.
  bool meets_input(ValueId id) const {
    if (analysis_.depends_[id]) return true;
    const auto& described = analysis_.values_[id];
    if (!described || !described->dims) return false;
    return std::any_of(described->dims->begin(), described->dims->end(),
                       [&](const Dimension& d) { return !analysis_.solver_.inputs_of(d).empty(); });
  }

  void look(std::size_t node, std::size_t argument, double number, NumberUse use) {
    const std::vector<ValueId>& inputs = analysis_.graph_.nodes[node].inputs;
    const ValueId other = inputs[argument == 0 && inputs.size() > 1 ? 1 : 0];
    if (!meets_input(other) || is_size(other)) return;
    if (use == NumberUse::kScales && argument == 1 && look_at_mean(node, other, number)) return;
    if (number == 1 && use == NumberUse::kScales && analysis_.weighs_[other] &&
        is_integer(inputs[argument])) {
      lock_batch_of_one(node);
    }
    if (drawn_.is_drawn(other)) look_at_places(node, std::abs(number), use);
    if (is_common(number)) return;
    number = std::abs(number);
    if (use == NumberUse::kScales && scales_product(node, other, number)) return;
    look_at_sizes(node, other, number);
    if (use != NumberUse::kScales) return look_at_shift_without_trace(node, other, number);
    if (!analysis_.weighs_[other] && !counts_up(other)) return;
    bool length_known = false;
    for (const Known& known : known_) {
      if (known.traced < 3) continue;
      length_known = length_known || !is_batch(known.size);
      if (may_scale(number, known.traced, is_sum(other)))
        lock(node, known.size, known.traced, number);
    }
    look_at_products(node, number);
    if (is_own_scale(number)) return;
    if (!length_known) look_without_trace(node, other, number);
  }

  /// Places and distances are scaled and limited by parts of a length, if by any of it.
  void look_at_places(std::size_t node, double number, NumberUse use) {
    const bool scales = use == NumberUse::kScales;
    if (number == 0 || number == 1 || number > 1000 || is_hand_made(number)) return;
    if (scales && is_common(number)) return;
    const std::optional<std::int64_t> limit = whole(number);
    for (const Known& known : known_) {
      if (is_batch(known.size) || known.traced < 3) continue;
      const bool fits = scales ? may_scale_places(number, known.traced)
                               : limit && may_limit_places(*limit, known.traced);
      if (fits) lock(node, known.size, known.traced, number);
    }
  }

  /// A size as it is, or the last place of a length.
  void look_at_sizes(std::size_t node, ValueId other, double number) {
    const std::optional<std::int64_t> size = whole(number);
    if (!size || *size < 3) return;
    for (const Known& known : known_) {
      const bool place =
          *size == known.traced - 1 || ((counts_up(other) || is_sum(other)) &&
                                        AssumingDomain::may_stem_from(*size, known.traced));
      if (*size == known.traced || (place && !is_batch(known.size)))
        lock(node, known.size, known.traced, number);
    }
  }

  /// Counts of tokens and places meet the dummy's length, or a part of it, where nothing tells it.
  void look_at_shift_without_trace(std::size_t node, ValueId other, double number) {
    const std::optional<std::int64_t> size = whole(number);
    const auto& described = analysis_.values_[other];
    if (!size || *size < 3 || !described) return;
    const bool tokens = described->summed_over || described->last;
    if (!tokens && (!analysis_.weighs_[other] || is_own(*size) || *size > 1024)) return;
    for (const Known& known : known_) {
      if (!is_batch(known.size)) return;
    }
    const NumberUse use = analysis_.graph_.nodes[node].op->rule.numbers;
    const bool bounds = use == NumberUse::kBounds || described->last;
    if (!tokens && use != NumberUse::kAdds) return;
    if (const auto length = length_of(other)) {
      lock(node, *length, bounds ? kNoSize : *size, number);
    }
  }

  /// Arithmetic on sizes is followed by their rules.
  bool is_size(ValueId id) const {
    const auto& described = analysis_.values_[id];
    return described && described->number;
  }

  bool is_sum(ValueId id) const {
    const auto& described = analysis_.values_[id];
    return described && described->summed_over;
  }

  bool counts_up(ValueId id) const {
    const auto& described = analysis_.values_[id];
    return described && described->last;
  }

  bool is_integer(ValueId id) const {
    const std::optional<Value>& constant = analysis_.graph_.values[id].constant;
    if (!constant) return false;
    const auto* tensor = std::get_if<Tensor>(&*constant);
    return std::holds_alternative<std::int64_t>(*constant) ||
           (tensor != nullptr && is_integral(tensor->dtype()));
  }

  void lock_batch_of_one(std::size_t node) {
    for (const Dimension& size : analysis_.input_sizes_) {
      if (is_batch(size) && analysis_.solver_.traced(size).value_or(1) == 1) {
        lock(node, size, 1, 1);
      }
    }
  }

  /// A sum over sizes of the input, divided by what may be their product. True when it is settled.
  bool look_at_mean(std::size_t node, ValueId sum, double number) {
    const auto& described = analysis_.values_[sum];
    if (!described || !described->summed_over) return false;
    const Dimension over = analysis_.solver_.resolve(*described->summed_over);
    const bool multiplies = has_sizes_of(analysis_.graph_.nodes[node], shapes::product);
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
    if (!over.is_monomial()) {
      if (*count != analysis_.solver_.traced(over).value_or(*count) || *count < 3) return false;
      for (const SymbolId id : symbols) {
        const Dimension size = Dimension::of_symbol(id);
        const auto length = analysis_.solver_.traced(size);
        analysis_.locks_.push_back({length ? size : over, length.value_or(*count), false, node,
                                    "a sum is divided by " + std::to_string(*count) +
                                        ", which cannot be told from the dummy input's size"});
      }
      return true;
    }
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

  /// Whether a product of matrices takes what a node makes, through views.
  bool feeds_product(std::size_t node) const {
    ValueId made = analysis_.graph_.nodes[node].outputs[0];
    int steps = 0;
    for (std::size_t n = node + 1; n < analysis_.graph_.nodes.size() && steps < 8; ++n) {
      const Node& reader = analysis_.graph_.nodes[n];
      if (std::find(reader.inputs.begin(), reader.inputs.end(), made) == reader.inputs.end()) {
        continue;
      }
      if (reader.kind != NodeKind::kOperator) return reader.kind == NodeKind::kList;  // einsum
      if (has_any(reader, Trait::kMultiplies) || has_sizes_of(reader, shapes::attention))
        return true;
      const bool adds = reader.op->rule.numbers == NumberUse::kAdds;
      if (!adds && !keeps_elements(reader)) return false;
      made = reader.outputs[0];
      ++steps;
    }
    return false;
  }

  /// The scale of attention: the square root of the size that a product sums over, or will.
  bool scales_product(std::size_t node, ValueId other, double number) const {
    const Node* const maker = analysis_.producers_.of(other);
    const bool product =
        maker != nullptr && has_any(*maker, Trait::kMultiplies) && maker->inputs.size() == 2;
    const auto& described = analysis_.values_[product ? maker->inputs[0] : other];
    if (!described || !described->dims || described->dims->size() < 3) return false;
    const auto summed = analysis_.solver_.resolve(described->dims->back()).literal();
    if (!summed) return false;
    for (const double square : {number * number, 1 / (number * number)}) {
      const std::optional<std::int64_t> size = whole(square);
      if (!size || *size < 2) continue;
      if (product ? *summed == *size : *summed % *size == 0 && feeds_product(node)) return true;
    }
    return false;
  }

  /// The square root of a size of the model, as attention scales by, or its inverse.
  bool is_own_scale(double number) const {
    for (const double square : {number * number, 1 / (number * number)}) {
      const std::optional<std::int64_t> size = whole(square);
      if (!size) continue;
      for (const std::int64_t times : {1, 2, 3}) {
        const bool large = times == 1 || *size / times >= 8;
        if (large && *size % times == 0 && own_.contains(*size / times)) return true;
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
    const Node* const maker = analysis_.producers_.of(id);
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

  AssumedShapes& analysis_;
  DrawnValues drawn_;
  std::set<std::size_t> own_nodes_;  // whose numbers are the model's own
  std::vector<Known> known_;
  std::set<std::int64_t> widths_;  // last sizes of weights
  std::set<std::int64_t> own_;
};

void AssumedShapes::settle_numbers() { NumberCheck(*this).run(); }

}  // namespace henson::runtime
