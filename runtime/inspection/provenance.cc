#include "runtime/inspection/provenance.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "loader/limits.h"
#include "loader/pickle.h"
#include "loader/zip.h"

namespace henson::runtime {
namespace {

// --- The file ------------------------------------------------------------------------------------

constexpr std::string_view kWeights = "weights";
constexpr std::string_view kDebug = "debug";

bool is_debug(std::string_view name) {
  return name.ends_with(".debug_pkl") || (name.starts_with("debug/") && name.ends_with(".pkl"));
}

std::string_view part_of(std::string_view name) {
  if (is_debug(name)) return kDebug;
  const auto below = [&](std::string_view folder) { return name.starts_with(folder); };
  if (below("data/") || below("tensors/")) return kWeights;
  if (below("constants/") || name == "constants.pkl") return "constants";
  if (below("code/")) return "code";
  if (below("traced_inputs")) return "dummy inputs";
  if (name == "data.pkl" || name == "model.json" || name == "attributes.pkl") return "structure";
  if (below("extra/")) return "extra files";
  return "other";
}

void collect_texts(const loader::Value& value, std::set<const void*>& seen,
                   std::set<std::string>& texts) {
  const auto all = [&](const std::vector<loader::Value>& items) {
    for (const loader::Value& item : items) collect_texts(item, seen, texts);
  };
  if (const auto* text = std::get_if<std::string>(&value)) {
    texts.insert(*text);
  } else if (const auto* list = std::get_if<std::shared_ptr<loader::List>>(&value)) {
    if (seen.insert(list->get()).second) all((*list)->items);
  } else if (const auto* tuple = std::get_if<std::shared_ptr<loader::Tuple>>(&value)) {
    if (seen.insert(tuple->get()).second) all((*tuple)->items);
  }
}

/// The strings of a debug entry; none where it cannot be read: it is only a note.
void read_debug(const loader::Zip& zip, std::size_t index, const std::string& name,
                std::set<std::string>& texts) {
  try {
    const std::string bytes = zip.read_text(index, limits::kMaxPickleBytes, name);
    std::set<const void*> seen;
    collect_texts(loader::read_pickle(bytes, name, {}), seen, texts);
  } catch (const Error&) {
  }
}

/// "cuda:0" wherever it stands in a table of storages.
void find_devices(std::string_view text, std::set<std::string>& devices) {
  for (const std::string_view kind : {"cuda:", "mps:", "xpu:"}) {
    for (std::size_t at = text.find(kind); at != std::string_view::npos;
         at = text.find(kind, at + 1)) {
      std::size_t end = at + kind.size();
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
      if (end > at + kind.size()) devices.insert(std::string(text.substr(at, end - at)));
    }
  }
}

bool names_storages(std::string_view name) {
  return name == "data.pkl" || name == "constants.pkl" || name == "model.json";
}

}  // namespace

FileFacts read_file_facts(std::shared_ptr<const loader::File> file,
                          const loader::Archive& archive) {
  const loader::Zip zip(std::move(file));
  FileFacts facts;
  facts.bytes = zip.file_bytes();
  const std::string root = archive.root.empty() ? "" : archive.root + '/';
  std::set<std::string> texts;
  std::set<std::string> devices;
  std::uint64_t read = 0;
  for (std::size_t i = 0; i < zip.entries().size(); ++i) {
    const loader::ZipEntry& entry = zip.entries()[i];
    const std::string name =
        entry.name.starts_with(root) ? entry.name.substr(root.size()) : entry.name;
    const std::string_view part = part_of(name);
    auto at = std::find_if(facts.parts.begin(), facts.parts.end(),
                           [&](const SizePart& known) { return known.name == part; });
    if (at == facts.parts.end()) at = facts.parts.insert(at, {std::string(part), 0, 0});
    ++at->entries;
    at->bytes += entry.packed_bytes;
    facts.storages[name] = {entry.bytes, entry.checksum};
    if (names_storages(name) && entry.bytes <= limits::kMaxPickleBytes) {
      find_devices(zip.read_text(i, limits::kMaxPickleBytes, name), devices);
    }
    if (part != kDebug) continue;
    read += std::min(entry.bytes, limits::kMaxPickleBytes);
    if (read <= limits::kMaxPickleBytes) read_debug(zip, i, name, texts);
  }
  std::stable_sort(facts.parts.begin(), facts.parts.end(),
                   [](const SizePart& a, const SizePart& b) { return a.bytes > b.bytes; });
  facts.devices.assign(devices.begin(), devices.end());
  facts.debug_texts.assign(texts.begin(), texts.end());
  return facts;
}

namespace {

// --- Sources -------------------------------------------------------------------------------------

struct TracedLine {
  std::string path;
  std::size_t line = 0;
};

/// "PATH(LINE): FUNCTION", as tracing writes each line of a stack.
std::optional<TracedLine> traced_line(std::string_view text) {
  const std::size_t colon = text.find("): ");
  const std::size_t open = colon == std::string_view::npos ? colon : text.rfind('(', colon);
  if (open == std::string_view::npos || open == 0) return std::nullopt;
  const std::string_view digits = text.substr(open + 1, colon - open - 1);
  const bool number =
      !digits.empty() && digits.size() < 9 && std::all_of(digits.begin(), digits.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
      });
  if (!number) return std::nullopt;
  return TracedLine{std::string(text.substr(0, open)), std::stoul(std::string(digits))};
}

std::vector<TracedLine> traced_lines(const std::vector<std::string>& texts) {
  std::vector<TracedLine> lines;
  for (const std::string& text : texts) {
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      if (auto line = traced_line(std::string_view(text).substr(start, end - start))) {
        lines.push_back(std::move(*line));
      }
      start = end + 1;
    }
  }
  return lines;
}

