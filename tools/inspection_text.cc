#include "tools/inspection_text.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/report.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 2;

std::string joined(std::span<const std::string> items, std::size_t most = SIZE_MAX) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == most) return text + " and " + std::to_string(items.size() - most) + " more";
    text += (i == 0 ? "" : ", ") + printable(items[i]);
  }
  return text;
}

/// Sections of two columns, what is told and what it is, wrapped.
class Page {
 public:
  explicit Page(std::ostream& out) : out_(out) {}

  void heading(std::string_view text) { out_ << '\n' << text << '\n'; }

  void line(std::string_view name, const std::string& text) {
    const std::string start = std::string(kIndent, ' ') + pad(std::string(name), kNames) + "  ";
    out_ << wrapped(start + text, kWidth, kIndent + kNames + 2) << '\n';
  }

  void table(const Table& table) { table.print(out_); }
  void plain(const std::string& text) {
    out_ << std::string(kIndent, ' ') << wrapped(text, kWidth - kIndent, kIndent) << '\n';
  }

 private:
  static constexpr std::size_t kNames = 9;
  std::ostream& out_;
};

void print_title(std::ostream& out, const Inspection& archive) {
  out << printable(archive.path().filename().string()) << ", " << format_bytes(archive.file_bytes())
      << '\n'
      << wrapped(printable(archive.summary().text), kWidth, 0) << '\n';
  if (const Error* const why = archive.why_not()) {
    out << '\n' << wrapped("Henson cannot run it: " + printable(why->what()), kWidth, 2) << '\n';
  }
}

std::string pytorch_of(const Provenance& from) {
  std::string text = "PyTorch " + from.first_pytorch;
  if (from.last_pytorch.empty()) {
    text += " or later";
  } else if (from.last_pytorch != from.first_pytorch) {
    text += " to " + from.last_pytorch;
  }
  if (!from.evidence.empty()) text += " (" + joined(from.evidence) + ")";
  return text;
}

/// What was traced, PyTorch's own code left out.
void print_sources(Page& page, const Provenance& from) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> files;
  for (const SourceFile& source : from.sources) {
    if (source.path.find("/torch/") != std::string::npos) continue;
    const std::size_t slash = source.path.find_last_of("/\\");
    const std::string name = source.path.substr(slash == std::string::npos ? 0 : slash + 1);
    files.push_back(
        name + ':' + std::to_string(source.first_line) +
        (source.last_line == source.first_line ? "" : '-' + std::to_string(source.last_line)));
  }
  if (!files.empty()) page.line("traced", joined(files, kMost));
}

void print_origin(Page& page, const Inspection& archive) {
  const ModelInfo& info = archive.info();
  const Provenance& from = archive.provenance();
  page.heading("Archive");
  std::string layout = printable(info.layout) + ", version " + std::to_string(info.version);
  if (!info.producer.empty()) layout += ", by " + printable(info.producer);
  page.line("layout", layout + (info.mobile ? ", saved for mobile" : ""));
  std::string made = pytorch_of(from);
  if (!from.library.empty()) made += "; " + printable(from.library);
  if (!from.python.empty()) made += "; Python " + printable(from.python);
  page.line("made by", made);
  if (!info.root_class.empty()) page.line("class", printable(info.root_class));
  if (info.methods.size() > 1) page.line("methods", joined(info.methods));
  std::vector<std::string> parts;
  for (const SizePart& part : archive.sizes()) {
    parts.push_back(part.name + ' ' + format_bytes(part.bytes));
  }
  page.line("file", joined(parts));
  const bool others = std::any_of(from.devices.begin(), from.devices.end(),
                                  [](const std::string& device) { return device != "cpu"; });
  if (others) {
    page.line("devices", joined(from.devices) + " (named only: Henson runs on the CPU)");
  }
  print_sources(page, from);
  if (!from.warning.empty()) {
    page.line("privacy", printable(from.warning) + ": " + joined(from.folders, 3) +
                             (from.users.empty() ? "" : "; user " + joined(from.users)));
  }
}

