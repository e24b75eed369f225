#include "tools/page/sections.h"
#include "tools/report.h"

namespace henson::tools::page {
namespace {

/// Terms and what they are, for those that have something to say.
class Terms {
 public:
  explicit Terms(const char* style) : style_(style) {}
  void add(const std::string& term, const Html& what) {
    if (what.empty()) return;
    items_ += element("div", element("dt", term) + element("dd", what));
  }
  void add(const std::string& term, const std::string& what) { add(term, text(what)); }
  void add(const std::string& term, const std::optional<std::int64_t>& number) {
    if (number) add(term, format_count(static_cast<std::uint64_t>(*number)));
  }
  Html made() const { return items_.empty() ? Html() : element("dl", {{"class", style_}}, items_); }

 private:
  std::string style_;
  Html items_;
};

/// "109.5 M"
std::string millions(std::uint64_t count) {
  if (count < 1000000) return format_count(count);
  return format_fixed(static_cast<double>(count) / 1e6, 1) + " M";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string range(const std::string& first, const std::string& last) {
  if (first.empty()) return last;
  return first + (last.empty() ? " or newer" : last == first ? "" : " to " + last);
}

Html figures(const Report& report) {
  const ModelSummary& summary = report.archive.summary();
  Terms tiles("tiles");
  tiles.add("parameters", millions(summary.parameters));
  tiles.add("file", format_bytes(report.archive.file_bytes()));
  if (!summary.layers.empty()) tiles.add("layers", std::to_string(summary.layers.size()));
  tiles.add("hidden size", summary.hidden);
  tiles.add("heads", summary.heads);
  tiles.add("feed-forward", summary.feed_forward);
  tiles.add("vocabulary", summary.vocabulary);
  tiles.add("positions", summary.positions);
  tiles.add("labels", summary.labels);
  return tiles.made();
}

Html facts(const Report& report) {
  const Inspection& archive = report.archive;
  const Provenance& from = archive.provenance();
  Terms facts("facts");
  facts.add("Numbers", archive.precision().text);
  for (const DecoderTie& tie : archive.decoders()) facts.add("Decoder", tie.text);
  facts.add("Layout", archive.info().layout + (archive.info().mobile ? ", for mobile" : ""));
  if (!from.first_pytorch.empty()) {
    facts.add("Written by", "PyTorch " + range(from.first_pytorch, from.last_pytorch));
  }
  facts.add("Library", from.library);
  facts.add("Class", archive.info().root_class);
  facts.add("Methods", joined(archive.info().methods));
  for (const LockGroup& lock : archive.locks()) {
    facts.add(lock.unlocked ? "Unlocked" : "Locked",
              lock.dimension + (lock.reason.empty() ? "" : ": " + lock.reason));
  }
  return facts.made();
}

Html outputs(const Report& report) {
  std::vector<std::vector<Html>> rows;
  for (const OutputFigures& figures : report.archive.outputs()) {
    const OutputInfo& output = figures.output;
    rows.push_back({text(output.path), text(figures.text),
                    text(output.dtype ? name_of(*output.dtype) : "?"),
                    text(to_string(output.shape))});
  }
  return rows.empty() ? Html()
                      : small_table("Outputs", {"path", "what it is", "dtype", "shape"}, rows);
}

Html inputs(const Report& report) {
  std::vector<std::vector<Html>> rows;
  const Model* const model = report.archive.model();
  if (model == nullptr) return {};
  for (const InputInfo& input : model->inputs()) {
    rows.push_back({text(input.path), text(input.name),
                    text(input.used ? name_of(input.role) : "unused"),
                    text(input.traced_shape ? format_shape(*input.traced_shape) : "?")});
  }
  return rows.empty() ? Html() : small_table("Inputs", {"path", "name", "role", "traced at"}, rows);
}

/// Without the folder: the page may be passed on.
std::string without_folder(std::string line, const std::filesystem::path& archive) {
  const std::string path = archive.string();
  const std::size_t at = line.find(path);
  if (at != std::string::npos) line.replace(at, path.size(), archive.filename().string());
  return line;
}

Html commands(const Report& report) {
  Html lines;
  for (const TaskHint& hint : report.archive.tasks()) {
    lines += element("dt", hint.why) +
             element("dd", element("pre", element("code", without_folder(hint.example,
                                                                         report.archive.path()))));
  }
  if (lines.empty()) return {};
  return element("h3", "What it can be asked") + element("dl", lines);
}

Html parts_on_disk(const Report& report) {
  std::vector<std::vector<Html>> rows;
  for (const SizePart& part : report.archive.sizes()) {
    rows.push_back(
        {text(part.name), text(format_count(part.entries)), text(format_bytes(part.bytes))});
  }
  return rows.empty() ? Html() : small_table("The file by part", {"part", "entries", "size"}, rows);
}

Html warning(const std::string& words) {
  return words.empty() ? Html() : element("p", {{"class", "warning"}}, text(words));
}

}  // namespace

Html summary_section(const Report& report) {
  const Error* const why_not = report.archive.why_not();
  Html content = figures(report);
  if (why_not != nullptr)
    content += warning(std::string("Henson does not run it: ") + why_not->what());
  content += warning(report.archive.provenance().warning);
  content +=
      facts(report) + inputs(report) + outputs(report) + commands(report) + parts_on_disk(report);
  return section("summary", "Summary", content);
}

}  // namespace henson::tools::page