std::vector<SourceFile> source_files(const std::vector<TracedLine>& lines) {
  std::map<std::string, SourceFile> files;
  for (const TracedLine& line : lines) {
    SourceFile& file =
        files.try_emplace(line.path, SourceFile{line.path, line.line, line.line}).first->second;
    file.first_line = std::min(file.first_line, line.line);
    file.last_line = std::max(file.last_line, line.line);
  }
  std::vector<SourceFile> sorted;
  for (auto& [path, file] : files) sorted.push_back(std::move(file));
  return sorted;
}

/// The part of a path between two texts, the second one being the path's next slash.
std::optional<std::string> segment_after(const std::string& path, std::string_view before) {
  const std::size_t start = path.find(before);
  if (start == std::string::npos) return std::nullopt;
  const std::size_t first = start + before.size();
  const std::size_t end = path.find_first_of("/\\", first);
  if (end == std::string::npos || end == first) return std::nullopt;
  return path.substr(first, end - first);
}

std::optional<std::string> python_of(const std::string& path) {
  auto version = segment_after(path, "/lib/python");
  const bool number = version && std::isdigit(static_cast<unsigned char>(version->front())) != 0;
  return number ? version : std::nullopt;
}

std::optional<std::string> user_of(const std::string& path) {
  for (const char* homes : {"/home/", "/Users/", "\\Users\\"}) {
    const bool starts = path.starts_with(homes) || path.find(homes) == 2;  // behind a drive
    if (!starts) continue;
    if (auto user = segment_after(path, homes)) return user;
  }
  if (path.starts_with("/root/")) return "root";
  return std::nullopt;
}

