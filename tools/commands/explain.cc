#include "tools/commands/explain.h"

#include <memory>

#include "tools/commands/embed_options.h"
#include "tools/commands/text.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(What was taken from which file, what an option overrode, and what the embeddings will be. The text
commands say the same of themselves by --explain.

Examples:
  henson explain all-MiniLM-L6-v2
  henson explain all-MiniLM-L6-v2 --pooling cls --json)";

struct Options {
  TextOptions text;
  EmbedArguments embed;
  bool json = false;
};

int explain(const Options& options) {
  const TextModel model = open_text_model(options.text);
  std::vector<Setting> settings;
  try {
    settings = model.explain(options.embed.options());
  } catch (const Error& error) {  // a classifier embeds nothing
    if (error.code() != ErrorCode::kUnsupported) throw;
    settings = model.explain();
    settings.push_back({"embedding", "none", error.what(), ""});
  }
  print_settings(settings, options.json);
  return kDone;
}

}  // namespace

void add_explain(CommandLine& program) {
  Command command = program.add("explain", "What the files beside a model settle");
  const auto options = std::make_shared<Options>();
  add_text_options(command, options->text);
  options->embed.add_to(command);
  options->embed.add_length_to(command);
  command.flag("--json", options->json, "Print JSON");
  command.footer(kExamples);
  command.action([options] { return explain(*options); });
}

}  // namespace henson::tools
