#include "tools/commands/accuracy.h"

#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/machine/allowance.h"
#include "runtime/tasks/text_inputs.h"
#include "tools/accuracy.h"
#include "tools/commands/command.h"
#include "tools/input_file.h"
#include "tools/interrupt.h"
#include "tools/lines.h"
#include "tools/progress.h"
#include "tools/random_inputs.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr Precision kPrecisions[] = {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8};
constexpr std::size_t kTokensAtOnce = 2048;
constexpr unsigned kRandomBatches = 16;
constexpr unsigned kSeed = 2018;

constexpr std::string_view kExamples =
    R"(Runs the archive in fp32, bf16 and int8 on the same inputs, in turn, and says what the lower ones cost
and win. Give what the model is for: a file with a text a line, or arrays as `henson run` takes them.
Without, inputs are random, which tells of speed and memory, but little of accuracy.

  ms        of all inputs, the fastest of several runs of each
  resident  what weights and buffers take; at most: until the weights were packed; buffers: of runs
  cosine    of rows along an output's last dimension: a token's hidden states, a text's vector
  error     max|x - fp32| / max(1, max|fp32|)
  same max  rows whose largest number stands in the same place: the class, a token's label or word
  ranks     Spearman's correlation of the cosines of all pairs of vectors (of the first 2,000)

Examples:
  henson accuracy minilm.pt --vocab vocab.txt --text lines.txt
  henson accuracy bert.pt --input in.npz --json)";

struct Options {
  std::filesystem::path archive;
  std::filesystem::path vocabulary;
  std::filesystem::path text;
  std::vector<std::filesystem::path> inputs;
  std::size_t max_length = 0;
  bool cased = false;
  bool json = false;
  SessionOptions session;
  OpenOptions open;
};

/// What the models were run on.
struct Given {
  std::string what;  // "200 texts of lines.txt, 3,214 tokens"
  bool random = false;
};

TextModel open_text(const Options& options, Precision precision) {
  TextModelOptions given;
  given.session = options.session;
  given.session.precision = precision;
  given.vocabulary = options.vocabulary;
  given.max_length = options.max_length;
  given.open = options.open;
  if (options.cased) {
    given.tokenizer.lower_case = false;
    given.tokenizer.strip_accents = false;
  }
  return TextModel::open(options.archive, std::move(given));
}

void print_notes(const Options& options, const Model& model) {
  for (const std::string& note : model.notes()) {
    print_error("note: " + options.archive.string() + ": " + note);
  }
}

/// Texts on their way to the meter, some at a time.
class TextFeed {
 public:
  TextFeed(AccuracyMeter& meter, const TextModel& text)
      : meter_(meter),
        tokenizer_(text.tokenizer()),
        inputs_(text.model(), tokenizer_, {}),
        limit_{.max_length = text.max_length()} {}

  void add(std::string line) {
    const Encoding encoding = tokenizer_.encode(line, limit_);
    cut_ += encoding.lost > 0 ? 1 : 0;
    waiting_ += encoding.size();
    batch_.sequences.push_back(inputs_.of(encoding));
    batch_.texts.push_back(std::move(line));
    if (waiting_ >= kTokensAtOnce) flush();
  }

  void flush() {
    if (batch_.texts.empty()) return;
    meter_.run(batch_);
    texts_ += batch_.texts.size();
    tokens_ += waiting_;
    work_.done(batch_.texts.size());
    batch_ = {};
    waiting_ = 0;
  }

  std::size_t texts() const { return texts_; }
  std::size_t tokens() const { return tokens_; }
  std::size_t cut() const { return cut_; }

 private:
  AccuracyMeter& meter_;
  Tokenizer tokenizer_;
  tasks::TextInputs inputs_;
  EncodeOptions limit_;
  AccuracyBatch batch_;
  std::size_t waiting_ = 0;  // tokens
  std::size_t texts_ = 0;
  std::size_t tokens_ = 0;
  std::size_t cut_ = 0;
  Work work_{"texts"};
};

Given run_texts(const Options& options, AccuracyMeter& meter) {
  Lines lines(options.text);
  TextModel exact = open_text(options, Precision::kFloat32);
  print_notes(options, exact.model());
  TextFeed feed(meter, exact);
  const std::size_t length = exact.max_length();
  meter.add_precision(Precision::kFloat32, std::move(exact));
  for (const Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
    meter.add_precision(precision, open_text(options, precision));
  }
  Progress progress(1);
  while (auto line = lines.next()) {
    feed.add(*std::move(line));
    progress.show(format_count(feed.texts()) + " texts");
  }
  Work::check();
  feed.flush();
  progress.clear();
  const std::string name =
      options.text == "-" ? "standard input" : options.text.filename().string();
  if (feed.texts() == 0) throw Error(ErrorCode::kBadInput, name + ": there is no text in it");
  if (feed.cut() > 0) {
    print_error("note: " + plural(feed.cut(), "text") + (feed.cut() == 1 ? " was" : " were") +
                " cut to " + std::to_string(length) + " tokens");
  }
  return {plural(feed.texts(), "text") + " of " + name + ", " + plural(feed.tokens(), "token")};
}

