#include "tools/commands/similar.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <numeric>

#include "tools/commands/embed_options.h"
#include "tools/commands/text.h"
#include "tools/lines.h"

namespace henson::tools {
namespace {

constexpr std::size_t kLinesAtOnce = 1024;
constexpr std::size_t kMostTexts = 1000;  // of a matrix

constexpr std::string_view kExamples =
    R"(The cosine of two texts' embeddings: 1 says that they are the same to the model. With --query, the
lines of a file (or of standard input) that are most like it.

Examples:
  henson similar minilm.pt --vocab vocab.txt "A man plays." "Somebody makes music." "It rains."
  henson similar minilm.pt --vocab vocab.txt --query "puppets on television" --input lines.txt)";

struct Options {
  TextOptions text;
  TextSource source;
  EmbedArguments embed;
  std::string query;
  std::size_t top = 10;
  bool json = false;
};

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                            [](double x, double y) { return x * y; });
}

std::string format_cosine(double cosine) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", cosine);
  return text;
}

int print_matrix(TextModel& model, const Options& options) {
  std::vector<std::string> texts;
  for_each_text(options.source, [&](const std::string& text) {
    if (texts.size() == kMostTexts) {
      throw UsageError("a matrix has at most " + std::to_string(kMostTexts) +
                       " texts; --query finds the nearest lines of a file of any length");
    }
    texts.push_back(text);
  });
  const Embeddings embeddings = model.embed(texts);
  std::vector<Table::Align> columns(texts.size() + 1, Table::Align::kRight);
  columns.push_back(Table::Align::kLeft);
  Table table(std::move(columns));
  Json matrix = Json::array();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::string> cells{std::to_string(i + 1)};
    Json row = Json::array();
    for (std::size_t j = 0; j < texts.size(); ++j) {
      const double cosine = dot(embeddings.row(i), embeddings.row(j));
      cells.push_back(format_cosine(cosine));
      row.push_back(number_as_json(cosine));
    }
    cells.push_back(printable(texts[i]));
    table.add(std::move(cells));
    matrix.push_back(std::move(row));
  }
  if (options.json) {
    print_json(std::cout, {{"texts", texts}, {"similarities", matrix}});
  } else {
    table.print(std::cout);
  }
  return kDone;
}

struct Hit {
  double cosine = 0;
  std::uint64_t line = 0;  // from 1
  std::string text;
};

/// The nearest lines so far.
class Nearest {
 public:
  Nearest(TextModel& model, const std::string& query, std::size_t top)
      : model_(model), query_(model.embed(std::vector<std::string>{query})), top_(top) {}

  void add(const std::string& text) {
    group_.push_back(text);
    if (group_.size() == kLinesAtOnce) look();
  }

  const std::vector<Hit>& hits() {
    look();
    return hits_;
  }

 private:
  void look() {
    const Embeddings embeddings = model_.embed(group_);
    for (std::size_t i = 0; i < group_.size(); ++i) {
      hits_.push_back({dot(query_.row(0), embeddings.row(i)), ++lines_, std::move(group_[i])});
    }
    group_.clear();
    std::stable_sort(hits_.begin(), hits_.end(),
                     [](const Hit& a, const Hit& b) { return a.cosine > b.cosine; });
    if (hits_.size() > top_) hits_.resize(top_);
  }

  TextModel& model_;
  Embeddings query_;
  std::size_t top_;
  std::vector<std::string> group_;
  std::vector<Hit> hits_;
  std::uint64_t lines_ = 0;
};

int print_nearest(TextModel& model, const Options& options) {
  Nearest nearest(model, options.query, options.top);
  for_each_text(options.source, [&](const std::string& text) { nearest.add(text); });
  using enum Table::Align;
  Table table({kRight, kRight, kLeft});
  Json json = Json::array();
  for (const Hit& hit : nearest.hits()) {
    table.add({format_cosine(hit.cosine), std::to_string(hit.line), printable(hit.text)});
    json.push_back(
        {{"similarity", number_as_json(hit.cosine)}, {"line", hit.line}, {"text", hit.text}});
  }
  if (options.json) {
    print_json(std::cout, json);
  } else {
    table.print(std::cout);
  }
  return kDone;
}

int similar(const Options& options) {
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(options.embed.options()), options.json);
    return kDone;
  }
  const int code =
      options.query.empty() ? print_matrix(model, options) : print_nearest(model, options);
  report_cut(model);
  return code;
}

}  // namespace

void add_similar(CommandLine& program) {
  Command command = program.add("similar", "How alike texts are");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_text_source(command, options->source);
  options->embed.add_to(command);
  add_output_option(command, options->text);
  command.option("--query", options->query, "TEXT",
                 "The text to which the nearest lines are found");
  command.option("--top", options->top, "N", "How many lines; 10 by default").between(1, 100000);
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return similar(*options); });
}

}  // namespace henson::tools
