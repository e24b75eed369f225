// What a name of the code stands for while a graph is built. Modules, tuples, lists and dicts exist
// only here: the graph holds the values within them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "loader/value.h"
#include "runtime/graph/graph.h"

namespace henson::runtime {

struct Term;

struct ModuleTerm {
  std::shared_ptr<const loader::Object> object;
  std::string path;  // "encoder.layer.0", "" for the root
};
/// `depth` counts the containers within each other on the longest way down, this one included.
struct TupleTerm {
  std::vector<Term> items;
  std::vector<std::string> names;  // of a NamedTuple
  std::size_t depth = 1;
};
/// What another container holds takes no more containers: so depth stays what it was, and nothing
/// comes to hold itself.
struct ListTerm {
  std::vector<Term> items;
  std::optional<Type> element;  // when annotated
  std::size_t depth = 1;
  bool held = false;
};
struct DictTerm {
  std::vector<std::pair<std::string, Term>> items;
  std::size_t depth = 1;
  bool held = false;
};
/// An input that is a dict or a list: its parts become inputs when the code takes them.
struct OpenInput {
  std::string path;
  std::string name;
  bool dict = true;
  Type element;
  std::map<std::string, Term> parts;
};
/// A free function of the code, under another name.
struct FunctionTerm {
  const script::Function* function = nullptr;
};
/// `uninitialized(T)`: the value of a branch that is never taken.
struct Uninitialized {};

/// Lists, dicts and open inputs are shared: code may change them through any of their names.
struct Term : std::variant<ValueId, ModuleTerm, std::shared_ptr<TupleTerm>,
                           std::shared_ptr<ListTerm>, std::shared_ptr<DictTerm>,
                           std::shared_ptr<OpenInput>, FunctionTerm, Uninitialized> {
  using variant::variant;

  template <typename T>
  const T* get() const noexcept {
    return std::get_if<T>(this);
  }
};

/// The depth of a container, 0 of everything else.
inline std::size_t depth_of(const Term& term) {
  if (const auto* tuple = term.get<std::shared_ptr<TupleTerm>>()) return (*tuple)->depth;
  if (const auto* list = term.get<std::shared_ptr<ListTerm>>()) return (*list)->depth;
  if (const auto* dict = term.get<std::shared_ptr<DictTerm>>()) return (*dict)->depth;
  return 0;
}

}  // namespace henson::runtime