/// The model in each precision; the first is float32's.
Model open_models(const Options& options, AccuracyMeter& meter) {
  Model exact = open_model(options.archive, options.open);
  for (const Precision precision : kPrecisions) {
    meter.add_precision(precision, precision == Precision::kFloat32
                                       ? exact
                                       : Model::open(options.archive, options.open));
  }
  return exact;
}

Given run_arrays(const Options& options, AccuracyMeter& meter) {
  const Model model = open_models(options, meter);
  Progress progress(options.inputs.size());
  Work work("inputs");
  std::size_t done = 0;
  for (const std::filesystem::path& path : options.inputs) {
    progress.show(done++, path.filename().string());
    const AccuracyBatch batch{{read_inputs(model, path)}, {}};
    try {
      meter.run(batch);
    } catch (const Error& error) {
      throw located(path.string(), error);
    }
    work.done();
  }
  return {done == 1 ? options.inputs.front().filename().string() : plural(done, "input file")};
}

Given run_random(const Options& options, AccuracyMeter& meter) {
  const Model model = open_models(options, meter);
  if (model.inputs().empty()) {
    throw Error(
        ErrorCode::kBadInput,
        options.archive.string() + ": the model takes no input, so there is nothing to vary");
  }
  const InputSizes sizes = traced_sizes(model);
  Work work("batches");
  for (unsigned i = 0; i < kRandomBatches; ++i) {
    const AccuracyBatch batch{{random_inputs(model, sizes, Masks::kOnes, kSeed + i)}, {}};
    try {
      meter.run(batch);
    } catch (const Error& error) {
      throw located(options.archive.string() + ": random inputs; give --input in.npz", error);
    }
    work.done();
  }
  return {std::to_string(kRandomBatches) + " batches of random inputs", true};
}

std::string format_alike(double cosine) { return format_fixed(cosine, 6); }

std::string percent(double share) { return format_fixed(100 * share, 2) + '%'; }

void print_costs(const std::vector<PrecisionAccuracy>& results) {
  Table table({kLeft, kRight, kRight, kRight, kRight, kRight}, "  ");
  table.add({"", "ms", "speed", "resident", "at most", "buffers"});
  for (const PrecisionAccuracy& one : results) {
    const double times = results.front().milliseconds / one.milliseconds;
    table.add({std::string(name_of(one.precision)), format_milliseconds(one.milliseconds),
               format_fixed(times, 2) + "×", format_bytes(one.resident),
               one.peak == 0 ? "-" : format_bytes(one.peak), format_bytes(one.buffers)});
  }
  table.print(std::cout);
}

std::vector<std::string> cells_of(const RowComparison& rows) {
  const bool directed = rows.has_directions();
  return {format_count(rows.rows()), directed ? format_alike(rows.mean_cosine()) : "-",
          directed ? format_alike(rows.least_cosine()) : "-", format_error(rows.error())};
}

void print_vectors(const AccuracyMeter& meter, const std::vector<PrecisionAccuracy>& results) {
  if (meter.vectors().empty()) return;
  std::cout << "\nVectors: " << printable(meter.vectors()) << '\n';
  Table table({kLeft, kRight, kRight, kRight, kRight, kRight}, "  ");
  table.add({"", "vectors", "mean cosine", "least", "error", "ranks"});
  for (const PrecisionAccuracy& one : std::span(results).subspan(1)) {
    std::vector<std::string> row{std::string(name_of(one.precision))};
    for (std::string& cell : cells_of(one.vectors)) row.push_back(std::move(cell));
    row.push_back(one.rank_correlation ? format_alike(*one.rank_correlation) : "-");
    table.add(std::move(row));
  }
  table.print(std::cout);
}

void print_outputs(const std::vector<PrecisionAccuracy>& results) {
  for (std::size_t i = 0; i < results.back().outputs.size(); ++i) {
    const OutputAccuracy& output = results.back().outputs[i];
    const bool ranked = output.is_scores && output.rows.has_directions();
    std::cout << "\nOutput " << printable(output.path + ' ' + output.shape) << '\n';
    Table table({kLeft, kRight, kRight, kRight, kRight, kRight}, "  ");
    std::vector<std::string> head{"", "rows", "mean cosine", "least", "error"};
    if (ranked) head.emplace_back("same max");
    table.add(std::move(head));
    for (const PrecisionAccuracy& one : std::span(results).subspan(1)) {
      std::vector<std::string> row{std::string(name_of(one.precision))};
      for (std::string& cell : cells_of(one.outputs[i].rows)) row.push_back(std::move(cell));
      if (ranked) row.push_back(percent(one.outputs[i].rows.agreement()));
      table.add(std::move(row));
    }
    table.print(std::cout);
  }
}

