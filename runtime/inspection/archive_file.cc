#include "henson/archive_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "loader/recognize.h"
#include "loader/zip.h"
#include "runtime/api/archive_source.h"
#include "runtime/api/guarded.h"

namespace henson {
namespace {

/// The folder that all entries lie in, with its slash; empty when there is none.
std::string common_folder(std::span<const ArchiveEntry> entries) {
  if (entries.empty()) return {};
  const std::string folder = entries[0].name.substr(0, entries[0].name.find('/') + 1);
  const bool shared = std::all_of(entries.begin(), entries.end(), [&](const ArchiveEntry& entry) {
    return entry.name.starts_with(folder);
  });
  return shared ? folder : std::string();
}

std::string last_part(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

}  // namespace

struct HENSON_HIDDEN ArchiveFile::Impl {
  explicit Impl(std::shared_ptr<const loader::File> file) : zip(std::move(file)) {
    for (const loader::ZipEntry& entry : zip.entries()) {
      entries.push_back(
          {entry.name, entry.bytes, entry.packed_bytes, entry.method != 0, entry.checksum});
    }
    folder = common_folder(entries);
  }

  loader::Zip zip;
  std::vector<ArchiveEntry> entries;
  std::string folder;
};

ArchiveFile::ArchiveFile(const std::filesystem::path& path)
    : impl_(runtime::guarded([&] {
        auto file = runtime::open_source(path);
        loader::refuse_other_files(*file);
        return std::make_unique<Impl>(std::move(file));
      })) {}

ArchiveFile::ArchiveFile(ArchiveFile&&) noexcept = default;
ArchiveFile& ArchiveFile::operator=(ArchiveFile&&) noexcept = default;
ArchiveFile::~ArchiveFile() = default;

std::span<const ArchiveEntry> ArchiveFile::entries() const {
  return runtime::held(impl_, "archive file").entries;
}

const ArchiveEntry& ArchiveFile::find(std::string_view name) const {
  const Impl& impl = runtime::held(impl_, "archive file");
  auto index = impl.zip.find(name);
  if (!index) index = impl.zip.find(impl.folder + std::string(name));
  if (index) return impl.entries[*index];
  std::string like;
  for (const ArchiveEntry& entry : impl.entries) {
    if (last_part(entry.name) != last_part(name)) continue;
    like = "; did you mean " + entry.name.substr(impl.folder.size()) + "?";
    break;
  }
  throw Error(ErrorCode::kBadInput, "the archive has no entry " + std::string(name) + like);
}

void ArchiveFile::read(const ArchiveEntry& entry,
                       const std::function<void(std::span<const std::byte>)>& take) const {
  const Impl& impl = runtime::held(impl_, "archive file");
  const auto index = impl.zip.find(entry.name);
  if (!index) throw Error(ErrorCode::kBadInput, "the archive has no entry " + entry.name);
  impl.zip.unpack(*index, entry.name, take);
}

}  // namespace henson
