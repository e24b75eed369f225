#include "tools/commands/command.h"

#include <iostream>
#include <map>

#include "tools/report.h"

namespace henson::tools {

void add_session_options(CLI::App& command, SessionOptions& options) {
  static const std::map<std::string, Executor> kExecutors{{"plan", Executor::kPlan},
                                                          {"interpreter", Executor::kInterpreter}};
  command
      .add_option_function<std::string>(
          "--executor",
          [&options](const std::string& name) { options.executor = kExecutors.at(name); },
          "plan: fused and fast (default); interpreter: operator by operator, slow and exact")
      ->check(CLI::IsMember({"plan", "interpreter"}).description(""))
      ->type_name("plan|interpreter");
  command.add_option("--threads", options.threads, "Threads; all cores unless given")
      ->check(CLI::Range(1, 1024).description(""))
      ->type_name("N");
}

Error located(const std::string& where, const Error& error) {
  return {error.code(), where + ": " + error.what()};
}

Model open_model(const std::filesystem::path& path) {
  try {
    Model model = Model::open(path);
    for (const std::string& note : model.notes()) {
      print_error("note: " + path.string() + ": " + note);
    }
    return model;
  } catch (const Error& error) {
    throw located(path.string(), error);
  }
}

void print_error(const std::string& text) {
  std::cerr << "henson: " + printable(text) + '\n' << std::flush;
}

}  // namespace henson::tools
