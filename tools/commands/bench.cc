#include "tools/commands/bench.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/machine/allowance.h"
#include "runtime/machine/processor.h"
#include "tools/benchmark.h"
#include "tools/commands/command.h"
#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/resident.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr std::string_view kExamples =
    R"(Inputs are made up: ids over the whole table, masks of ones. After one run that is not counted, each
shape runs for --seconds. Gop/s are the multiply-adds (two operations each) of products and attentions
in the fastest run; the peak is what this machine's multiply-adds of that precision reach on as many
threads, measured between the shapes. With --executor interpreter, the operations are those that the plan would do.
Opening is the time that the file takes to be checked, and its weights to be read and packed.

Examples:
  henson bench bert.pt --shape 1x14 --shape 8x128 --threads 2
  henson bench bert.pt --shape 64x8..128 --json
  henson bench bert.pt --shape 8x128 --profile)";

struct Options {
  std::filesystem::path archive;
  OpenOptions open;
  std::vector<std::string> shapes;
  BenchmarkOptions benchmark;
  bool json = false;
};

struct Result {
  std::vector<Timing> timings;
  int threads = 1;
  double load_ms = 0;  // opening and packing
  double peak_gops = 0;
  std::uint64_t peak_resident = 0;

  double share_of(const Timing& timing) const { return timing.gops() / peak_gops; }
};

std::vector<BatchShape> parse_shapes(const std::vector<std::string>& texts) {
  std::vector<BatchShape> shapes;
  for (const std::string& text : texts) {
    std::optional<BatchShape> shape = parse_batch_shape(text);
    if (!shape) {
      throw UsageError("--shape: `" + text +
                       "` is no shape; give one like 8x128, or 64x8..128 for a range of lengths");
    }
    shapes.push_back(*std::move(shape));
  }
  return shapes;
}

int thread_count(const SessionOptions& options) {
  return options.threads > 0 ? options.threads : runtime::available_threads();
}

/// The peak is the best of what is measured before and between the shapes: a machine that others
/// use too is never measured too low at all of these moments.
void measure_peak(Result& result, Precision precision) {
  result.peak_gops =
      std::max(result.peak_gops, measure_peak_operations(result.threads, precision) / 1e9);
}

Result measure(const Options& options, const std::vector<BatchShape>& shapes) {
  Result result;
  result.threads = thread_count(options.benchmark.session);
  const auto start = std::chrono::steady_clock::now();
  const Model model = open_model(options.archive, options.open);
  const std::chrono::duration<double, std::milli> opened = std::chrono::steady_clock::now() - start;
  measure_peak(result, options.benchmark.session.precision);
  Progress progress(shapes.size());
  Work work("shapes");
  for (const BatchShape& shape : shapes) {
    progress.show(result.timings.size(), shape.text);
    try {
      result.timings.push_back(time_shape(model, shape, options.benchmark));
    } catch (const Error& error) {
      throw located(options.archive.string() + ": shape " + shape.text, error);
    }
    measure_peak(result, options.benchmark.session.precision);
    work.done();
  }
  const Timing& first = result.timings.front();
  result.load_ms = opened.count() + std::max(0.0, first.first_ms - first.median_ms);
  result.peak_resident = peak_resident_bytes();
  if (options.benchmark.session.executor == Executor::kInterpreter) {
    for (Timing& timing : result.timings) {
      timing.operations = count_operations(model, timing.shape, options.benchmark.session);
    }
  }
  return result;
}

Json to_json(const StepGroup& group) {
  return {{"step", group.step}, {"count", group.count}, {"ms", group.milliseconds}};
}

