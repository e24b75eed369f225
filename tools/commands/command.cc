#include "tools/commands/command.h"

#include <iostream>
#include <string_view>

#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::string_view kStandardInput = "-";

}  // namespace

std::string shown(const std::filesystem::path& path) {
  return path == kStandardInput ? "standard input" : path.string();
}

std::filesystem::path file_of(const std::filesystem::path& path) {
  return path == kStandardInput ? "/dev/stdin" : path;
}

Option add_session_options(Command& command, SessionOptions& options) {
  const Option executor = command.choice(
      "--executor", options.executor,
      {{"plan", Executor::kPlan}, {"interpreter", Executor::kInterpreter}},
      "plan: fused and fast (default); interpreter: operator by operator, slow and exact");
  add_precision_option(command, options.precision, "What the plan multiplies in");
  add_machine_options(command, options);
  return executor;
}

void add_precision_option(Command& command, Precision& precision, const std::string& what) {
  command.choice(
      "--precision", precision,
      {{"fp32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}, {"int8", Precision::kInt8}},
      what + "; fp32 unless given");
}

void add_machine_options(Command& command, SessionOptions& options) {
  command
      .option("--threads", options.threads, "N",
              "Threads; as many as this process may run at once unless given")
      .between(1, kMostThreads);
  command.bytes("--memory-limit", options.memory_limit,
                "What a run may hold at once: 512M, 4G; what the machine has left unless given");
}

Error located(const std::string& where, const Error& error) {
  return {error.code(), where + ": " + error.what()};
}

void add_open_options(Command& command, OpenOptions& options) {
  command.flag("--map", options.map,
               "Map the archive instead of reading it: who changes it meanwhile ends this process");
  command.option("--method", options.method, "NAME",
                 "The method of the archive's module to run; forward by default");
  command.option("--witness", options.witness, "B.pt",
                 "The same model traced at another shape: tells its own numbers from the dummy "
                 "input's sizes");
  command.option(
      "--constant", options.constants, "PLACE",
      "A place that a refusal names: the number there is the model's own; may be repeated");
}

Model open_model(const std::filesystem::path& path, const OpenOptions& options) {
  try {
    Model model = Model::open(file_of(path), options);
    for (const std::string& note : model.notes()) {
      print_error("note: " + shown(path) + ": " + note);
    }
    return model;
  } catch (const Error& error) {
    throw located(shown(path), error);
  }
}

void print_error(const std::string& text) {
  std::cerr << "henson: " + printable(text) + '\n' << std::flush;
}

}  // namespace henson::tools
