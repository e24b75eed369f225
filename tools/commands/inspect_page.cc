#include "tools/commands/inspect_page.h"

#include <algorithm>

#include "runtime/machine/processor.h"
#include "tools/commands/inspect_tensors.h"
#include "tools/out_file.h"
#include "tools/page/report.h"
#include "tools/progress.h"
#include "tools/weight_figures.h"

namespace henson::tools {
namespace {

constexpr std::int64_t kUsualLength = 128;
/// How long a shape is run, to see where the time goes.
constexpr double kSeconds = 1;

BatchShape parsed_shape(const std::string& text) {
  const std::optional<BatchShape> shape = parse_batch_shape(text);
  if (!shape || shape->ragged) {
    throw UsageError("--shape: `" + text + "` is no shape; give one like 1x128");
  }
  return *shape;
}

/// The shapes to try, in turn: as asked; else one text of usual length, or as it was traced.
std::vector<BatchShape> shapes_for(const Model& model, const std::string& asked) {
  if (!asked.empty()) return {parsed_shape(asked)};
  std::int64_t length = kUsualLength;
  if (const auto& positions = model.info().positions) {
    length = std::clamp<std::int64_t>(positions->rows - positions->first, 1, length);
  }
  std::vector<BatchShape> shapes{parsed_shape("1x" + std::to_string(length))};
  for (const InputInfo& input : model.inputs()) {
    if (input.role != InputRole::kIds || !input.traced_shape || input.traced_shape->size() != 2) {
      continue;
    }
    const auto traced = parse_batch_shape(std::to_string((*input.traced_shape)[0]) + "x" +
                                          std::to_string((*input.traced_shape)[1]));
    if (traced) shapes.push_back(*traced);
  }
  return shapes;
}

void time_steps(page::Report& report, const PageOptions& options) {
  const Model* const model = report.archive.model();
  if (model == nullptr) return;
  BenchmarkOptions benchmark;
  benchmark.session.threads = options.threads;
  benchmark.session.profile = true;
  benchmark.seconds = kSeconds;
  Progress progress(1);
  for (const BatchShape& shape : shapes_for(*model, options.shape)) {
    progress.show("timing the steps at " + shape.text);
    try {
      report.timing = time_shape(*model, shape, benchmark);
      return;
    } catch (const Error& error) {
      report.not_timed = "Not timed at " + shape.text + ": " + error.what();
    }
  }
}

/// The largest table, which the words have.
void measure_tokens(page::Report& report, int threads) {
  const WeightInfo* words = nullptr;
  for (const TensorRow& row : report.rows) {
    const WeightInfo& weight = *row.weight;
    if (!weight.is_embedding_table || weight.shape.size() != 2) continue;
    if (words != nullptr && words->shape[0] >= weight.shape[0]) continue;
    words = &weight;
    report.token_table = row.name;
  }
  if (words == nullptr) return;
  report.token_norms = measure_row_norms(*words, threads).value_or(std::vector<double>());
}

}  // namespace

void add_page_options(Command& command, PageOptions& options) {
  command.option("--html", options.html, "FILE.html",
                 "Write all of it as a page with pictures: one file, which needs no network");
  command.option("--shape", options.shape, "BxL",
                 "Of the page: where the time goes in a run of this shape; 1x128 unless given");
}

int write_page(const std::filesystem::path& archive, const OpenOptions& open,
               const PageOptions& options) {
  if (!options.shape.empty()) parsed_shape(options.shape);
  OutFile file(options.html);
  page::Report report{open_inspection(archive, open), {}, "", {}, std::nullopt, "", ""};
  note_why_not(report.archive);
  report.processor = runtime::processor_name();
  report.rows = rows_of(report.archive.tensors());
  measure(report.rows, {options.threads, true, false});
  measure_tokens(report, options.threads);
  time_steps(report, options);
  file.write(report_page(report));
  file.finish();
  return kDone;
}

}  // namespace henson::tools