void print_inputs(Page& page, const Model& model) {
  page.heading("Inputs");
  Table table({kLeft, kLeft, kLeft, kLeft, kLeft}, "  ");
  bool told = false;
  for (const InputInfo& input : model.inputs()) {
    told = told || input.dtype || input.traced_shape;
    table.add({printable(input.path), printable(input.name),
               input.dtype ? std::string(name_of(*input.dtype)) : "",
               input.traced_shape ? "traced at " + format_shape(*input.traced_shape) : "",
               input.used ? std::string(name_of(input.role)) : "unused"});
  }
  page.table(table);
  if (!told) page.plain("(the archive does not tell dtypes and shapes)");
}

/// Outputs that are the same but for their layer are one row.
void print_outputs(Page& page, const Inspection& archive) {
  page.heading("Output " + printable(archive.info().output));
  Table table({kLeft, kLeft, kLeft, kLeft}, "  ");
  const auto outputs = archive.outputs();
  const auto alike = [&](const OutputFigures& a, const OutputFigures& b) {
    return a.meaning == b.meaning && a.layer && b.layer && a.output.dtype == b.output.dtype &&
           to_string(a.output.shape) == to_string(b.output.shape) &&
           a.meaning != OutputMeaning::kOther;
  };
  for (std::size_t i = 0; i < outputs.size();) {
    std::size_t end = i + 1;
    while (end < outputs.size() && alike(outputs[i], outputs[end])) ++end;
    const OutputInfo& output = outputs[i].output;
    std::string path = printable(output.path);
    std::string text = outputs[i].text;
    if (end - i > 2) {
      path += " … " + printable(outputs[end - 1].output.path);
      text = std::string(name_of(outputs[i].meaning)) + " of layers " +
             std::to_string(*outputs[i].layer) + '-' + std::to_string(*outputs[end - 1].layer);
    } else {
      end = i + 1;
    }
    if (text.empty()) text = std::string(name_of(output.maker));
    table.add({path, output.dtype ? std::string(name_of(*output.dtype)) : "",
               printable(to_string(output.shape)), text});
    i = end;
  }
  page.table(table);
}

void print_shape(Page& page, const Inspection& archive) {
  page.heading("Shape");
  if (archive.locks().empty()) {
    page.plain("not locked: the code takes its sizes from the input");
    return;
  }
  for (const LockGroup& lock : archive.locks()) {
    std::string text = printable(lock.dimension);
    if (lock.value) text += " is " + std::to_string(*lock.value);
    text += lock.unlocked ? " in the code" : ": " + printable(lock.reason);
    text += lock.lines.size() == 1 ? ", at " + printable(lock.lines[0])
                                   : ", in " + plural(lock.lines.size(), "place") + " from " +
                                         printable(lock.lines[0]);
    page.line(lock.unlocked ? "unlocked" : "locked", text);
  }
}

void print_numbers(Page& page, const Inspection& archive) {
  const PrecisionFigures& precision = archive.precision();
  const bool plain = precision.weights.size() <= 1 && !precision.quantization &&
                     !precision.autocast && !precision.lora;
  if (plain) return;
  page.heading("Precision");
  page.plain(precision.text);
  for (const PrecisionFigures::Part& part : precision.weights) {
    page.line(name_of(part.dtype), plural(part.tensors, "tensor") + ", " +
                                       format_count(part.elements) + " elements, " +
                                       format_bytes(part.bytes));
  }
  if (const auto& quantization = precision.quantization; quantization && quantization->layers > 0) {
    page.line("scales", plural(quantization->layers, "layer") + ", from " +
                            format_error(quantization->smallest_scale) + " to " +
                            format_error(quantization->largest_scale));
  }
}

void print_tie(Page& page, const DecoderTie& tie, const TokenNames& tokens) {
  std::string text = tie.text;
  if (tie.state == TieState::kTied) text += ", which saves " + format_bytes(tie.bytes);
  if (tie.state == TieState::kEqual) text += "; tying would save " + format_bytes(tie.bytes);
  page.plain(text);
  page.line("words", printable(tie.embedding));
  if (tie.decoder != tie.embedding) page.line("decoder", printable(tie.decoder));
  if (tie.moved.empty()) return;
  std::vector<std::string> moved;
  for (const DecoderTie::Moved& row : tie.moved) {
    const std::string token = tokens ? tokens(row.row) : "";
    moved.push_back((token.empty() ? "row " + std::to_string(row.row) : token) + " by " +
                    format_fixed(row.distance, 3));
  }
  page.line("moved", joined(moved));
}