void print_as_json(const Options& options, const Result& result) {
  Json json = Json::array();
  for (const Timing& timing : result.timings) {
    Json one{{"shape", timing.shape.text},
             {"threads", result.threads},
             {"precision", name_of(options.benchmark.session.precision)},
             {"cpu", runtime::processor_name()},
             {"isa", runtime::instruction_set()},
             {"min_ms", timing.min_ms},
             {"median_ms", timing.median_ms},
             {"gops", timing.gops()},
             {"peak_gops", result.peak_gops},
             {"share_of_peak", result.share_of(timing)},
             {"load_ms", result.load_ms},
             {"peak_rss_bytes", result.peak_resident},
             {"runs", timing.runs},
             {"tokens", timing.shape.tokens()}};
    if (options.benchmark.session.profile) {
      one["profile"] = Json::array();
      for (const StepGroup& group : timing.profile) one["profile"].push_back(to_json(group));
    }
    json.push_back(std::move(one));
  }
  print_json(std::cout, json);
}

std::string percent(double share) { return format_fixed(100 * share, 1) + '%'; }

void print_profile(const Timing& timing) {
  double all = 0;
  for (const StepGroup& group : timing.profile) all += group.milliseconds;
  std::cout << '\n' << timing.shape.text << ", by step\n";
  Table table({kRight, kRight, kRight, kLeft}, "  ");
  table.add({"ms", "share", "steps", "step"});
  for (const StepGroup& group : timing.profile) {
    table.add({format_milliseconds(group.milliseconds), percent(group.milliseconds / all),
               std::to_string(group.count), printable(group.step)});
  }
  table.print(std::cout);
}

void print_table(const Options& options, const Result& result) {
  std::cout << printable(options.archive.filename().string()) << ", "
            << name_of(options.benchmark.session.precision) << ", "
            << plural(static_cast<std::size_t>(result.threads), "thread") << ", "
            << (options.benchmark.session.executor == Executor::kPlan ? "plan" : "interpreter")
            << '\n'
            << printable(runtime::processor_name()) << ", " << runtime::instruction_set() << '\n';
  Table table({kLeft, kRight, kRight, kRight, kRight, kRight}, "  ");
  table.add({"shape", "min ms", "median ms", "runs", "Gop/s", "of peak"});
  for (const Timing& timing : result.timings) {
    table.add({timing.shape.text, format_milliseconds(timing.min_ms),
               format_milliseconds(timing.median_ms), format_count(timing.runs),
               format_fixed(timing.gops(), 1), percent(result.share_of(timing))});
  }
  table.print(std::cout);
  std::cout << "peak " << format_fixed(result.peak_gops, 1) << " Gop/s; opened in "
            << format_milliseconds(result.load_ms) << " ms; " << format_bytes(result.peak_resident)
            << " resident at most\n";
  for (const Timing& timing : result.timings) {
    if (!timing.profile.empty()) print_profile(timing);
  }
}

int bench(const Options& options) {
  const SessionOptions& session = options.benchmark.session;
  if (session.profile && session.executor == Executor::kInterpreter) {
    throw UsageError("--profile tells of the plan's steps: leave --executor interpreter out");
  }
  const std::vector<BatchShape> shapes = parse_shapes(options.shapes);
  const Result result = measure(options, shapes);
  if (options.json) {
    print_as_json(options, result);
  } else {
    print_table(options, result);
  }
  return kDone;
}

}  // namespace

void add_bench(CommandLine& program) {
  Command command = program.add("bench", "Time an archive's runs");
  const auto options = std::make_shared<Options>();
  command.option("archive", options->archive, "A.pt", "The TorchScript archive").required();
  add_open_options(command, options->open);
  command
      .option("--shape", options->shapes, "8x128|64x8..128",
              "Sequences x tokens, or a range of lengths, run without padding")
      .required();
  command.option("--seconds", options->benchmark.seconds, "S", "How long each shape is run; 2")
      .between(0.0, 3600.0);
  add_session_options(command, options->benchmark.session);
  command.flag("--profile", options->benchmark.session.profile,
               "Tell the time of each step of the plan");
  command.flag("--json", options->json, "Print JSON: a list of objects, one a shape");
  command.footer(kExamples);
  command.action([options] { return bench(*options); });
}

}  // namespace henson::tools
