#include "runtime/inspection/diff_tensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_map>

#include "runtime/inspection/compare_elements.h"
#include "runtime/inspection/weight_work.h"

namespace henson::runtime {
namespace {

using Indices = std::vector<std::size_t>;

/// Elements that are looked at before all of two tensors are.
constexpr std::int64_t kFirstLook = 256;

ComparedWeight operand(const SideTensor& tensor) { return {tensor.weight(), tensor.turned}; }

bool is_readable(const SideTensor& tensor) { return elements_of(tensor.weight()) != nullptr; }

struct Pair {
  std::size_t a = 0;
  std::size_t b = 0;
  MatchedBy matched = MatchedBy::kName;
};

/// The names of a side, with a prefix left out: a model within a wrapper. Those of constants are
/// numbers, which mean the same in the same code alone.
std::unordered_map<std::string, std::size_t> names_of(const DiffSide& side,
                                                      const std::string& prefix, bool same_code) {
  std::unordered_map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < side.tensors.size(); ++i) {
    if (!same_code && side.tensors[i].name.starts_with("CONSTANTS.")) continue;
    const std::string& name = side.tensors[i].plain;
    names.emplace(name.starts_with(prefix) ? name.substr(prefix.size()) : name, i);
  }
  return names;
}

std::size_t common_names(const std::unordered_map<std::string, std::size_t>& a,
                         const std::unordered_map<std::string, std::size_t>& b) {
  std::size_t count = 0;
  for (const auto& [name, index] : a) count += b.contains(name) ? 1 : 0;
  return count;
}

/// Prefixes of up to three parts that names of a side have.
std::set<std::string> prefixes_of(const DiffSide& side) {
  std::set<std::string> prefixes = {""};
  for (const SideTensor& tensor : side.tensors) {
    std::size_t dot = tensor.plain.find('.');
    for (int parts = 0; parts < 3 && dot != std::string::npos; ++parts) {
      if (prefixes.size() < 64) prefixes.insert(tensor.plain.substr(0, dot + 1));
      dot = tensor.plain.find('.', dot + 1);
    }
  }
  return prefixes;
}

class Matcher {
 public:
  Matcher(const DiffSide& a, const DiffSide& b, bool same_code)
      : a_(a), b_(b), same_code_(same_code) {
    taken_a_.resize(a.tensors.size());
    taken_b_.resize(b.tensors.size());
  }

  std::vector<Pair> match() {
    match_names();
    match_roles();
    match_contents();
    return pairs_;
  }

  /// Those of one side without a counterpart, constants of the code left out.
  Indices left(bool of_a) const {
    const DiffSide& side = of_a ? a_ : b_;
    const std::vector<bool>& taken = of_a ? taken_a_ : taken_b_;
    Indices indices;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (!taken[i] && !side.tensors[i].constant_of_code) indices.push_back(i);
    }
    return indices;
  }

 private:
  void take(std::size_t a, std::size_t b, MatchedBy matched) {
    pairs_.push_back({a, b, matched});
    taken_a_[a] = true;
    taken_b_[b] = true;
  }

  void match_names() {
    auto names_a = names_of(a_, "", same_code_);
    auto names_b = names_of(b_, "", same_code_);
    std::size_t best = common_names(names_a, names_b);
    const auto improve = [&](const DiffSide& side, auto& names, const auto& others) {
      for (const std::string& prefix : prefixes_of(side)) {
        auto shorter = names_of(side, prefix, same_code_);
        const std::size_t common = common_names(shorter, others);
        if (common <= best) continue;
        best = common;
        names = std::move(shorter);
      }
    };
    improve(a_, names_a, names_b);
    improve(b_, names_b, names_a);
    std::vector<std::pair<std::size_t, std::size_t>> found;
    for (const auto& [name, index] : names_a) {
      const auto other = names_b.find(name);
      if (other == names_b.end()) continue;
      found.emplace_back(index, other->second);
    }
    std::sort(found.begin(), found.end());
    for (const auto& [index, other] : found) take(index, other, MatchedBy::kName);
  }

  void match_roles() {
    std::map<std::string, Indices> roles_b;
    for (const std::size_t i : left(false)) {
      const std::string& role = b_.tensors[i].tensor->role;
      if (!role.empty()) roles_b[role].push_back(i);
    }
    std::map<std::string, Indices> roles_a;
    for (const std::size_t i : left(true)) roles_a[a_.tensors[i].tensor->role].push_back(i);
    for (const auto& [role, indices] : roles_a) {
      const auto other = roles_b.find(role);
      if (indices.size() != 1 || other == roles_b.end() || other->second.size() != 1) continue;
      take(indices[0], other->second[0], MatchedBy::kRole);
    }
  }

  void match_contents() {
    std::map<std::vector<std::int64_t>, Indices> shapes_b;
    for (const std::size_t i : left(false)) shapes_b[b_.tensors[i].shape()].push_back(i);
    for (const std::size_t i : left(true)) {
      const auto candidates = shapes_b.find(a_.tensors[i].shape());
      if (candidates == shapes_b.end()) continue;
      for (const std::size_t j : candidates->second) {
        if (taken_b_[j] || !alike(a_.tensors[i], b_.tensors[j])) continue;
        take(i, j, MatchedBy::kContent);
        break;
      }
    }
  }

