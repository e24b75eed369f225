#include "tools/tensor_rows.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "tools/command_line.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

bool fits(const std::string& glob, const std::string& text) {
  return fnmatch(glob.c_str(), text.c_str(), FNM_CASEFOLD) == 0;
}

/// "word embeddings, decoder" is two.
std::vector<std::string> roles_in(const std::string& text) {
  std::vector<std::string> roles;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(", ", start), text.size());
    roles.push_back(text.substr(start, end - start));
    start = end + 2;
  }
  return roles;
}

bool passes_names(const TensorRow& row, const std::vector<std::string>& globs) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return fits(glob, row.name) || fits(glob, row.weight->name);
         });
}

bool passes_roles(const TensorRow& row, const std::vector<std::string>& globs) {
  if (globs.empty()) return true;
  const std::vector<std::string> roles = roles_in(row.role);
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) {
      return fits(glob, role) || fits(glob, kind_of(role));
    });
  });
}

std::string joined(const std::vector<std::string>& texts, const char* between) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : between) + text;
  return all;
}

[[noreturn]] void nothing_passes(const std::vector<TensorRow>& rows, const TensorFilter& filter) {
  std::set<std::string> kinds;
  for (const TensorRow& row : rows) {
    for (const std::string& role : roles_in(row.role)) {
      if (!role.ends_with(" bias") && role.find(" bias of ") == std::string::npos) {
        kinds.insert(kind_of(role));
      }
    }
  }
  std::string help;
  if (!filter.roles.empty()) {
    help = kinds.empty() ? "; no role of this archive's tensors is known"
                         : "; roles here: " + joined({kinds.begin(), kinds.end()}, ", ");
  }
  const std::string wanted = joined(filter.names, "`, `") +
                             (filter.names.empty() || filter.roles.empty() ? "" : "` and `") +
                             joined(filter.roles, "`, `");
  throw Error(ErrorCode::kBadInput,
              "of " + plural(rows.size(), "tensor") + ", none fits `" + wanted + "`" + help);
}

using Figure = std::function<double(const TensorRow&)>;

double elements_of(const TensorRow& row) {
  return static_cast<double>(row.weight->bytes) / static_cast<double>(size_of(row.weight->dtype));
}

/// NaN where a row has none.
Figure of_statistics(double (*figure)(const WeightStatistics&)) {
  return [figure](const TensorRow& row) {
    return row.statistics ? figure(*row.statistics) : std::numeric_limits<double>::quiet_NaN();
  };
}

struct Column {
  const char* name;
  bool measured;
  Figure figure;  // null: by text
  std::string (*text)(const TensorRow&) = nullptr;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> kColumns{
      {"name", false, nullptr, [](const TensorRow& row) { return row.name; }},
      {"role", false, nullptr, [](const TensorRow& row) { return row.role; }},
      {"dtype", false, nullptr,
       [](const TensorRow& row) { return std::string(name_of(row.weight->dtype)); }},
      {"elements", false, elements_of},
      {"bytes", false, [](const TensorRow& row) { return static_cast<double>(row.weight->bytes); }},
      {"mean", true, of_statistics([](const WeightStatistics& of) { return of.mean; })},
      {"std", true, of_statistics([](const WeightStatistics& of) { return of.deviation; })},
      {"min", true, of_statistics([](const WeightStatistics& of) { return of.least; })},
      {"max", true, of_statistics([](const WeightStatistics& of) { return of.largest; })},
      {"norm", true, of_statistics([](const WeightStatistics& of) { return of.norm; })},
      {"zeros", true, of_statistics([](const WeightStatistics& of) {
         return static_cast<double>(of.zeros) /
                static_cast<double>(std::max<std::uint64_t>(of.count, 1));
       })},
      {"nan", true, of_statistics([](const WeightStatistics& of) {
         return static_cast<double>(of.nans + of.infinities);
       })},
      {"outliers", true,
       of_statistics([](const WeightStatistics& of) { return of.outlier_share(); })},
      {"rank", false,
       [](const TensorRow& row) {
         return row.spectrum ? static_cast<double>(row.spectrum->rank)
                             : std::numeric_limits<double>::quiet_NaN();
       }},
  };
  return kColumns;
}

const Column& column_named(const std::string& name) {
  const auto found = std::find_if(columns().begin(), columns().end(),
                                  [&](const Column& column) { return name == column.name; });
  if (found != columns().end()) return *found;
  std::vector<std::string> names;
  for (const Column& column : columns()) names.emplace_back(column.name);
  throw UsageError("--sort: there is no column `" + name + "`; there are " + joined(names, ", "));
}

}  // namespace

std::vector<TensorRow> rows_of(std::span<const InspectedTensor> tensors) {
  std::vector<TensorRow> rows;
  for (const InspectedTensor& tensor : tensors) {
    rows.push_back({tensor.display_name, tensor.role, tensor.roles, &tensor.weight, {}, {}});
  }
  return rows;
}

std::vector<TensorRow> rows_of(std::span<const WeightInfo> weights) {
  std::vector<TensorRow> rows;
  for (const WeightInfo& weight : weights) {
    rows.push_back({weight.name, "", {}, &weight, {}, {}});
  }
  return rows;
}

std::string kind_of(const std::string& role) {
  std::string kind;
  for (std::string part : roles_in(role)) {
    const std::size_t layer = part.find(" of layer");
    if (layer != std::string::npos) part.erase(layer);
    kind += (kind.empty() ? "" : ", ") + part;
  }
  return kind;
}

std::vector<TensorRow> filtered(std::vector<TensorRow> rows, const TensorFilter& filter) {
  std::vector<TensorRow> passed;
  for (const TensorRow& row : rows) {
    if (passes_names(row, filter.names) && passes_roles(row, filter.roles)) passed.push_back(row);
  }
  if (passed.empty() && !filter.empty()) nothing_passes(rows, filter);
  return passed;
}

SortColumn sort_column(const std::string& name) {
  const Column& column = column_named(name);
  return {column.name, column.measured, name == "rank"};
}

void sort_rows(std::vector<TensorRow>& rows, const SortColumn& by) {
  const Column& column = column_named(by.name);
  std::stable_sort(rows.begin(), rows.end(), [&](const TensorRow& a, const TensorRow& b) {
    if (column.text != nullptr) return column.text(a) < column.text(b);
    const double left = column.figure(a);
    const double right = column.figure(b);
    return std::isnan(right) ? !std::isnan(left) : left > right;
  });
}

const TensorRow& find_row(std::span<const TensorRow> rows, const std::string& name) {
  for (const TensorRow& row : rows) {
    if (row.name == name || row.weight->name == name) return row;
  }
  std::vector<const TensorRow*> found;
  for (const std::string& glob : {name, "*" + name + "*"}) {
    for (const TensorRow& row : rows) {
      if (fits(glob, row.name)) found.push_back(&row);
    }
    if (!found.empty()) break;
  }
  if (found.size() == 1) return *found.front();
  std::vector<std::string> names;
  for (const TensorRow* row : found) {
    if (names.size() == 3) break;
    names.push_back("`" + row->name + "`");
  }
  throw Error(
      ErrorCode::kBadInput,
      "there is no tensor `" + name + "`" +
          (names.empty() ? "; --filter '*PART*' lists those whose names have a part"
                         : "; " + std::to_string(found.size()) + " fit: " + joined(names, ", ") +
                               (found.size() > names.size() ? ", …" : "")));
}

}  // namespace henson::tools
