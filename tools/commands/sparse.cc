#include "tools/commands/sparse.h"

#include <iostream>
#include <memory>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(A model of the SPLADE kind gives a text a weight for some tokens of the vocabulary, not only those
that stand in it. The heaviest come first.

Examples:
  henson sparse splade "Who was Jim Henson?" --top 20
  henson sparse splade --input lines.txt --json)";

struct Options {
  TextOptions text;
  TextSource source;
  std::size_t top = 0;
  bool json = false;
};

void print(const std::vector<TokenWeight>& weights) {
  using enum Table::Align;
  Table table({kRight, kRight, kLeft});
  for (const TokenWeight& one : weights) {
    table.add({format_probability(one.weight), std::to_string(one.id), printable(one.token)});
  }
  table.print(std::cout);
}

Json to_json(const std::string& text, const std::vector<TokenWeight>& weights) {
  Json json{{"text", text}, {"tokens", Json::array()}};
  for (const TokenWeight& one : weights) {
    json["tokens"].push_back(
        {{"id", one.id}, {"token", one.token}, {"weight", number_as_json(one.weight)}});
  }
  return json;
}

int sparse(const Options& options) {
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  Headings headings(options.source);
  for_each_text(options.source, [&](const std::string& text) {
    std::vector<TokenWeight> weights = model.sparse(text);
    if (options.top != 0 && weights.size() > options.top) weights.resize(options.top);
    if (options.json) {
      std::cout << json_line(to_json(text, weights)) << std::flush;
    } else {
      headings.print(text);
      print(weights);
      std::cout << std::flush;
    }
  });
  report_cut(model);
  return kDone;
}

}  // namespace

void add_sparse(CommandLine& program) {
  Command command = program.add("sparse", "What the tokens of the vocabulary weigh in a text");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  add_text_source(command, options->source);
  command.option("--top", options->top, "N", "How many tokens; all by default").between(1, 1 << 24);
  command.flag("--json", options->json, "Print a line of JSON a text");
  command.footer(kExamples);
  command.action([options] { return sparse(*options); });
}

}  // namespace henson::tools
