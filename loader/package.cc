#include "loader/package.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "loader/limits.h"
#include "loader/recognize.h"

namespace henson::loader {
namespace {

struct Root {
  std::string folder;  // with its slash
  Layout layout;
};

std::string folder_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash + 1);
}

bool any_below(const Zip& zip, std::string_view folder) {
  return std::any_of(zip.entries().begin(), zip.entries().end(),
                     [&](const ZipEntry& entry) { return entry.name.starts_with(folder); });
}

bool all_below(const Zip& zip, std::string_view folder) {
  return std::all_of(zip.entries().begin(), zip.entries().end(),
                     [&](const ZipEntry& entry) { return entry.name.starts_with(folder); });
}

// Files that a user attached may look like anything, an archive included.
bool is_attachment(const Zip& zip, const std::string& folder) {
  if (folder.find("/extra/") != std::string::npos) return true;
  return folder.starts_with("extra/") && !all_below(zip, "extra/");
}

std::optional<Root> root_at(const Zip& zip, const std::string& folder) {
  if (is_attachment(zip, folder) || !any_below(zip, folder + "code/")) return std::nullopt;
  if (zip.find(folder + "data.pkl")) return Root{folder, Layout::kDataPkl};
  if (zip.find(folder + "model.json")) return Root{folder, Layout::kModelJson};
  if (zip.find(folder + "constants.pkl")) {
    throw Error(ErrorCode::kBadArchive,
                "the entry is missing from the archive: it holds the weights' table",
                {"data.pkl", {}, {}});
  }
  return std::nullopt;
}

// The outermost folder that holds an archive.
Root find_root(const Zip& zip) {
  std::set<std::pair<std::size_t, std::string>> folders;  // the shortest first
  for (const ZipEntry& entry : zip.entries()) {
    std::string folder = folder_of(entry.name);
    folders.emplace(static_cast<std::size_t>(std::count(folder.begin(), folder.end(), '/')),
                    folder);
  }
  std::optional<Root> found;
  std::size_t found_depth = 0;
  for (const auto& [depth, folder] : folders) {
    if (found && depth > found_depth) break;
    const auto root = root_at(zip, folder);
    if (!root) continue;
    if (found) {
      throw Error(ErrorCode::kBadArchive, "the zip file holds several archives, in " +
                                              found->folder + " and " + folder +
                                              "; pack one alone");
    }
    found = root;
    found_depth = depth;
  }
  if (!found) throw Error(ErrorCode::kBadArchive, recognize_zip(zip));
  return *found;
}

}  // namespace

Package::Package(std::shared_ptr<const File> file, FileAccess access)
    : zip_(std::move(file), access), budget_(zip_.file_bytes()) {
  Root root = find_root(zip_);
  root_ = std::move(root.folder);
  layout_ = root.layout;
  verify_storages();
}

// All at once, for many threads. What nobody names is verified in vain, and may be damaged.
void Package::verify_storages() const {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < zip_.entries().size(); ++i) {
    std::string_view name = zip_.entries()[i].name;
    if (!name.starts_with(root_)) continue;
    name.remove_prefix(root_.size());
    const bool holds_storages =
        name.starts_with("data/") || name.starts_with("constants/") || name.starts_with("tensors/");
    if (holds_storages) indices.push_back(i);
  }
  zip_.verify(indices);
}

std::vector<Entry> Package::entries() const {
  std::vector<Entry> entries;
  entries.reserve(zip_.entries().size());
  for (const ZipEntry& entry : zip_.entries()) {
    std::string name = entry.name.starts_with(root_) ? entry.name.substr(root_.size()) : entry.name;
    if (!name.empty()) entries.push_back({std::move(name), entry.bytes, entry.method != 0});
  }
  return entries;
}

std::optional<std::size_t> Package::index_of(std::string_view name) const {
  return zip_.find(root_ + std::string(name));
}

std::optional<std::string> Package::text_if(std::string_view name, std::uint64_t cap) const {
  const auto index = index_of(name);
  if (!index) return std::nullopt;
  unpack(std::min(zip_.entries()[*index].bytes, cap), std::string(name));
  return zip_.read_text(*index, cap, std::string(name));
}

void Package::unpack(std::uint64_t bytes, const std::string& name) const {
  constexpr auto kKind = Budget::Kind::kInflatedBytes;
  if (!budget_.spend(kKind, bytes)) {
    throw Error(ErrorCode::kBadArchive, budget_.refusal(kKind), {name, {}, {}});
  }
}

std::string Package::text(std::string_view name, std::uint64_t cap) const {
  auto text = text_if(name, cap);
  if (!text) {
    throw Error(ErrorCode::kBadArchive, "the entry is missing from the archive",
                {std::string(name), {}, {}});
  }
  return std::move(*text);
}

std::shared_ptr<const Storage> Package::storage(const std::string& name, const ErrorPlace& place) {
  if (const auto known = storages_.find(name); known != storages_.end()) return known->second;
  const auto index = index_of(name);
  if (!index) {
    throw Error(ErrorCode::kBadArchive, "the storage " + name + " is missing from the archive",
                place);
  }
  const std::uint64_t size = zip_.entries()[*index].bytes;
  if (size > limits::kMaxStorageBytes) {
    throw Error(ErrorCode::kBadArchive,
                "a storage of " + std::to_string(size) + " bytes; at most " +
                    std::to_string(limits::kMaxStorageBytes) + " are read",
                {name, {}, {}});
  }
  std::shared_ptr<const Storage> storage = open_storage(*index, name);
  storages_.emplace(name, storage);
  return storage;
}

std::shared_ptr<const Storage> Package::open_storage(std::size_t index,
                                                     const std::string& name) const {
  const auto size = static_cast<std::size_t>(zip_.entries()[index].bytes);
  if (auto place = zip_.place(index)) {
    if (zip_.mapping()) {
      const auto mapped =
          zip_.mapping()->bytes().subspan(static_cast<std::size_t>(place->offset), size);
      if (reinterpret_cast<std::uintptr_t>(mapped.data()) % Storage::kAlignment == 0) {
        return std::make_shared<const Storage>(name, mapped, zip_.mapping());
      }
    }
    return std::make_shared<const Storage>(
        name, FilePart{zip_.file(), place->offset, size, std::move(place->checksums)});
  }
  unpack(size, name);
  auto storage = std::make_shared<Storage>(name, size);
  zip_.read(index, {storage->data(), size}, name);
  return storage;
}

std::int64_t parse_version(std::string_view text, const std::string& entry) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kBadArchive, "not a version number", {entry, {}, {}});
  }
  return check_version(version, entry);
}

std::int64_t check_version(std::int64_t version, const std::string& entry) {
  if (version < 0) throw Error(ErrorCode::kBadArchive, "not a version number", {entry, {}, {}});
  if (version > limits::kMaxVersion) {
    throw Error(ErrorCode::kUnsupported,
                "the archive's version is " + std::to_string(version) +
                    ", and the newest known is " + std::to_string(limits::kMaxVersion) +
                    ": its operators may mean something else",
                {entry, {}, {}});
  }
  return version;
}

}  // namespace henson::loader
