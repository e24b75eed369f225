// Rules against what PyTorch was recorded to answer: what is inferred of a result, wherever
// something is, equals what the operator gave.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "runtime/analysis/proving_domain.h"
#include "tests/runtime/operator_cases.h"

namespace henson::runtime {
namespace {

/// How much is known of the arguments.
enum class Knowledge {
  kEverything,  // sizes as numbers
  kFormulas,    // sizes as symbols, one for each size of each argument
  kDtypes,      // nothing of sizes
};

std::vector<std::string> groups() {
  std::vector<std::string> names;
  const std::filesystem::path folder = std::string(HENSON_TEST_SOURCES) + "/runtime/cases";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// A call's facts, and the numbers that its symbols stand for.
class Facts {
 public:
  explicit Facts(Knowledge knowledge) : knowledge_(knowledge) {}

  Fact describe(const Value& value) {
    Fact fact = fact_of(value);
    if (fact.items) {
      for (std::size_t i = 0; i < fact.items->size(); ++i) {
        (*fact.items)[i] = describe(value.as<std::shared_ptr<ListValue>>()->items[i]);
      }
    }
    if (!value.is<Tensor>()) return fact;
    fact.constant = nullptr;  // another run has other elements
    fact.number.reset();
    if (knowledge_ == Knowledge::kDtypes) {
      fact.dims.reset();
      fact.least_rank = 0;
    }
    if (knowledge_ == Knowledge::kFormulas) {
      for (Dimension& size : *fact.dims) size = symbol_for(*size.literal());
    }
    return fact;
  }

  ProvingDomain domain;

  /// What a formula comes to; nothing where a symbol stands for a size of which nothing is told.
  std::optional<std::int64_t> evaluate(const Dimension& formula) const {
    Dimension known = domain.resolve(formula);
    for (const SymbolId id : known.symbols()) {
      const std::optional<std::int64_t> number = number_of(id);
      if (!number) return std::nullopt;
      const auto next = known.substitute(id, Dimension::of(*number));
      if (!next) return std::nullopt;  // divides by nothing
      known = *next;
    }
    return known.literal();
  }

 private:
  Dimension symbol_for(std::int64_t number) {
    const Dimension size = domain.input({numbers_.size(), 0});
    numbers_.emplace(*size.symbol(), number);
    return size;
  }

  std::optional<std::int64_t> number_of(SymbolId id) const {
    const auto given = numbers_.find(id);
    if (given != numbers_.end()) return given->second;
    // A broadcast size is that of what is not 1.
    std::optional<std::int64_t> all;
    for (const Dimension& part : domain.symbol_of(id).of) {
      const std::optional<std::int64_t> number = evaluate(part);
      if (!number) return std::nullopt;
      if (!all || *all == 1) all = number;
    }
    return all;
  }

  Knowledge knowledge_;
  std::map<SymbolId, std::int64_t> numbers_;
};

void expect_sizes(const Facts& facts, const Dimensions& inferred, const Dims& sizes) {
  ASSERT_EQ(inferred.size(), sizes.size()) << "the rank";
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    const std::optional<std::int64_t> size = facts.evaluate(inferred[d]);
    if (size) {
      EXPECT_EQ(*size, sizes[d]) << "the size of dimension " << d;
    }
  }
}

void expect_fact(const Facts& facts, const Fact& inferred, const Value& given) {
  if (const auto* tensor = std::get_if<Tensor>(&given)) {
    if (inferred.dtype) {
      EXPECT_EQ(name_of(*inferred.dtype), name_of(tensor->dtype()));
    }
    if (inferred.floating) {
      EXPECT_EQ(*inferred.floating, is_floating(tensor->dtype()));
    }
    EXPECT_LE(inferred.least_rank, tensor->sizes().size());
    if (inferred.dims) expect_sizes(facts, *inferred.dims, tensor->sizes());
  } else if (const auto* list = std::get_if<std::shared_ptr<ListValue>>(&given)) {
    if (!inferred.items) return;
    ASSERT_EQ(inferred.items->size(), (*list)->items.size()) << "the length of the list";
    for (std::size_t i = 0; i < inferred.items->size(); ++i) {
      expect_fact(facts, (*inferred.items)[i], (*list)->items[i]);
    }
  } else if (given.is<std::int64_t>() && inferred.number) {
    const std::optional<std::int64_t> number = facts.evaluate(*inferred.number);
    if (number) {
      EXPECT_EQ(*number, given.as<std::int64_t>()) << "the number";
    }
  }
}

void check(const RecordedCase& recorded, Knowledge knowledge) {
  Facts facts(knowledge);
  std::vector<Fact> arguments;
  for (const Value& value : recorded.arguments) arguments.push_back(facts.describe(value));
  std::vector<Fact> results(recorded.op->schema.results.size());
  try {
    infer(*recorded.op, arguments, results, &facts.domain);
  } catch (const Mismatch&) {
    EXPECT_TRUE(recorded.refused) << "the rule refuses what PyTorch computes";
    return;
  }
  if (recorded.refused) return;
  for (std::size_t i = 0; i < recorded.results.size(); ++i) {
    expect_fact(facts, results[i], recorded.results[i]);
  }
}

class Rules : public testing::TestWithParam<std::string> {};

TEST_P(Rules, AgreeWithWhatPyTorchGave) {
  for (const RecordedCase& recorded : recorded_cases(GetParam())) {
    for (const Knowledge knowledge :
         {Knowledge::kEverything, Knowledge::kFormulas, Knowledge::kDtypes}) {
      SCOPED_TRACE("knowledge " + std::to_string(int(knowledge)) + ": " + recorded.text);
      check(recorded, knowledge);
    }
  }
}

/// With every size at hand, a rule that tells of dtypes and sizes tells both of every result.
TEST_P(Rules, TellAllWhereAllIsKnown) {
  std::set<std::string> silent;
  for (const RecordedCase& recorded : recorded_cases(GetParam())) {
    if (recorded.refused || recorded.op->rule.shape == nullptr) continue;
    Facts facts(Knowledge::kEverything);
    std::vector<Fact> arguments;
    for (const Value& value : recorded.arguments) arguments.push_back(facts.describe(value));
    std::vector<Fact> results(recorded.op->schema.results.size());
    try {
      infer(*recorded.op, arguments, results, &facts.domain);
    } catch (const Mismatch&) {
      continue;  // the other test tells
    }
    for (std::size_t i = 0; i < recorded.results.size(); ++i) {
      if (!recorded.results[i].is<Tensor>()) continue;
      const std::string name = recorded.op->schema.name + "." + recorded.op->schema.overload;
      if (!results[i].dtype) silent.insert(name + ": a dtype");
      if (!results[i].dims) silent.insert(name + ": sizes");
    }
  }
  std::string all;
  for (const std::string& line : silent) all += "\n  " + line;
  RecordProperty("silent", static_cast<int>(silent.size()));
  if (!silent.empty()) std::cout << "[ silent   ]" << all << '\n';
}

INSTANTIATE_TEST_SUITE_P(Groups, Rules, testing::ValuesIn(groups()),
                         [](const auto& group) { return group.param; });

/// Overloads of which nothing is told. The number may only fall.
TEST(Rules, AreThere) {
  std::set<std::string> without;
  for (const Operator* op : OperatorTable::get().all()) {
    if (op->schema.results.empty()) continue;  // there is nothing to tell
    if (op->rule.dtype == nullptr && op->rule.shape == nullptr) {
      without.insert(op->schema.name + "." + op->schema.overload);
    }
  }
  std::string names;
  for (const std::string& name : without) names += "\n  " + name;
  EXPECT_LE(without.size(), 279U) << names;
}

}  // namespace
}  // namespace henson::runtime
