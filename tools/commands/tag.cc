#include "tools/commands/tag.h"

#include <iostream>
#include <memory>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(A word has the label of its first token. --entities joins words that belong together: "B-PER I-PER"
is one PER, and words labelled O are left out (IOB, BIOES, BILOU and plain labels, "PER-B" as well).
--strategy joins as transformers' pipeline does, and none of it shows each token. Places in JSON: "begin" and "end" are bytes of
the text, "begin_char" and "end_char" characters.

Examples:
  henson tag ner.pt --vocab vocab.txt --labels config.json "Jim Henson was born in Greenville."
  henson tag ner.pt --vocab vocab.txt --entities --json --input lines.txt)";

struct Options {
  TextOptions text;
  TextSource source;
  std::filesystem::path labels;
  bool entities = false;
  std::string strategy;
  bool json = false;
};

/// A row of the table, an element of the JSON.
struct Piece {
  ByteRange range;
  std::string label;
  double score = 0;
};

constexpr std::pair<const char*, Aggregation> kStrategies[] = {{"none", Aggregation::kNone},
                                                               {"simple", Aggregation::kSimple},
                                                               {"first", Aggregation::kFirst},
                                                               {"average", Aggregation::kAverage},
                                                               {"max", Aggregation::kMax}};

std::vector<Piece> pieces_of(const std::vector<Entity>& entities) {
  std::vector<Piece> pieces;
  for (const Entity& entity : entities) {
    pieces.push_back({entity.range, entity.label, entity.score});
  }
  return pieces;
}

std::vector<Piece> pieces_of(TextModel& model, const std::string& text,
                             const std::vector<std::string>& labels, const Options& options) {
  for (const auto& [name, aggregation] : kStrategies) {
    if (options.strategy == name) return pieces_of(model.entities(text, aggregation, labels));
  }
  const std::vector<TaggedWord> words = model.tag(text, labels);
  if (options.entities) {
    return pieces_of(join_entities(words, labels.empty() ? model.labels() : labels));
  }
  std::vector<Piece> pieces;
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
  const bool entities = options.entities || !options.strategy.empty();
  Headings headings(options.source);
  for_each_text(options.source, [&](const std::string& text) {
    const std::vector<Piece> pieces = pieces_of(model, text, labels, options);
    if (options.json) {
      std::cout << json_line(to_json(text, pieces, entities)) << std::flush;
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
  std::vector<std::string> strategies;
  for (const auto& [name, aggregation] : kStrategies) strategies.emplace_back(name);
  command.choice("--strategy", options->strategy, strategies,
                 "Entities as transformers' aggregation_strategy joins them");
  command.flag("--json", options->json, "Print a line of JSON a text");
  command.footer(kExamples);
  command.action([options] { return tag(*options); });
}

}  // namespace henson::tools