 public:
  /// The same elements, rounding apart.
  static bool alike(const SideTensor& a, const SideTensor& b) {
    const DType dtype_a = a.weight().dtype;
    const DType dtype_b = b.weight().dtype;
    const bool quantized = is_quantized(dtype_a) || is_quantized(dtype_b);
    if (is_floating(dtype_a) != is_floating(dtype_b) && !quantized) return false;
    if (a.shape() != b.shape() || !is_readable(a) || !is_readable(b)) return false;
    return compare_elements(operand(a), operand(b), kFirstLook, true).rounded &&
           compare_elements(operand(a), operand(b), INT64_MAX, true).rounded;
  }

 private:
  const DiffSide& a_;
  const DiffSide& b_;
  bool same_code_;
  std::vector<bool> taken_a_;
  std::vector<bool> taken_b_;
  std::vector<Pair> pairs_;
};

struct LayerSums {
  LayerDifference layer;
  double squares_a = 0;
  double squares_difference = 0;
};

class TensorDiff {
 public:
  TensorDiff(const DiffSide& a, const DiffSide& b, ArchiveDifference& difference)
      : a_(a), b_(b), difference_(difference) {}

  void run() {
    Matcher matcher(a_, b_, difference_.code.identical());
    pairs_ = matcher.match();
    for (const Pair& pair : pairs_) add(pair);
    for (const std::size_t i : matcher.left(true)) {
      difference_.removed.push_back(lone(a_, i, true));
    }
    for (const std::size_t i : matcher.left(false)) {
      difference_.added.push_back(lone(b_, i, false));
    }
    std::stable_sort(difference_.tensors.begin(), difference_.tensors.end(),
                     [](const TensorDifference& x, const TensorDifference& y) {
                       if (rank(x) != rank(y)) return rank(x) > rank(y);
                       return x.relative_norm > y.relative_norm;
                     });
    for (const std::string& name : order_) difference_.layers.push_back(finish(layers_[name]));
  }

 private:
  static int rank(const TensorDifference& tensor) {
    switch (tensor.state) {
      case TensorState::kReshaped:
        return 4;
      case TensorState::kUnreadable:
        return 3;
      case TensorState::kChanged:
        return 2;
      case TensorState::kRounded:
        return 1;
      case TensorState::kEqual:
        break;
    }
    return 0;
  }

  void add(const Pair& pair) {
    const SideTensor& a = a_.tensors[pair.a];
    const SideTensor& b = b_.tensors[pair.b];
    TensorDifference tensor;
    tensor.a = a.name;
    tensor.b = b.name;
    tensor.matched = pair.matched;
    tensor.transposed = a.turned != b.turned;
    tensor.dtype_a = a.weight().dtype;
    tensor.dtype_b = b.weight().dtype;
    tensor.shape_a = a.weight().shape;
    tensor.shape_b = b.weight().shape;
    tensor.read = a.read || b.read;
    ElementComparison elements;
    if (a.shape() != b.shape()) {
      tensor.state = TensorState::kReshaped;
    } else if (!is_readable(a) || !is_readable(b)) {
      tensor.state = TensorState::kUnreadable;
    } else {
      elements = compare_elements(operand(a), operand(b));
      tensor.state = elements.equal     ? TensorState::kEqual
                     : elements.rounded ? TensorState::kRounded
                                        : TensorState::kChanged;
      tensor.largest_difference = elements.largest;
      tensor.relative_norm = elements.relative_norm();
      tensor.cosine = elements.cosine();
    }
    add_to_layer(a.plain, tensor, elements);
    difference_.tensors.push_back(std::move(tensor));
  }

  void add_to_layer(const std::string& name, const TensorDifference& tensor,
                    const ElementComparison& elements) {
    const auto [found, is_new] = layers_.try_emplace(layer_of(name));
    if (is_new) order_.push_back(found->first);
    LayerSums& sums = found->second;
    sums.layer.layer = found->first;
    ++sums.layer.tensors;
    if (rank(tensor) >= 2) ++sums.layer.changed;
    sums.layer.largest_difference =
        std::max(sums.layer.largest_difference, tensor.largest_difference);
    sums.squares_a += elements.squares_a;
    sums.squares_difference += elements.squares_difference;
  }

  static LayerDifference finish(LayerSums& sums) {
    if (sums.squares_difference > 0) {
      sums.layer.relative_norm = std::sqrt(sums.squares_difference / sums.squares_a);
    }
    return sums.layer;
  }

  /// A tensor of one side that holds what another of the same side does, which has its counterpart:
  /// the other archive ties the two, or keeps one of them.
  LoneTensor lone(const DiffSide& side, std::size_t index, bool of_a) const {
    const SideTensor& tensor = side.tensors[index];
    LoneTensor lone{tensor.name,           tensor.weight().dtype, tensor.weight().shape,
                    tensor.weight().bytes, tensor.read,           {}};
    for (const Pair& pair : pairs_) {
      const SideTensor& other = side.tensors[of_a ? pair.a : pair.b];
      if (!Matcher::alike(tensor, other)) continue;
      lone.copy_of = other.name;
      break;
    }
    return lone;
  }

  const DiffSide& a_;
  const DiffSide& b_;
  ArchiveDifference& difference_;
  std::vector<Pair> pairs_;
  std::map<std::string, LayerSums> layers_;
  std::vector<std::string> order_;
};

}  // namespace

void diff_tensors(const DiffSide& a, const DiffSide& b, ArchiveDifference& difference) {
  TensorDiff(a, b, difference).run();
}

}  // namespace henson::runtime
