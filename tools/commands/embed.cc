#include "tools/commands/embed.h"

#include <chrono>
#include <memory>

#include "tools/commands/embed_options.h"
#include "tools/commands/text.h"
#include "tools/embedding_writer.h"
#include "tools/interrupt.h"
#include "tools/lines.h"
#include "tools/progress.h"

namespace henson::tools {
namespace {

// Texts that are sorted and run together; at most so many are in memory.
constexpr std::size_t kTextsAtOnce = 256;
constexpr std::size_t kBytesAtOnce = 64 << 10;

constexpr std::string_view kExamples =
    R"(A text gives one embedding, in the order of the texts. What the model's folder says (modules.json and
what it names) is done, and no more: they are of length 1 where it ends in Normalize. Without it the
embedding is the model's own where it returns one [batch, size], or the mean of the hidden states of
all tokens, made to length 1, so that the dot product of two is their cosine. Texts are never padded: each embedding is to the bit what the text alone
gives.

Examples:
  henson embed all-MiniLM-L6-v2 "Who was Jim Henson?" "A puppeteer."
  henson embed minilm.pt --vocab vocab.txt --input lines.txt --output embeddings.npy
  grep -v '^$' book.txt | henson embed minilm.pt --vocab vocab.txt --format jsonl | head)";

struct Options {
  TextOptions text;
  TextSource source;
  EmbedArguments embed;
  std::filesystem::path output;
  std::string format;
};

constexpr std::pair<const char*, EmbeddingFormat> kFormats[] = {
    {"text", EmbeddingFormat::kText},
    {"jsonl", EmbeddingFormat::kJsonLines},
    {"npy", EmbeddingFormat::kNpy}};

/// By --format, or as --output ends.
EmbeddingFormat format_of(const Options& options) {
  const std::string extension = options.output.extension().string();
  const std::string name = !options.format.empty() ? options.format
                           : extension.empty()     ? "text"
                           : extension == ".txt"   ? "text"
                                                   : extension.substr(1);
  if (name == "npy" && options.output.empty()) {
    throw UsageError("--format npy needs --output FILE.npy, or - for standard output");
  }
  for (const auto& [known, format] : kFormats) {
    if (name == known) return format;
  }
  throw UsageError("--output: nothing is known of files that end in " + extension +
                   "; end it in .txt, .jsonl or .npy, or say --format");
}

/// How many texts are done, how fast, and of a file how much.
class Speedometer {
 public:
  explicit Speedometer(const std::optional<std::uint64_t> total)
      : total_(total), progress_(total ? kSteps : 1) {}

  void show(std::uint64_t texts, std::uint64_t bytes) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
    const double rate = static_cast<double>(texts) / std::max(passed.count(), 1e-9);
    const std::string what = format_count(texts) + " texts, " +
                             format_count(static_cast<std::uint64_t>(rate)) + " a second";
    if (!total_ || *total_ == 0) return progress_.show(what);
    const double share = static_cast<double>(bytes) / static_cast<double>(*total_);
    progress_.show(static_cast<std::size_t>(share * kSteps), what);
  }

 private:
  static constexpr std::size_t kSteps = 100;
  std::optional<std::uint64_t> total_;
  Progress progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Texts from first to last, embedded in groups.
class Embedding {
 public:
  Embedding(TextModel& model, const EmbedOptions& options, EmbeddingWriter& writer)
      : model_(model), options_(options), writer_(writer) {}

  void add(std::string text) {
    bytes_ += text.size();
    group_.push_back(std::move(text));
  }
  bool is_full() const { return group_.size() == kTextsAtOnce || bytes_ >= kBytesAtOnce; }

  void run() {
    const Embeddings embeddings = model_.embed(group_, options_);
    for (std::size_t i = 0; i < group_.size(); ++i) writer_.write(group_[i], embeddings.row(i));
    writer_.flush();
    if (embeddings.dimensions > 0) dimensions_ = embeddings.dimensions;
    done_ += group_.size();
    work_.done(group_.size());
    group_.clear();
    bytes_ = 0;
  }

  void finish() {
    if (done_ == 0) dimensions_ = model_.embed(std::vector<std::string>{""}, options_).dimensions;
    writer_.finish(dimensions_);
  }
  std::uint64_t done() const { return done_; }

 private:
  TextModel& model_;
  EmbedOptions options_;
  EmbeddingWriter& writer_;
  Work work_{"texts"};
  std::vector<std::string> group_;
  std::size_t bytes_ = 0;
  std::size_t dimensions_ = 0;
  std::uint64_t done_ = 0;
};

void embed_lines(Lines& lines, Embedding& embedding) {
  Speedometer speedometer(lines.total_bytes());
  while (auto line = lines.next()) {
    embedding.add(std::move(*line));
    if (!embedding.is_full()) continue;
    embedding.run();
    speedometer.show(embedding.done(), lines.bytes());
  }
  Work::check();
  embedding.run();
}

/// `--output 0` of other commands is the model's output, and here as well: no file is called so.
void use_number_as_head(Options& options) {
  const std::string name = options.output.string();
  const bool number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  if (!number) return;
  options.text.model.output = name;
  options.output.clear();
}

int embed(const Options& options) {
  const EmbeddingFormat format = format_of(options);
  if (!options.source.texts.empty() && !options.source.file.empty()) {
    throw UsageError("give texts or --input, not both");
  }
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(options.embed.options()), format == EmbeddingFormat::kJsonLines);
    return kDone;
  }
  EmbeddingWriter writer(options.output, format);
  Embedding embedding(model, options.embed.options(), writer);
  if (options.source.texts.empty()) {
    Lines lines(options.source.file.empty() ? "-" : options.source.file);
    embed_lines(lines, embedding);
  } else {
    for (const std::string& text : options.source.texts) embedding.add(text);
    embedding.run();
  }
  embedding.finish();
  report_cut(model);
  return kDone;
}

}  // namespace

void add_embed(CommandLine& program) {
  Command command = program.add("embed", "Embeddings of texts");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_text_source(command, options->source);
  options->embed.add_to(command);
  options->embed.add_length_to(command);
  command.option("--output", options->output, "FILE|N",
                 "Where to write; -: standard output, the default. A number alone is the model's "
                 "output, as --head has it");
  command.choice("--format", options->format, {"text", "jsonl", "npy"},
                 "By default as --output ends, or text");
  command.footer(kExamples);
  command.action([options] {
    use_number_as_head(*options);
    return embed(*options);
  });
}

}  // namespace henson::tools