void print_ties(Page& page, const Inspection& archive, const TokenNames& tokens) {
  if (archive.decoders().empty()) return;
  page.heading("Decoder and word embeddings");
  for (const DecoderTie& tie : archive.decoders()) print_tie(page, tie, tokens);
}

/// Whether a group is what the section about decoders tells.
bool is_told(const SharedGroup& group, const Inspection& archive) {
  const auto decoders = archive.decoders();
  return std::any_of(decoders.begin(), decoders.end(), [&](const DecoderTie& tie) {
    const auto has = [&](const std::string& name) {
      return std::find(group.names.begin(), group.names.end(), name) != group.names.end();
    };
    return group.names.size() <= 2 && has(tie.embedding) && (has(tie.decoder) || group.tied);
  });
}

void print_shared(Page& page, const Inspection& archive) {
  constexpr std::size_t kMostGroups = 3;
  constexpr std::size_t kMostNames = 3;
  constexpr std::uint64_t kLittle = 200;  // of the file: equal biases are not worth a line
  std::vector<const SharedGroup*> groups;
  std::uint64_t saved = 0;
  std::uint64_t lost = 0;
  for (const SharedGroup& group : archive.shared()) {
    (group.tied ? saved : lost) += group.saved;
    const bool little = group.saved * kLittle < archive.file_bytes();
    if (!little && !is_told(group, archive)) groups.push_back(&group);
  }
  if (groups.empty()) return;
  page.heading("Held once and twice");
  page.plain("in all, sharing saves " + format_bytes(saved) + ", and would save " +
             format_bytes(lost) + " more of tensors that are equal");
  if (groups.size() > kMostGroups) groups.resize(kMostGroups);
  for (const SharedGroup* group : groups) {
    page.line(group->tied ? "shared" : "equal",
              joined(group->names, kMostNames) + ", " + format_bytes(group->bytes) + " each");
  }
}

void print_lines(Page& page, std::string_view heading, std::span<const std::string> lines) {
  if (lines.empty()) return;
  page.heading(heading);
  for (const std::string& line : lines) page.plain(printable(line));
}

void print_tasks(std::ostream& out, const Inspection& archive) {
  if (archive.tasks().empty()) return;
  out << "\nWhat can be done with it\n";
  for (const TaskHint& task : archive.tasks()) {
    out << "  " << printable(task.example) << "  # " << printable(task.why) << '\n';
  }
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string result;
  std::string line;
  std::size_t start = text.find_first_not_of(' ');
  if (start == std::string::npos) return text;
  line = text.substr(0, start);
  bool empty = true;  // of words
  while (start < text.size()) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::size_t blanks = std::min(text.find_first_not_of(' ', end), text.size()) - end;
    const std::string word = text.substr(start, end - start);
    if (!empty && width_of(line) + width_of(word) > width) {
      while (line.ends_with(' ')) line.pop_back();
      result += line + '\n';
      line = std::string(indent, ' ');
    }
    line += word + std::string(blanks, ' ');
    empty = false;
    start = end + blanks;
  }
  while (line.ends_with(' ')) line.pop_back();
  return result + line;
}

void print_inspection(std::ostream& out, const Inspection& archive, const TokenNames& tokens) {
  Page page(out);
  print_title(out, archive);
  print_tasks(out, archive);
  if (const Model* const model = archive.model()) {
    print_inputs(page, *model);
    print_outputs(page, archive);
    print_shape(page, archive);
    print_lines(page, "Notes", model->notes());
  }
  print_numbers(page, archive);
  print_ties(page, archive, tokens);
  print_shared(page, archive);
  print_origin(page, archive);
}

}  // namespace henson::tools
