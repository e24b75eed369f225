// torch.einsum: the equation's labels become the names of dimensions, and pairs are contracted.
#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "henson/error.h"
#include "runtime/operators/contractions.h"
#include "runtime/operators/views.h"

namespace henson::runtime {
namespace {

// Letters are their own labels; the dimensions of the ellipsis come after all letters.
constexpr int kFirstEllipsis = 256;
constexpr int kEllipsis = -1;

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::kBadInput, "einsum(): " + message);
}

/// The labels of one operand as written, kEllipsis standing for "...".
std::vector<int> parse_term(std::string_view text) {
  std::vector<int> labels;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if (text.substr(i, 3) == "...") {
      if (std::count(labels.begin(), labels.end(), kEllipsis) > 0) {
        fail("found '.' in an operand for which an ellipsis was already found");
      }
      labels.push_back(kEllipsis);
      i += 2;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      labels.push_back(c);
    } else {
      fail(std::string("invalid subscript '") + c + "', subscripts must be letters");
    }
  }
  return labels;
}

std::vector<std::vector<int>> parse_terms(std::string_view text) {
  std::vector<std::vector<int>> terms;
  for (;;) {
    const std::size_t comma = text.find(',');
    terms.push_back(parse_term(text.substr(0, comma)));
    if (comma == std::string_view::npos) return terms;
    text.remove_prefix(comma + 1);
  }
}

/// How many dimensions the ellipsis of an operand of that rank stands for.
std::int64_t ellipsis_rank(const std::vector<int>& term, std::int64_t rank) {
  const bool ellipsis = std::count(term.begin(), term.end(), kEllipsis) > 0;
  const std::int64_t named = static_cast<std::int64_t>(term.size()) - (ellipsis ? 1 : 0);
  if (named > rank || (!ellipsis && named < rank)) {
    fail("the number of subscripts in the equation (" + std::to_string(named) +
         ") does not match the number of dimensions (" + std::to_string(rank) + ") for an operand");
  }
  return rank - named;
}

/// The ellipsis replaced by labels for its last `own` of `all` dimensions.
std::vector<int> spelled_out(const std::vector<int>& term, std::int64_t own, std::int64_t all) {
  std::vector<int> labels;
  for (const int label : term) {
    if (label != kEllipsis) {
      labels.push_back(label);
      continue;
    }
    for (std::int64_t i = all - own; i < all; ++i) {
      labels.push_back(kFirstEllipsis + static_cast<int>(i));
    }
  }
  return labels;
}

/// A view with each label once: dimensions of one label become their diagonal.
Labelled diagonal(const Tensor& operand, const std::vector<int>& labels) {
  Labelled result;
  Dims sizes;
  Dims strides;
  for (std::size_t d = 0; d < labels.size(); ++d) {
    const auto found = std::find(result.labels.begin(), result.labels.end(), labels[d]);
    if (found == result.labels.end()) {
      result.labels.push_back(labels[d]);
      sizes.push_back(operand.sizes()[d]);
      strides.push_back(operand.strides()[d]);
      continue;
    }
    const auto at = static_cast<std::size_t>(found - result.labels.begin());
    if (sizes[at] != operand.sizes()[d]) {
      fail("a subscript is repeated but the sizes don't match, " +
           std::to_string(operand.sizes()[d]) + " != " + std::to_string(sizes[at]));
    }
    strides[at] += operand.strides()[d];
  }
  result.tensor = operand.with_view(std::move(sizes), std::move(strides), operand.offset());
  return result;
}

/// Without an arrow: the ellipsis, then every letter that occurs once, in alphabetical order.
std::vector<int> implied_output(const std::vector<std::vector<int>>& terms) {
  std::array<int, kFirstEllipsis> count{};
  for (const auto& term : terms) {
    for (const int label : term) {
      if (label != kEllipsis) ++count[static_cast<std::size_t>(label)];
    }
  }
  std::vector<int> output = {kEllipsis};
  for (int label = 0; label < kFirstEllipsis; ++label) {
    if (count[static_cast<std::size_t>(label)] == 1) output.push_back(label);
  }
  return output;
}

void check_output(const std::vector<int>& output, const std::vector<Labelled>& operands) {
  for (const int label : output) {
    if (std::count(output.begin(), output.end(), label) > 1) {
      fail("an output subscript appears more than once in the output");
    }
    const bool known = std::any_of(operands.begin(), operands.end(), [&](const Labelled& operand) {
      return std::count(operand.labels.begin(), operand.labels.end(), label) > 0;
    });
    if (!known) fail("an output subscript does not appear in the equation for any input operand");
  }
}

void check_broadcast(const std::vector<Labelled>& operands) {
  for (const Labelled& a : operands) {
    for (std::size_t d = 0; d < a.labels.size(); ++d) {
      for (const Labelled& b : operands) {
        const auto found = std::find(b.labels.begin(), b.labels.end(), a.labels[d]);
        if (found == b.labels.end()) continue;
        const std::int64_t other =
            b.tensor.sizes()[static_cast<std::size_t>(found - b.labels.begin())];
        const std::int64_t own = a.tensor.sizes()[d];
        if (own != other && own != 1 && other != 1) {
          fail("operands do not broadcast: a subscript has sizes " + std::to_string(own) + " and " +
               std::to_string(other));
        }
      }
    }
  }
}

