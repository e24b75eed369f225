#include "tools/commands/export.h"

#include <iostream>
#include <memory>

#include "henson/export.h"
#include "tools/commands/command.h"
#include "tools/out_file.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples = R"(Examples:
  henson export bert.pt --safetensors model.safetensors --config config.json
  henson export bert.pt --safetensors - | ...
  henson export int8.pt --safetensors model.safetensors --dequantize

Tensors are named as transformers names them, where it has the model and what every weight is for is
known; else as the archive does. AutoModel.from_pretrained takes the folder with the two files. What is
behind the transformer in the archive, such as the pooling of a sentence's vector, is not in them.)";

struct Options {
  std::filesystem::path archive;
  std::filesystem::path safetensors;
  std::filesystem::path config;
  ExportOptions plan;
  bool json = false;
};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t bytes_of(const Export& plan) {
  std::uint64_t bytes = 0;
  for (const ExportedTensor& tensor : plan.tensors) bytes += tensor.bytes;
  return bytes;
}

void print_report(const Inspection& archive, const Export& plan, std::ostream& out) {
  out << plural(plan.tensors.size(), "tensor") << ", " << format_bytes(bytes_of(plan)) << ", "
      << (plan.transformers_names ? "named as transformers does"
                                  : "with the archive's names: " + printable(plan.why_own_names))
      << '\n';
  for (const auto& [name, other] : plan.aliases) {
    out << "  " << printable(name) << " is " << printable(other) << '\n';
  }
  if (!plan.left_out.empty()) {
    out << "  left out, as no weights of the model: ";
    for (std::size_t i = 0; i < plan.left_out.size(); ++i) {
      out << (i == 0 ? "" : ", ") << printable(plan.left_out[i]);
    }
    out << '\n';
  }
  if (archive.summary().kind == ModelKind::kSentenceEmbedding && !plan.config.empty()) {
    out << "  the model without its pooling: transformers has none in its models\n";
  }
}

Json to_json(const Inspection& archive, const Export& plan, const Options& options) {
  Json json{{"schema", 1}, {"file", options.archive.string()}};
  json["transformers_names"] = plan.transformers_names;
  json["why_own_names"] = plan.why_own_names.empty() ? Json() : Json(plan.why_own_names);
  json["config"] = plan.config.empty() ? Json() : Json::parse(plan.config);
  json["why_no_config"] = plan.why_no_config.empty() ? Json() : Json(plan.why_no_config);
  json["tensors"] = Json::array();
  for (const ExportedTensor& tensor : plan.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"from", archive.tensors()[tensor.tensor].weight.name},
                               {"dtype", name_of(tensor.dtype)},
                               {"shape", tensor.shape},
                               {"bytes", tensor.bytes},
                               {"transposed", tensor.turned}});
  }
  json["aliases"] = Json::object();
  for (const auto& [name, other] : plan.aliases) json["aliases"][name] = other;
  json["left_out"] = plan.left_out;
  return json;
}

/// The config first: where it cannot be told, nothing is written.
void write_files(const Inspection& archive, const Export& plan, const Options& options) {
  if (!options.config.empty() && plan.config.empty()) {
    throw Error(ErrorCode::kUnsupported, "no config.json can be told: " + plan.why_no_config +
                                             "; without --config the "
                                             "weights alone are written");
  }
  if (!options.safetensors.empty()) {
    OutFile out(options.safetensors);
    write_safetensors(archive, plan,
                      [&](std::span<const std::byte> bytes) { out.write(as_text(bytes)); });
    out.finish();
  }
  if (!options.config.empty()) {
    OutFile out(options.config);
    out.write(plan.config);
    out.finish();
  }
}

int export_command(const Options& options) {
  if (options.safetensors.empty() && options.config.empty() && !options.json) {
    throw UsageError(
        "what to write: --safetensors FILE, --config FILE, or --json for the plan alone");
  }
  const bool standard = options.safetensors == "-" || options.config == "-";
  if (standard && (options.json || options.safetensors == options.config)) {
    throw UsageError("only one of the outputs can be standard output");
  }
  try {
    const Inspection archive = Inspection::open(options.archive);
    const Export plan = plan_export(archive, options.plan);
    write_files(archive, plan, options);
    if (options.json) {
      print_json(std::cout, to_json(archive, plan, options));
    } else {
      print_report(archive, plan, standard ? std::cerr : std::cout);
    }
  } catch (const Error& error) {
    throw located(options.archive.string(), error);
  }
  return kDone;
}

}  // namespace

void add_export(CommandLine& program) {
  Command command = program.add("export", "Write an archive's weights for other programs");
  const auto options = std::make_shared<Options>();
  command.option("archive", options->archive, "A.pt", "The TorchScript archive").required();
  command.option("--safetensors", options->safetensors, "FILE", "Write the weights there");
  command.option("--config", options->config, "FILE",
                 "Write the config.json there with which transformers makes the model");
  command.flag("--dequantize", options->plan.dequantize,
               "Write quantized tensors as float32; they are refused unless given");
  command.flag("--own-names", options->plan.own_names, "Keep the archive's names");
  command.flag("--json", options->json, "Print what is written as JSON");
  command.footer(kExamples);
  command.action([options] { return export_command(*options); });
}

}  // namespace henson::tools
