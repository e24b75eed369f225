#include "tools/commands/answer.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(The spans of the context that answer best, each with its score and where it stands: the bytes of the
context from its first to the one after its last. In JSON these are "begin" and "end", and "begin_char"
and "end_char" the same in characters. Long contexts are read in windows that overlap.

Examples:
  henson answer squad.pt --vocab vocab.txt "Who was Jim Henson?" "Jim Henson was a puppeteer."
  henson answer squad.pt --vocab vocab.txt "Who was Jim Henson?" --context article.txt --top 3)";

struct Options {
  TextOptions text;
  std::string question;
  std::string context;
  std::filesystem::path file;
  AnswerOptions answer;
  bool json = false;
};

std::string read_context(const std::filesystem::path& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::kNotFound, path.string() + ": cannot be opened");
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_none(const Answer& answer) { return answer.range == ByteRange{}; }

std::string text_of(const std::string& context, const ByteRange& range) {
  return context.substr(range.begin, range.end - range.begin);
}

void print(const std::string& context, const std::vector<Answer>& answers) {
  using enum Table::Align;
  Table table({kRight, kLeft, kLeft});
  for (const Answer& answer : answers) {
    table.add({format_probability(answer.score),
               is_none(answer)
                   ? ""
                   : std::to_string(answer.range.begin) + "-" + std::to_string(answer.range.end),
               is_none(answer) ? "(no answer)" : printable(text_of(context, answer.range))});
  }
  table.print(std::cout);
}

Json to_json(const Options& options, const std::string& context,
             const std::vector<Answer>& answers) {
  Json json{{"question", options.question}, {"answers", Json::array()}};
  CharacterCount characters(context);
  for (const Answer& answer : answers) {
    Json one{{"text", is_none(answer) ? Json() : Json(text_of(context, answer.range))}};
    add_range(one, characters, answer.range);
    one["score"] = number_as_json(answer.score);
    json["answers"].push_back(std::move(one));
  }
  return json;
}

int answer(const Options& options) {
  if (options.context.empty() == options.file.empty()) {
    throw UsageError("give the context as the second text, or a file of it by --context");
  }
  TextModel model = open_text_model(options.text);
  if (options.text.explain) {
    print_settings(model.explain(), options.json);
    return kDone;
  }
  const std::string context = options.file.empty() ? options.context : read_context(options.file);
  const std::vector<Answer> answers = model.answer(options.question, context, options.answer);
  if (options.json) {
    print_json(std::cout, to_json(options, context, answers));
  } else {
    print(context, answers);
  }
  return kDone;
}

}  // namespace

void add_answer(CommandLine& program) {
  Command command = program.add("answer", "Where a text answers a question");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  add_output_option(command, options->text);
  command.option("question", options->question, "TEXT", "The question").required();
  command.option("text", options->context, "TEXT", "The text that answers it");
  command.option("--context", options->file, "FILE",
                 "A file that holds the text; -: standard input");
  command.option("--top", options->answer.count, "N", "How many answers; 1 by default")
      .between(1, 1000);
  command
      .option("--longest", options->answer.longest, "N",
              "Tokens of an answer at most; 15 by default")
      .between(1, 10000);
  command
      .option("--window", options->answer.window_length, "N",
              "Tokens of question and context that are read at once; 384 by default")
      .between(4, 1 << 24);
  command
      .option("--stride", options->answer.stride, "N",
              "Tokens that a window shares with the one before; 128 by default")
      .between(0, 1 << 24);
  command.flag("--may-be-none", options->answer.may_be_none,
               "The text may have no answer (models trained on SQuAD 2)");
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return answer(*options); });
}

}  // namespace henson::tools