/// Where the maker worked: an environment's folder, or that of a file outside of any.
std::string folder_of(const std::string& path) {
  for (const char* inside : {"/lib/python", "/site-packages/", "/dist-packages/"}) {
    const std::size_t at = path.find(inside);
    if (at != std::string::npos) return path.substr(0, at);
  }
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

/// "transformers 4.57.1" of a folder that has its version in its name.
std::optional<std::string> library_of(const std::string& path) {
  static constexpr std::string_view kLibraries[] = {
      "transformers", "pytorch_transformers", "pytorch_pretrained_bert", "sentence_transformers"};
  for (const std::string_view library : kLibraries) {
    const std::string with_version = '/' + std::string(library) + '-';
    if (const auto rest = segment_after(path, with_version)) {
      const std::size_t end = rest->find_first_not_of("0123456789.");
      std::string version = rest->substr(0, end);
      while (version.ends_with('.')) version.pop_back();
      if (!version.empty()) return std::string(library) + ' ' + version;
    }
  }
  return std::nullopt;
}

// --- Versions ------------------------------------------------------------------------------------

using Version = std::pair<int, int>;

std::string to_text(const Version& version) {
  return std::to_string(version.first) + '.' + std::to_string(version.second);
}

/// What is told of the PyTorch that wrote the archive, piece by piece.
class PyTorchRange {
 public:
  void at_least(Version version, const std::string& why) {
    if (version <= first_) return;
    first_ = version;
    why_first_ = why;
  }
  void at_most(Version version, const std::string& why) {
    if (last_ && *last_ <= version) return;
    last_ = version;
    why_last_ = why;
  }
  void store(Provenance& provenance) const {
    provenance.first_pytorch = to_text(first_);
    if (last_ && *last_ >= first_) provenance.last_pytorch = to_text(*last_);
    if (!why_first_.empty()) provenance.evidence.push_back(why_first_);
    if (!why_last_.empty() && why_last_ != why_first_) provenance.evidence.push_back(why_last_);
  }

 private:
  Version first_{1, 0};
  std::optional<Version> last_;
  std::string why_first_;
  std::string why_last_;
};

void read_old_layout(const loader::Archive& archive, bool has_attributes, bool has_debug,
                     PyTorchRange& range) {
  range.at_most({1, 2}, "model.json");
  if (archive.version >= 1) range.at_least({1, 2}, "op_version_set 1");
  if (has_debug) range.at_least({1, 2}, "debug entries");
  if (has_attributes) {
    range.at_least({1, 1}, "attributes.pkl");
  } else {
    range.at_most({1, 0}, "no attributes.pkl");
  }
}

/// The format's version is raised when an operator's meaning changes.
void read_new_layout(const loader::Archive& archive, PyTorchRange& range) {
  range.at_least({1, 3}, "data.pkl");
  const std::string version = "format version " + std::to_string(archive.version);
  if (archive.version <= 1) {
    range.at_most({1, 4}, version);
  } else if (archive.version == 2) {
    range.at_least({1, 5}, version);
    range.at_most({1, 5}, version);
  } else if (archive.version >= 10) {
    range.at_least({1, 12}, version);
  } else {
    range.at_least({1, 6}, version);
    range.at_most({1, 11}, version);
  }
}

PyTorchRange pytorch_range(const loader::Archive& archive, const ModelInfo& info) {
  PyTorchRange range;
  const auto has = [&](std::string_view name) {
    return std::any_of(archive.entries.begin(), archive.entries.end(),
                       [&](const loader::Entry& entry) { return entry.name == name; });
  };
  if (archive.layout == loader::Layout::kModelJson) {
    const bool debug = std::any_of(archive.entries.begin(), archive.entries.end(),
                                   [](const loader::Entry& entry) { return is_debug(entry.name); });
    read_old_layout(archive, has("attributes.pkl"), debug, range);
  } else {
    read_new_layout(archive, range);
  }
  for (const std::string& name : info.operators) {
    if (name == "aten::scaled_dot_product_attention") range.at_least({2, 0}, name);
  }
  for (const char* name : {"byteorder", ".data/byteorder", ".data/serialization_id"}) {
    if (has(name)) range.at_least({2, 1}, name);
  }
  return range;
}

/// What a library's modules tell of its version.
std::string library_by_modules(const std::vector<std::string>& modules) {
  static constexpr std::pair<std::string_view, std::string_view> kLibraries[] = {
      {"transformers.models.", "transformers 4 or later"},
      {"transformers.modeling_", "transformers 2 or 3"},
      {"pytorch_transformers.", "pytorch-transformers 1"},
      {"pytorch_pretrained_bert.", "pytorch-pretrained-bert 0"}};
  for (const auto& [prefix, library] : kLibraries) {
    for (const std::string& module : modules) {
      if (module.starts_with(prefix)) return std::string(library);
    }
  }
  return {};
}

/// Devices that code makes tensors on: torch.device("cuda:0").
class DevicesOfCode {
 public:
  explicit DevicesOfCode(std::set<std::string>& devices) : devices_(devices) {}

  void visit(const script::Block& block) {
    for (const script::Stmt& statement : block) {
      visit(statement.value.get());
      visit(statement.body);
      visit(statement.orelse);
    }
  }

 private:
  void visit(const script::Expr* expression) {
    if (expression == nullptr) return;
    const auto& children = expression->children;
    const bool device = expression->kind == script::ExprKind::kCall && children.size() > 1 &&
                        children[0] && children[0]->text == "device" && children[1] &&
                        children[1]->kind == script::ExprKind::kString;
    if (device) devices_.insert(children[1]->text);
    for (const auto& child : children) visit(child.get());
    for (const auto& [name, value] : expression->keywords) visit(value.get());
  }

  std::set<std::string>& devices_;
};

std::vector<std::string> devices_of(const loader::Archive& archive, const FileFacts& file) {
  std::set<std::string> devices(file.devices.begin(), file.devices.end());
  DevicesOfCode code(devices);
  for (const auto& [name, parsed] : archive.classes) {
    for (const script::Function& method : parsed.methods) code.visit(method.body);
  }
  for (const auto& [name, function] : archive.functions) code.visit(function.body);
  return {devices.begin(), devices.end()};
}

}  // namespace

