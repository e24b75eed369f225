// The tensors of an archive that a command tells of: which ones, and in which order.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "henson/inspect.h"
#include "henson/statistics.h"

namespace henson::tools {

struct TensorRow {
  std::string name;  // as it is shown
  std::string role;  // "query of layer 3"; empty where nothing is known
  std::span<const WeightRole> roles;
  const WeightInfo* weight = nullptr;
  std::optional<WeightStatistics> statistics;
  std::optional<Spectrum> spectrum;
};

/// The tensors must outlive the rows.
std::vector<TensorRow> rows_of(std::span<const InspectedTensor> tensors);
std::vector<TensorRow> rows_of(std::span<const WeightInfo> weights);

/// The role without its layer: "query" of "query of layer 3".
std::string kind_of(const std::string& role);

struct TensorFilter {
  std::vector<std::string> names;  // globs, of which one must fit; empty: all do
  std::vector<std::string> roles;  // likewise: of the role, with or without its layer

  bool empty() const noexcept { return names.empty() && roles.empty(); }
};

/// Those rows that the filter lets pass. Throws henson::Error (kBadInput) when there are none: with
/// the roles that there are when it is by role.
std::vector<TensorRow> filtered(std::vector<TensorRow> rows, const TensorFilter& filter);

/// What rows are sorted by.
struct SortColumn {
  std::string name;       // "std"
  bool measured = false;  // it needs statistics
  bool spectral = false;  // it needs the spectrum
};

/// Throws UsageError, with the columns that there are, for a name that is none.
SortColumn sort_column(const std::string& name);

/// Names and roles by alphabet, numbers with the largest first; rows without a number last. Rows
/// that are equal stay in the archive's order.
void sort_rows(std::vector<TensorRow>& rows, const SortColumn& column);

/// The row of a name, as the archive has it or as it is shown; else the only one that fits it as a
/// glob. Throws henson::Error (kBadInput), with names that are near.
const TensorRow& find_row(std::span<const TensorRow> rows, const std::string& name);

}  // namespace henson::tools