Json to_json(const RowComparison& rows) {
  Json json{{"rows", rows.rows()}, {"error", number_as_json(rows.error())}};
  if (rows.has_directions()) {
    json["mean_cosine"] = number_as_json(rows.mean_cosine());
    json["minimum_cosine"] = number_as_json(rows.least_cosine());
  }
  return json;
}

Json to_json(const OutputAccuracy& output) {
  Json json{{"path", output.path}, {"shape", output.shape}};
  json.update(to_json(output.rows));
  if (output.is_scores && output.rows.has_directions()) {
    json["same_argmax"] = output.rows.agreement();
  }
  return json;
}

Json to_json(const PrecisionAccuracy& one, const AccuracyMeter& meter) {
  Json json{{"precision", name_of(one.precision)},
            {"ms", one.milliseconds},
            {"resident_bytes", one.resident},
            {"peak_bytes", one.peak == 0 ? Json() : Json(one.peak)},
            {"session_bytes", one.buffers}};
  if (one.precision == Precision::kFloat32) return json;
  if (!meter.vectors().empty()) {
    json["vectors"] = to_json(one.vectors);
    json["vectors"]["pairs"] = meter.pairs();
    json["vectors"]["rank_correlation"] =
        one.rank_correlation ? Json(*one.rank_correlation) : Json();
  }
  json["outputs"] = Json::array();
  for (const OutputAccuracy& output : one.outputs) json["outputs"].push_back(to_json(output));
  return json;
}

void print_as_json(const Options& options, int threads, const Given& given,
                   const AccuracyMeter& meter, const std::vector<PrecisionAccuracy>& results) {
  Json json{{"archive", options.archive.string()},
            {"input", given.what},
            {"random", given.random},
            {"threads", threads},
            {"vectors", meter.vectors().empty() ? Json() : Json(meter.vectors())}};
  json["precisions"] = Json::array();
  for (const PrecisionAccuracy& one : results) json["precisions"].push_back(to_json(one, meter));
  print_json(std::cout, json);
}

void print_report(const Options& options, int threads, const Given& given,
                  const AccuracyMeter& meter, const std::vector<PrecisionAccuracy>& results) {
  std::cout << printable(options.archive.filename().string()) << ", " << printable(given.what)
            << ", " << plural(static_cast<std::size_t>(threads), "thread") << '\n';
  if (given.random) {
    std::cout << "Nothing is known of real inputs: give --text FILE with --vocab, or --input "
                 "in.npz, to learn what your answers lose\n";
  }
  print_costs(results);
  print_vectors(meter, results);
  print_outputs(results);
}

void check(const Options& options) {
  if (!options.text.empty() && !options.inputs.empty()) {
    throw UsageError("give --text or --input, not both");
  }
  const bool of_texts = !options.vocabulary.empty() || options.cased || options.max_length > 0;
  if (options.text.empty() && of_texts) {
    throw UsageError("--vocab, --cased and --max-length are of texts: give --text FILE too");
  }
}

int accuracy(Options options) {
  check(options);
  if (options.session.threads == 0) options.session.threads = runtime::available_threads();
  AccuracyMeter meter(options.session);
  const Given given = !options.text.empty()     ? run_texts(options, meter)
                      : !options.inputs.empty() ? run_arrays(options, meter)
                                                : run_random(options, meter);
  const std::vector<PrecisionAccuracy> results = meter.results();
  const auto print = options.json ? print_as_json : print_report;
  print(options, options.session.threads, given, meter, results);
  return kDone;
}

}  // namespace

void add_accuracy(CommandLine& program) {
  Command command = program.add("accuracy", "Compare an archive's answers in fp32, bf16 and int8");
  const auto options = std::make_shared<Options>();
  command.option("archive", options->archive, "A.pt|FOLDER", "The TorchScript archive").required();
  command.option("--text", options->text, "FILE", "A text a line; -: standard input");
  command.option(
      "--vocab", options->vocabulary, "VOCAB",
      "vocab.txt, vocab.json, tokenizer.json or a folder; beside the archive by default");
  command.flag("--cased", options->cased, "Upper case matters, whatever the files say");
  command
      .option("--max-length", options->max_length, "N",
              "Tokens of a text, special ones too; as the files say, or as many as the model takes")
      .between(3, 1 << 24);
  command.option("--input", options->inputs, "IN.npz",
                 "Inputs instead of texts, by position or by name; several are run one by one");
  add_open_options(command, options->open);
  add_machine_options(command, options->session);
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return accuracy(*options); });
}

}  // namespace henson::tools
