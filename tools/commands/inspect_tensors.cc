#include "tools/commands/inspect_tensors.h"

#include <iostream>
#include <utility>

#include "tools/commands/command.h"
#include "tools/inspection_text.h"
#include "tools/npy.h"
#include "tools/out_file.h"
#include "tools/report.h"
#include "tools/slice.h"
#include "tools/statistics_table.h"
#include "tools/tensor_table.h"
#include "tools/tensor_values.h"
#include "tools/weight_figures.h"

namespace henson::tools {
namespace {

/// Of the JSON that is printed here, see tools/schema/inspect_tensors.json: raised when a member
/// goes away or means something else.
constexpr int kSchema = 1;

/// Numbers that a JSON document may have of one tensor.
constexpr std::int64_t kMostJsonNumbers = 1 << 20;

void check_options(const TensorOptions& options) {
  if (options.tensor.empty()) {
    if (!options.export_to.empty()) throw UsageError("--export writes one tensor: give --tensor");
    return;
  }
  if (!options.filter.empty() || !options.sort.empty()) {
    throw UsageError("--tensor is one tensor: leave --filter, --role and --sort out");
  }
}

/// The columns that must be measured for what is asked.
FigureOptions figures_for(const TensorOptions& options) {
  const SortColumn sort = options.sort.empty() ? SortColumn() : sort_column(options.sort);
  FigureOptions figures;
  figures.threads = options.threads;
  figures.spectrum = options.rank || sort.spectral;
  figures.statistics = options.stats || sort.measured || figures.spectrum;
  return figures;
}

void print_table(std::span<const TensorRow> rows, std::size_t all_tensors, bool measured,
                 bool fold) {
  const TensorTotals totals = totals_of(rows);
  std::cout << plural(totals.tensors, "tensor")
            << (rows.size() < all_tensors ? " of " + format_count(all_tensors) : "") << ", "
            << plural(totals.elements, "element") << ", " << format_bytes(totals.bytes) << '\n';
  if (measured) {
    statistics_table(rows, fold).print(std::cout);
    std::cout << '\n' << wrapped(std::string(kStatisticsLegend), 100, 0) << '\n';
  } else {
    tensor_table(rows, fold).print(std::cout);
  }
}

Json document(const std::filesystem::path& archive) {
  return {{"schema", kSchema}, {"file", archive.string()}};
}

int list_tensors(const std::filesystem::path& path, const Inspection& archive,
                 const TensorOptions& options, bool all, bool json) {
  const FigureOptions figures = figures_for(options);
  std::vector<TensorRow> rows = filtered(rows_of(archive.tensors()), options.filter);
  if (figures.statistics) measure(rows, figures);
  if (!options.sort.empty()) sort_rows(rows, sort_column(options.sort));
  if (json) {
    Json told = document(path);
    told["tensors"] = Json::array();
    for (const TensorRow& row : rows) told["tensors"].push_back(to_json(row));
    print_json(std::cout, told);
    return kDone;
  }
  print_table(rows, archive.tensors().size(), figures.statistics, !all && options.sort.empty());
  return kDone;
}

/// What is taken of a tensor.
struct Part {
  TensorRow row;
  std::string subscripts;  // "[0:3]"; empty: all
  Tensor values;
};

Part find_part(const Inspection& archive, const std::string& text) {
  const std::vector<TensorRow> rows = rows_of(archive.tensors());
  const NamedPart named = split_name(text);
  const TensorRow& row = find_row(rows, named.name);
  Part part{row, named.subscripts, real_values_of(*row.weight)};
  if (!part.subscripts.empty()) part.values = take(part.values, parse_subscripts(part.subscripts));
  return part;
}

void export_part(const Part& part, const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = encode_npy(part.values);
  OutFile file(path);
  file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  file.finish();
}

void print_part(const Part& part, bool all) {
  const WeightInfo& weight = *part.row.weight;
  std::cout << printable(part.row.name + part.subscripts) << '\n';
  Table table({Table::Align::kLeft, Table::Align::kLeft}, "  ");
  if (part.row.name != weight.name) table.add({"entry", printable(weight.name)});
  if (!part.row.role.empty()) table.add({"role", printable(part.row.role)});
  table.add({"dtype", std::string(name_of(weight.dtype)) +
                          (is_quantized(weight.dtype) ? ", told as what it stands for" : "")});
  table.add(
      {"shape",
       format_shape(weight.shape) +
           (part.subscripts.empty() ? "" : ", of which " + format_shape(part.values.shape()))});
  table.add({"storage", printable(weight.storage) + ", " + format_bytes(weight.bytes)});
  table.print(std::cout);
  std::cout << '\n';
  if (part.row.statistics) {
    statistics_table({&part.row, 1}, false).print(std::cout);
    std::cout << '\n';
  }
  print_values(std::cout, part.values, all);
}

void print_part_as_json(const std::filesystem::path& path, const Part& part) {
  if (part.values.element_count() > kMostJsonNumbers) {
    throw UsageError("--json of " + std::to_string(part.values.element_count()) +
                     " elements: take a part, like `" + part.row.name +
                     "[:10]`, or give --export FILE.npy");
  }
  Json told = document(path);
  told["tensor"] = to_json(part.row);
  told["part"] = part.subscripts;
  told["shape"] = part.values.shape();
  told["values"] = values_as_json(part.values);
  print_json(std::cout, told);
}

int tell_tensor(const std::filesystem::path& path, const Inspection& archive,
                const TensorOptions& options, bool all, bool json) {
  Part part = find_part(archive, options.tensor);
  if (options.stats || options.rank) measure({&part.row, 1}, figures_for(options));
  if (!options.export_to.empty()) {
    export_part(part, options.export_to);
  } else if (json) {
    print_part_as_json(path, part);
  } else {
    print_part(part, all);
  }
  return kDone;
}

}  // namespace

void add_tensor_options(Command& command, TensorOptions& options) {
  command.flag("--stats", options.stats,
               "Tell of each tensor's numbers: mean, spread, ends, zeros, outliers, histogram");
  command.flag("--rank", options.rank,
               "And the rank of each matrix, with how many directions hold 90% of it");
  command.option("--filter", options.filter.names, "GLOB", "Of tensors whose names fit, alone");
  command.option("--role", options.filter.roles, "ROLE",
                 "Of tensors with this role, alone: query, 'query of layer 3', '*norm*'");
  command.option("--sort", options.sort, "COLUMN",
                 "By name, role, dtype, elements, bytes, mean, std, min, max, norm, zeros, nan, "
                 "outliers or rank");
  command.option("--tensor", options.tensor, "NAME",
                 "The values of one tensor, or of a part of it: 'pooler.weight[0:3, :5]'");
  command.option("--export", options.export_to, "FILE.npy", "Write them there");
  command.option("--threads", options.threads, "N", "Threads that measure; all unless given")
      .between(1, kMostThreads);
}

Inspection open_inspection(const std::filesystem::path& path, const OpenOptions& open) {
  try {
    return Inspection::open(file_of(path), {open});
  } catch (const Error& error) {
    throw located(shown(path), error);
  }
}

void note_why_not(const Inspection& archive) {
  const Error* const reason = archive.why_not();
  if (reason == nullptr) return;
  print_error("note: Henson cannot run " + archive.path().string() + ": " + reason->what());
}

bool asks_for_tensors(const TensorOptions& options) {
  return options.stats || options.rank || !options.filter.empty() || !options.sort.empty() ||
         !options.tensor.empty() || !options.export_to.empty();
}

int inspect_tensors(const std::filesystem::path& archive, const OpenOptions& open,
                    const TensorOptions& options, bool all, bool json) {
  check_options(options);
  if (!options.sort.empty()) sort_column(options.sort);  // refused before anything is read
  const Inspection opened = open_inspection(archive, open);
  note_why_not(opened);
  return options.tensor.empty() ? list_tensors(archive, opened, options, all, json)
                                : tell_tensor(archive, opened, options, all, json);
}

}  // namespace henson::tools
