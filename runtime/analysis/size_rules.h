// What one node tells of the sizes of its results: used by KnownSizes only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/analysis/known_sizes.h"

namespace henson::runtime {

/// An operator's call, as its rule sees it.
class SizeRule {
 public:
  using Dimensions = KnownSizes::Dimensions;

  SizeRule(KnownSizes& sizes, const Node& node) : sizes_(sizes), node_(node) {}
  void apply();

 private:
  using Known = KnownSizes::Known;
  using Rule = void (SizeRule::*)();
  struct Entry {
    Rule rule;
    std::vector<const char*> names;
  };
  static const std::vector<Entry>& entries();
  static Rule find(const std::string& name);

  bool is_tensor(std::size_t i) const;
  bool is_none(std::size_t i) const;
  bool is_old() const;
  const Known& known(std::size_t i) const { return sizes_.values_[node_.inputs[i]]; }
  std::optional<Dimensions> dims(std::size_t i) const { return sizes_.dims(node_.inputs[i]); }
  std::optional<Dimension> number(std::size_t i) const { return sizes_.number(node_.inputs[i]); }
  std::optional<std::int64_t> literal(std::size_t i) const;
  std::optional<std::size_t> place_of(std::string_view argument) const;
  std::optional<std::int64_t> argument(std::string_view name, std::int64_t otherwise) const;
  std::optional<std::vector<Dimension>> list(std::size_t i) const;
  std::vector<ValueId> list_parts(std::size_t i) const;
  std::optional<std::vector<std::int64_t>> literals(std::size_t i) const;
  static std::optional<std::size_t> wrap(std::optional<std::int64_t> dim, std::size_t rank);
  void give(Dimensions dims) { sizes_.values_[node_.outputs[0]].dims = std::move(dims); }
  void give_number(std::optional<Dimension> number);
  void give_parts(const Dimensions& whole, std::size_t dim, const std::vector<Dimension>& parts);
  Dimensions broadcast(const Dimensions& a, const Dimensions& b);
  std::optional<Dimensions> product(std::size_t a, std::size_t b);
  Dimension part_of(const Dimension& size, const Dimension& first, const Dimension& last);
  std::optional<Dimensions> viewed(const Dimensions& from, std::vector<Dimension> to);

  // The rules.
  void keep();
  void keep_first();
  void elementwise();
  void arithmetic();
  void reduce();
  void reduce_or_compare();
  void embedding();
  void embeddings();
  void linear();
  void quantized_linear();
  void matmul();
  void added_product();
  void attention();
  void einsum();
  void view();
  void view_as();
  void permute();
  void transpose();
  void unsqueeze();
  void squeeze();
  void flatten();
  void unflatten();
  void expand();
  void slice();
  void narrow();
  void select();
  void index();
  void index_select();
  void outer();
  void pad();
  void split();
  void unbind();
  void cat();
  void stack();
  void repeat();
  void create();
  void arange();
  void size_of();
  void same_number();
  void list_item();

  KnownSizes& sizes_;
  const Node& node_;
};

}  // namespace henson::runtime
