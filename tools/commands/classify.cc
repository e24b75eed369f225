#include "tools/commands/classify.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kClassifyExamples =
    R"(Scores are probabilities, best first. With --pair, each text is read together with a second one.

Examples:
  henson classify sentiment.pt --vocab vocab.txt "A lovely film."
  henson classify nli.pt --vocab vocab.txt --labels config.json "A man plays." --pair "Music sounds.")";

constexpr std::string_view kNextSentenceExamples =
    R"(The probability that the second text follows the first.

Example:
  henson next-sentence bert.pt --vocab vocab.txt "Who was Jim Henson?" "He was a puppeteer.")";

struct Options {
  TextOptions text;
  TextSource source;
  std::string pair;
  std::filesystem::path labels;
  Scoring scoring = Scoring::kAuto;
  std::size_t top = 5;
  bool json = false;
};

void print(const std::vector<LabelScore>& scores) {
  using enum Table::Align;
  Table table({kRight, kLeft});
  for (const LabelScore& score : scores) {
    table.add({format_probability(score.score), printable(score.label)});
  }
  table.print(std::cout);
}

Json to_json(const std::string& text, const std::vector<LabelScore>& scores) {
  Json json{{"text", text}, {"scores", Json::array()}};
  for (const LabelScore& score : scores) {
    json["scores"].push_back(
        {{"label", score.label}, {"class", score.index}, {"score", number_as_json(score.score)}});
  }
  return json;
}

int classify(const Options& options) {
  const std::vector<std::string> labels = find_labels(options.labels);
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  Headings headings(options.source);
  for_each_text(options.source, [&](const std::string& text) {
    std::vector<LabelScore> scores =
        options.pair.empty() ? model.classify(text, labels, options.scoring)
                             : model.classify(text, options.pair, labels, options.scoring);
    std::stable_sort(scores.begin(), scores.end(),
                     [](const LabelScore& a, const LabelScore& b) { return a.score > b.score; });
    if (scores.size() > options.top) scores.resize(options.top);
    if (options.json) {
      std::cout << json_line(to_json(text, scores)) << std::flush;
    } else {
      headings.print(text);
      print(scores);
      std::cout << std::flush;
    }
  });
  report_cut(model);
  return kDone;
}

struct NextSentenceOptions {
  TextOptions text;
  std::string first;
  std::string second;
  bool json = false;
};

int next_sentence(const NextSentenceOptions& options) {
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  const double probability = model.next_sentence(options.first, options.second);
  if (options.json) {
    std::cout << json_line({{"first", options.first},
                            {"second", options.second},
                            {"probability", number_as_json(probability)}});
  } else {
    std::cout << format_probability(probability) << '\n';
  }
  report_cut(model);
  return kDone;
}

}  // namespace

void add_classify(CommandLine& program) {
  Command command = program.add("classify", "The class of a text");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  add_text_source(command, options->source);
  command.option("--pair", options->pair, "TEXT", "A second text beside each");
  add_labels(command, options->labels);
  command
      .choice(
          "--scores", options->scoring,
          {{"auto", Scoring::kAuto},
           {"softmax", Scoring::kSoftmax},
           {"sigmoid", Scoring::kSigmoid},
           {"none", Scoring::kNone}},
          "softmax: one class holds (default); sigmoid: any may hold; none: as the model has them")
      .shown_as("softmax|sigmoid|none");
  command.option("--top", options->top, "N", "How many classes; 5 by default").between(1, 100000);
  command.flag("--json", options->json, "Print a line of JSON a text");
  command.footer(kClassifyExamples);
  command.action([options] { return classify(*options); });
}

void add_next_sentence(CommandLine& program) {
  Command command = program.add("next-sentence", "Whether a text follows another");
  const auto options = std::make_shared<NextSentenceOptions>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  command.option("first", options->first, "TEXT", "A text").required();
  command.option("second", options->second, "TEXT", "The one that may follow it").required();
  command.flag("--json", options->json, "Print JSON");
  command.footer(kNextSentenceExamples);
  command.action([options] { return next_sentence(*options); });
}

}  // namespace henson::tools
