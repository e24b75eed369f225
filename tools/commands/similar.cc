#include "tools/commands/similar.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
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
    R"(The cosine of two texts' embeddings: 1 says that they are the same to the model; or what the model's
folder says instead (dot product, negative distances). --maxsim compares a vector a token (ColBERT):
the sum over the first text's of each one's best in the second. With --query, the lines of a file (or
of standard input) that are most like it.

Examples:
  henson similar minilm.pt --vocab vocab.txt "A man plays." "Somebody makes music." "It rains."
  henson similar minilm.pt --vocab vocab.txt --query "puppets on television" --input lines.txt)";

struct Options {
  TextOptions text;
  TextSource source;
  EmbedArguments embed;
  std::string query;
  bool max_sim = false;
  std::size_t top = 10;
  bool json = false;
};

template <typename Combine>
double summed(std::span<const float> a, std::span<const float> b, const Combine& combine) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(), combine);
}

/// What is compared: texts' vectors, or those of their tokens, by one of the ways.
class Comparison {
 public:
  Comparison(TextModel& model, const Options& options)
      : model_(model),
        way_(options.max_sim ? Similarity::kMaxSim : model.similarity()),
        embed_(options.embed.options()) {
    if (way_ == Similarity::kCosine || way_ == Similarity::kMaxSim) embed_.normalize = true;
  }

  /// One for each text.
  std::vector<Embeddings> embed(const std::vector<std::string>& texts) {
    std::vector<Embeddings> all;
    if (way_ == Similarity::kMaxSim) {
      for (const std::string& text : texts) all.push_back(model_.token_vectors(text, embed_));
      return all;
    }
    const Embeddings rows = model_.embed(texts, embed_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::span<const float> row = rows.row(i);
      all.push_back({rows.dimensions, {row.begin(), row.end()}});
    }
    return all;
  }

  double operator()(const Embeddings& a, const Embeddings& b) const {
    switch (way_) {
      case Similarity::kMaxSim:
        return max_sim(a, b);
      case Similarity::kEuclidean:
        return -std::sqrt(
            summed(a.values, b.values, [](double x, double y) { return (x - y) * (x - y); }));
      case Similarity::kManhattan:
        return -summed(a.values, b.values, [](double x, double y) { return std::abs(x - y); });
      case Similarity::kCosine:
      case Similarity::kDot:
        break;
    }
    return summed(a.values, b.values, [](double x, double y) { return x * y; });
  }

 private:
  TextModel& model_;
  Similarity way_;
  EmbedOptions embed_;
};

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
  Comparison compare(model, options);
  const std::vector<Embeddings> embeddings = compare.embed(texts);
  std::vector<Table::Align> columns(texts.size() + 1, Table::Align::kRight);
  columns.push_back(Table::Align::kLeft);
  Table table(std::move(columns));
  Json matrix = Json::array();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::string> cells{std::to_string(i + 1)};
    Json row = Json::array();
    for (std::size_t j = 0; j < texts.size(); ++j) {
      const double cosine = compare(embeddings[i], embeddings[j]);
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
  Nearest(TextModel& model, const Options& options)
      : compare_(model, options), query_(compare_.embed({options.query})), top_(options.top) {}

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
    const std::vector<Embeddings> embeddings = compare_.embed(group_);
    for (std::size_t i = 0; i < group_.size(); ++i) {
      hits_.push_back({compare_(query_[0], embeddings[i]), ++lines_, std::move(group_[i])});
    }
    group_.clear();
    std::stable_sort(hits_.begin(), hits_.end(),
                     [](const Hit& a, const Hit& b) { return a.cosine > b.cosine; });
    if (hits_.size() > top_) hits_.resize(top_);
  }

  Comparison compare_;
  std::vector<Embeddings> query_;
  std::size_t top_;
  std::vector<std::string> group_;
  std::vector<Hit> hits_;
  std::uint64_t lines_ = 0;
};

int print_nearest(TextModel& model, const Options& options) {
  Nearest nearest(model, options);
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
  command.flag("--maxsim", options->max_sim, "Compare a vector a token, as ColBERT does");
  command.option("--top", options->top, "N", "How many lines; 10 by default").between(1, 100000);
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return similar(*options); });
}

}  // namespace henson::tools