Labelled take(std::vector<Labelled>& operands, std::size_t i) {
  if (i >= operands.size()) fail("path names an operand that does not exist");
  Labelled taken = std::move(operands[i]);
  operands.erase(operands.begin() + static_cast<std::ptrdiff_t>(i));
  return taken;
}

/// Contracts operands i and j of the list; the result goes to its end.
void contract_pair(Allocator& memory, std::vector<Labelled>& operands, std::size_t i, std::size_t j,
                   const std::vector<int>& output, bool to_front) {
  if (i == j) fail("path names one operand twice");
  Labelled b = take(operands, std::max(i, j));
  Labelled a = take(operands, std::min(i, j));
  std::vector<int> kept = output;
  for (const Labelled& rest : operands) {
    kept.insert(kept.end(), rest.labels.begin(), rest.labels.end());
  }
  Labelled result = contract(memory, std::move(a), std::move(b), kept);
  operands.insert(to_front ? operands.begin() : operands.end(), std::move(result));
}

/// A single operand's own sums: contraction with a number 1 of its type.
Labelled alone(Allocator& memory, Labelled operand, const std::vector<int>& output) {
  Tensor one = Tensor::scalar(1.0, operand.tensor.dtype());
  return contract(memory, std::move(operand), {std::move(one), {}}, output);
}

/// An equation, the ellipses spelled out: a label for each dimension.
struct Equation {
  std::vector<std::vector<int>> operands;
  std::vector<int> output;
};

Equation parse(std::string_view text, const std::vector<std::int64_t>& ranks) {
  const std::size_t arrow = text.find("->");
  const std::vector<std::vector<int>> terms = parse_terms(text.substr(0, arrow));
  if (ranks.empty() || terms.size() != ranks.size()) {
    fail("the equation has " + std::to_string(terms.size()) + " operands, and " +
         std::to_string(ranks.size()) + " were given");
  }
  std::int64_t all = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    all = std::max(all, ellipsis_rank(terms[i], ranks[i]));
  }
  Equation equation;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    equation.operands.push_back(spelled_out(terms[i], ellipsis_rank(terms[i], ranks[i]), all));
  }
  equation.output = spelled_out(
      arrow == std::string_view::npos ? implied_output(terms) : parse_term(text.substr(arrow + 2)),
      all, all);
  return equation;
}

/// The sizes of the result; nothing where an operand's are not known.
std::optional<Dimensions> output_sizes(Inference& call, std::string_view text,
                                       const std::vector<Fact>& operands) {
  std::vector<Dimensions> sizes;
  std::vector<std::int64_t> ranks;
  for (const Fact& operand : operands) {
    const std::optional<Dimensions> own = call.resolved(operand.dims);
    if (!own) return std::nullopt;
    sizes.push_back(*own);
    ranks.push_back(static_cast<std::int64_t>(own->size()));
  }
  const Equation equation = parse(text, ranks);
  std::map<int, Dimension> of_label;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    for (std::size_t d = 0; d < sizes[i].size(); ++d) {
      const auto [found, added] = of_label.emplace(equation.operands[i][d], sizes[i][d]);
      if (!added) found->second = call.domain().broadcast(found->second, sizes[i][d]);
    }
  }
  Dimensions result;
  for (const int label : equation.output) {
    if (!of_label.contains(label)) throw Mismatch{};
    result.push_back(call.domain().resolve(of_label[label]));
  }
  return result;
}

}  // namespace

void einsum_sizes(Inference& call) {
  const Value* const constant = call.arg(0).constant;
  const std::optional<std::vector<Fact>>& operands = call.arg(1).items;
  if (constant == nullptr || !constant->is<std::string>() || !operands) return;
  try {
    const auto sizes = output_sizes(call, constant->as<std::string>(), *operands);
    if (sizes) call.give(*sizes);
  } catch (const Error&) {
    throw Mismatch{};  // the operator refuses the equation likewise
  }
}

Tensor einsum(Allocator& memory, std::string_view equation, std::vector<Tensor> tensors,
              const std::optional<Dims>& path) {
  std::vector<std::int64_t> ranks;
  for (const Tensor& tensor : tensors) ranks.push_back(tensor.dim());
  const Equation parsed = parse(equation, ranks);
  std::vector<Labelled> operands;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    operands.push_back(diagonal(tensors[i], parsed.operands[i]));
  }
  const std::vector<int>& output = parsed.output;
  check_output(output, operands);
  check_broadcast(operands);
  if (path && operands.size() > 1) {
    for (std::size_t i = 0; i + 1 < path->size() && operands.size() > 1; i += 2) {
      contract_pair(memory, operands, static_cast<std::size_t>((*path)[i]),
                    static_cast<std::size_t>((*path)[i + 1]), output, false);
    }
  }
  if (operands.size() == 1) operands[0] = alone(memory, std::move(operands[0]), output);
  while (operands.size() > 1) contract_pair(memory, operands, 0, 1, output, true);
  Dims order;
  for (const int label : output) {
    order.push_back(std::find(operands[0].labels.begin(), operands[0].labels.end(), label) -
                    operands[0].labels.begin());
  }
  return permute(operands[0].tensor, order);
}

}  // namespace henson::runtime