std::vector<std::string> library_modules(const loader::Archive& archive) {
  constexpr std::string_view kPrefix = "__torch__.";
  std::set<std::string> modules;
  for (const auto& [name, parsed] : archive.classes) {
    if (!name.starts_with(kPrefix)) continue;
    std::string module;
    for (std::size_t start = kPrefix.size(); start < name.size();) {
      const std::size_t end = std::min(name.find('.', start), name.size());
      const std::string part = name.substr(start, end - start);
      const bool last = end == name.size();  // the class itself
      if (!last && !part.starts_with("___torch_mangle")) {
        module += (module.empty() ? "" : ".") + part;
      }
      start = end + 1;
    }
    if (!module.empty() && !module.starts_with("torch.")) modules.insert(module);
  }
  return {modules.begin(), modules.end()};
}

Provenance find_provenance(const loader::Archive& archive, const ModelInfo& info,
                           const FileFacts& file) {
  Provenance provenance;
  provenance.producer = archive.producer;
  pytorch_range(archive, info).store(provenance);
  provenance.modules = library_modules(archive);
  provenance.library = library_by_modules(provenance.modules);
  provenance.sources = source_files(traced_lines(file.debug_texts));
  std::set<std::string> folders;
  std::set<std::string> users;
  for (const SourceFile& source : provenance.sources) {
    if (auto python = python_of(source.path)) provenance.python = *python;
    if (auto library = library_of(source.path)) provenance.library = *library;
    if (auto user = user_of(source.path)) users.insert(*user);
    if (std::string folder = folder_of(source.path); !folder.empty()) folders.insert(folder);
  }
  for (const std::string& folder : folders) {  // in order: one above comes first
    const auto holds = [&](const std::string& above) { return folder.starts_with(above + '/'); };
    const auto& known = provenance.folders;
    if (std::none_of(known.begin(), known.end(), holds)) provenance.folders.push_back(folder);
  }
  provenance.users.assign(users.begin(), users.end());
  if (!folders.empty()) {
    provenance.warning = "the debug entries tell folders of the machine that it was made on" +
                         std::string(users.empty() ? "" : ", and a user's name") +
                         ": whoever gets the file can read them";
  }
  provenance.devices = devices_of(archive, file);
  return provenance;
}

}  // namespace henson::runtime
