#include "tools/commands/fill_mask.h"

#include <iostream>
#include <memory>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(Several masks in a text are filled each by itself. Places in JSON: "begin" and "end" are bytes of the
text, "begin_char" and "end_char" characters. A text without a mask is told of by its line; exit code 1.

Example:
  henson fill-mask bert.pt --vocab vocab.txt "Who was Jim Henson ? Jim Henson was a [MASK].")";

struct Options {
  TextOptions text;
  TextSource source;
  std::size_t top = 5;
  bool json = false;
};

void print(const std::vector<FilledMask>& masks) {
  using enum Table::Align;
  for (std::size_t m = 0; m < masks.size(); ++m) {
    Table table({kRight, kRight, kLeft});
    for (const TokenGuess& guess : masks[m].guesses) {
      table.add({masks.size() > 1 ? std::to_string(m + 1) : "",
                 format_probability(guess.probability), printable(guess.token)});
    }
    table.print(std::cout);
  }
}

Json to_json(const std::string& text, const std::vector<FilledMask>& masks) {
  Json json{{"text", text}, {"masks", Json::array()}};
  CharacterCount characters(text);
  for (const FilledMask& mask : masks) {
    Json guesses = Json::array();
    for (const TokenGuess& guess : mask.guesses) {
      guesses.push_back({{"token", guess.token},
                         {"id", guess.id},
                         {"probability", number_as_json(guess.probability)}});
    }
    Json one;
    add_range(one, characters, mask.range);
    one["guesses"] = std::move(guesses);
    json["masks"].push_back(std::move(one));
  }
  return json;
}

int fill_mask(const Options& options) {
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  Headings headings(options.source);
  const int code = for_each_good_text(options.source, [&](const std::string& text) {
    const std::vector<FilledMask> masks = model.fill_mask(text, options.top);
    if (options.json) {
      std::cout << json_line(to_json(text, masks)) << std::flush;
    } else {
      headings.print(text);
      print(masks);
      std::cout << std::flush;
    }
  });
  report_cut(model);
  return code;
}

}  // namespace

void add_fill_mask(CommandLine& program) {
  Command command = program.add("fill-mask", "What may stand in the place of [MASK]");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  add_text_source(command, options->source);
  command.option("--top", options->top, "N", "How many tokens a mask; 5 by default")
      .between(1, 100000);
  command.flag("--json", options->json, "Print a line of JSON a text");
  command.footer(kExamples);
  command.action([options] { return fill_mask(*options); });
}

}  // namespace henson::tools
