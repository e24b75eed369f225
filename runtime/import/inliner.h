// The work of build_graph: evaluates the code of an archive over terms, adding nodes as it goes.
// Internal to this folder.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "loader/archive.h"
#include "runtime/graph/overloads.h"
#include "runtime/import/builder.h"
#include "runtime/import/guessed_sizes.h"
#include "runtime/import/term.h"
#include "runtime/import/weights.h"

namespace henson::runtime {

class Inliner {
 public:
  Inliner(const loader::Archive& archive, const BuildOptions& options)
      : archive_(archive), options_(options), budget_(archive.budget) {}

  BuiltGraph build();

 private:
  /// The names of one function's body.
  struct Frame {
    const script::Function* function = nullptr;
    std::map<std::string, Term, std::less<>> names;
    std::uint32_t line = 0;  // being evaluated
  };
  struct Arguments {
    std::vector<Term> positional;
    std::vector<std::pair<std::string, Term>> keywords;
  };
  /// One level of evaluation while it lasts: a bound on recursion. Counts a step.
  class Level {
   public:
    Level(Inliner& inliner, const Frame& frame);
    ~Level() { --inliner_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Inliner& inliner_;
  };

  // Functions and statements (inliner.cc).
  Term call_function(const script::Function& function, Arguments arguments, Frame* caller);
  std::optional<Term> run_block(const script::Block& block, Frame& frame);
  std::optional<Term> run_statement(const script::Stmt& stmt, Frame& frame);
  std::optional<Term> run_if(const script::Stmt& stmt, Frame& frame);
  std::optional<Term> run_loop(const script::Stmt& stmt, Frame& frame);
  bool condition(const script::Expr& expr, Frame& frame);
  bool guessed(const Term& term, Frame& frame);
  bool is_flag(const Term& term) const;
  void require(const Term& condition, bool wanted, const std::string& otherwise, Frame& frame);
  std::optional<std::string> raised_by(const script::Block& block, Frame& frame);
  void assign(const script::Expr& target, Term value, Frame& frame);
  void assign_many(const script::Expr& targets, const Term& value, Frame& frame);
  std::vector<Term> unpack(const Term& value, std::size_t count, Frame& frame);

  // Inputs and the output (inliner_inputs.cc).
  Term make_input(const script::Expr* annotation, const std::string& path, const std::string& name,
                  const Frame& frame);
  Term make_leaf(Type type, const std::string& path, const std::string& name);
  /// `key` is a copy: it may be a constant of the graph, which grows.
  Term part_of(OpenInput& input, std::string key);
  OutputShape output_of(const Term& term, Frame& frame);

  // Expressions (inliner_expressions.cc).
  Term evaluate(const script::Expr& expr, Frame& frame);
  Term evaluate_name(const script::Expr& expr, Frame& frame);
  Term evaluate_attribute(const script::Expr& expr, Frame& frame);
  Term evaluate_subscript(const script::Expr& expr, Frame& frame);
  Term evaluate_dict(const script::Expr& expr, Frame& frame);
  Term item_of(const Term& base, const Term& key, Frame& frame);
  Term attribute_of(const ModuleTerm& module, const std::string& name, Frame& frame);
  void restore_state(const ModuleTerm& module, Frame& frame);
  Term constant_of_archive(const std::string& name, Frame& frame);
  Term from_archive(const loader::Value& value, const std::string& name, Frame& frame);
  Term container_of_archive(const loader::Value& value, const std::string& name, Frame& frame);

  // Calls (inliner_calls.cc).
  Term evaluate_call(const script::Expr& expr, Frame& frame);
  Term call_named(const std::string& name, const script::Expr& expr, Frame& frame);
  Term call_method(const script::Expr& expr, Frame& frame);
  Term call_builtin(const std::string& name, const script::Expr& expr, Frame& frame);
  Term annotate(const Type& type, Term value, Frame& frame);
  Term construct(const script::Class& of_class, Arguments arguments, Frame& frame);
  Arguments evaluate_arguments(const script::Expr& call, Frame& frame);
  Term call_operator(const std::string& name, Arguments arguments, Frame& frame);
  void read_constant_as_number(const std::string& name, Arguments& arguments, const Frame& frame);
  std::optional<Term> call_structural(const std::string& name, const Arguments& arguments,
                                      Frame& frame);
  std::optional<Term> fold(const Operator& op, const std::vector<ValueId>& inputs, Frame& frame);
  void refuse_training(const Schema& schema, const std::vector<ValueId>& inputs, Frame& frame);
  [[noreturn]] void refuse_operator(const std::string& name, const CallTypes& types, Frame& frame);

  // Containers and what they cost (inliner_containers.cc).
  Term make_tuple(std::vector<Term> items, const Frame& frame, std::vector<std::string> names = {});
  Term make_list(std::vector<Term> items, const Frame& frame);
  Term make_dict(std::vector<std::pair<std::string, Term>> items, const Frame& frame);
  void append(ListTerm& list, Term item, const Frame& frame);
  void set_item(DictTerm& dict, std::string key, Term item, const Frame& frame);
  std::size_t depth_around(const Term& item, std::size_t depth, const Frame& frame);
  void check_change(bool held, const Term& item, const Frame& frame) const;
  void note_nesting(ValueId made, const std::vector<ValueId>& inputs, bool deeper,
                    const Frame& frame);
  void spend(loader::Budget::Kind kind, std::uint64_t amount, const Frame& frame);
  const loader::Value* find_attribute(const loader::Object& object, const std::string& name);
  const script::Function* find_method(const std::string& of_class, const std::string& name);

  // Values (inliner_values.cc).
  Term constant(Value value, std::string name = {});
  ValueId value_of(const Term& term, Frame& frame);
  ValueId list_value(const ListTerm& list, Frame& frame);
  Type type_of_term(const Term& term, const Frame& frame);
  const Value* constant_value(const Term& term) const;
  ValueId add_node(NodeKind kind, std::vector<ValueId> inputs, Type type, Frame& frame);
  void count_node(Frame& frame);
  script::SourceLine here(const Frame& frame) const;
  [[noreturn]] void fail(const Frame& frame, const std::string& message) const;

  const loader::Archive& archive_;
  const BuildOptions& options_;
  Graph graph_;
  GuessedSizes guesses_{graph_};
  WeightViews views_;
  std::vector<ParameterInfo> parameters_;
  std::unordered_map<const loader::StoredTensor*, ValueId> weights_;
  std::unordered_map<const loader::Object*, ValueId> packed_;
  /// Attributes that the code assigns: they hide what the archive holds.
  std::map<std::pair<const loader::Object*, std::string>, Term> assigned_;
  std::set<const loader::Object*> restored_;
  /// Containers of the archive, each made once: what it shares stays shared.
  std::unordered_map<const void*, Term> containers_;
  /// Of lists and tuples of the graph: how deep they nest.
  std::unordered_map<ValueId, std::size_t> nesting_;
  std::unordered_map<const loader::Object*, std::unordered_map<std::string, const loader::Value*>>
      attributes_;
  std::unordered_map<std::string, std::unordered_map<std::string, const script::Function*>>
      methods_;
  loader::Budget budget_;
  std::size_t counted_values_ = 0;  // of the graph
  std::size_t levels_ = 0;
  std::size_t depth_ = 0;  // of calls
};

}  // namespace henson::runtime
