#include "tools/commands/rerank.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

// Texts that are read together with the query at once.
constexpr std::size_t kTextsAtOnce = 256;

constexpr std::string_view kExamples =
    R"(A cross-encoder reads the query with each text, and scores how well they go together. The best come
first, each with its score and its number or line. Scores are as the model's config.json says, else
probabilities of a sigmoid.

Examples:
  henson rerank ms-marco-MiniLM "who made the muppets" "Jim Henson did." "It rains."
  henson rerank ms-marco-MiniLM "who made the muppets" --input lines.txt --top 10 --json)";

struct Options {
  TextOptions text;
  TextSource source;
  std::string query;
  Scoring scoring = Scoring::kAuto;
  std::size_t top = 0;
  bool json = false;
};

struct Ranked {
  double score = 0;
  std::size_t number = 0;  // of the text, from 1
  std::string text;
};

/// All texts, best first.
class Ranking {
 public:
  Ranking(TextModel& model, const Options& options) : model_(model), options_(options) {}

  void add(const std::string& text) {
    group_.push_back(text);
    if (group_.size() == kTextsAtOnce) score();
  }

  const std::vector<Ranked>& best() {
    score();
    return ranked_;
  }

 private:
  void score() {
    const std::vector<double> scores = model_.rerank(options_.query, group_, options_.scoring);
    for (std::size_t i = 0; i < group_.size(); ++i) {
      ranked_.push_back({scores[i], ++texts_, std::move(group_[i])});
    }
    group_.clear();
    std::stable_sort(ranked_.begin(), ranked_.end(),
                     [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    if (options_.top != 0 && ranked_.size() > options_.top) ranked_.resize(options_.top);
  }

  TextModel& model_;
  const Options& options_;
  std::vector<std::string> group_;
  std::vector<Ranked> ranked_;
  std::size_t texts_ = 0;
};

void print(const std::vector<Ranked>& ranked, bool json) {
  using enum Table::Align;
  Table table({kRight, kRight, kLeft});
  Json list = Json::array();
  for (const Ranked& one : ranked) {
    table.add({format_probability(one.score), std::to_string(one.number), printable(one.text)});
    list.push_back(
        {{"score", number_as_json(one.score)}, {"line", one.number}, {"text", one.text}});
  }
  if (json) {
    print_json(std::cout, list);
  } else {
    table.print(std::cout);
  }
}

int rerank(const Options& options) {
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  Ranking ranking(model, options);
  for_each_text(options.source, [&](const std::string& text) { ranking.add(text); });
  print(ranking.best(), options.json);
  report_cut(model);
  return kDone;
}

}  // namespace

void add_rerank(CommandLine& program) {
  Command command = program.add("rerank", "Texts in the order in which they go with a query");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  command.option("query", options->query, "QUERY", "What is looked for").required();
  add_text_source(command, options->source);
  command
      .choice("--scores", options->scoring,
              {{"auto", Scoring::kAuto}, {"sigmoid", Scoring::kSigmoid}, {"none", Scoring::kNone}},
              "sigmoid: a probability; none: as the model has them; as its files say by default")
      .shown_as("sigmoid|none");
  command.option("--top", options->top, "N", "How many texts; all by default").between(1, 1 << 24);
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return rerank(*options); });
}

}  // namespace henson::tools
