#include "tools/commands/tag.h"

#include <iostream>
#include <memory>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(A word has the label of its first token. --entities joins words that belong together: "B-PER I-PER"
is one PER, and words labelled O are left out. Places in JSON: "begin" and "end" are bytes of
the text, "begin_char" and "end_char" characters.

Examples:
  henson tag ner.pt --vocab vocab.txt --labels config.json "Jim Henson was born in Greenville."
  henson tag ner.pt --vocab vocab.txt --entities --json --input lines.txt)";

struct Options {
  TextOptions text;
  TextSource source;
  std::filesystem::path labels;
  bool entities = false;
  bool json = false;
};

/// A row of the table, an element of the JSON.
struct Piece {
  ByteRange range;
  std::string label;
  double score = 0;
};

std::vector<Piece> pieces_of(const std::vector<TaggedWord>& words, bool entities) {
  std::vector<Piece> pieces;
  if (entities) {
    for (const Entity& entity : join_entities(words)) {
      pieces.push_back({entity.range, entity.label, entity.score});
    }
    return pieces;
  }
  for (const TaggedWord& word : words) {
    pieces.push_back({word.range, word.label.label, word.label.score});
  }
  return pieces;
}

std::string text_of(const std::string& text, const ByteRange& range) {
  return text.substr(range.begin, range.end - range.begin);
}

void print(const std::string& text, const std::vector<Piece>& pieces) {
  using enum Table::Align;
  Table table({kLeft, kLeft, kRight});
  for (const Piece& piece : pieces) {
    table.add({printable(text_of(text, piece.range)), printable(piece.label),
               format_probability(piece.score)});
  }
  table.print(std::cout);
}

Json to_json(const std::string& text, const std::vector<Piece>& pieces, bool entities) {
  Json list = Json::array();
  CharacterCount characters(text);
  for (const Piece& piece : pieces) {
    Json one{{"text", text_of(text, piece.range)}};
    add_range(one, characters, piece.range);
    one["label"] = piece.label;
    one["score"] = number_as_json(piece.score);
    list.push_back(std::move(one));
  }
  return {{"text", text}, {entities ? "entities" : "words", list}};
}

int tag(const Options& options) {
  const std::vector<std::string> labels = find_labels(options.labels);
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  Headings headings(options.source);
  for_each_text(options.source, [&](const std::string& text) {
    const std::vector<Piece> pieces = pieces_of(model.tag(text, labels), options.entities);
    if (options.json) {
      std::cout << json_line(to_json(text, pieces, options.entities)) << std::flush;
    } else {
      headings.print(text);
      print(text, pieces);
      std::cout << std::flush;
    }
  });
  return kDone;
}

}  // namespace

void add_tag(CommandLine& program) {
  Command command = program.add("tag", "A label for each word of a text");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  add_text_source(command, options->source);
  add_labels(command, options->labels);
  command.flag("--entities", options->entities, "Words that belong together, joined");
  command.flag("--json", options->json, "Print a line of JSON a text");
  command.footer(kExamples);
  command.action([options] { return tag(*options); });
}

}  // namespace henson::tools
