#include "tools/npz.h"

#include <zip.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "loader/budget.h"
#include "loader/zip.h"
#include "tools/npy.h"
#include "tools/out_file.h"

namespace henson::tools {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr std::uint16_t kFirstDosDate = (1 << 5) | 1;  // 1980-01-01

[[noreturn]] void bad_file(const std::filesystem::path& path, ErrorCode code,
                           const std::string& message) {
  throw Error(code, path.string() + ": " + message);
}

/// Says what a file is that cannot be an npz, before libzip sees it.
void check_start(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    bad_file(path, ErrorCode::kBadInput, "a folder; give an .npz file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) bad_file(path, ErrorCode::kNotFound, "cannot be opened; check the path");
  std::string start(6, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  if (start.empty()) bad_file(path, ErrorCode::kBadInput, "an empty file; write the .npz again");
  if (start == "\x93NUMPY") {
    bad_file(path, ErrorCode::kBadInput, "a single .npy array; save it by numpy.savez");
  }
  if (!start.starts_with("PK")) {
    bad_file(path, ErrorCode::kBadInput, "not an .npz file (a zip of .npy arrays)");
  }
}

NamedArray read_array(const loader::Zip& zip, std::size_t index, loader::Budget& budget) {
  const loader::ZipEntry& entry = zip.entries()[index];
  if (!entry.name.ends_with(kSuffix)) {
    throw Error(ErrorCode::kBadInput,
                "entry `" + entry.name + "` is no array: its name does not end in .npy");
  }
  const std::string name = entry.name.substr(0, entry.name.size() - kSuffix.size());
  const std::string label = "array `" + name + "`";
  if (entry.encrypted) zip.read(index, {}, label);  // refuses it
  // The header comes first: what it says must agree with the size before the elements are read.
  const std::string start = zip.read_start(index, kMaxNpyHeader + 12);
  const NpyHeader header =
      parse_npy_header(std::as_bytes(std::span<const char>(start)), entry.bytes, name);
  constexpr auto kKind = loader::Budget::Kind::kInflatedBytes;
  if (!budget.spend(kKind, entry.bytes)) {
    throw Error(ErrorCode::kBadInput, label + ": " + budget.refusal(kKind));
  }
  std::vector<std::byte> file(entry.bytes);
  zip.read(index, file, label);
  return {name, decode_npy(header, std::span<const std::byte>(file).subspan(header.size))};
}

struct DiscardZip {
  void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
};
using ZipWriter = std::unique_ptr<zip_t, DiscardZip>;

struct FreeSource {
  void operator()(zip_source_t* source) const noexcept { zip_source_free(source); }
};
using ZipBytes = std::unique_ptr<zip_source_t, FreeSource>;

[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& reason) {
  bad_file(path, ErrorCode::kNotFound, "cannot be written: " + reason);
}

/// Bytes in memory that a zip file is made in.
ZipBytes make_bytes(const std::filesystem::path& path) {
  zip_error_t error;
  zip_error_init(&error);
  ZipBytes bytes(zip_source_buffer_create(nullptr, 0, 0, &error));
  const std::string reason = bytes ? "" : zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!bytes) cannot_write(path, reason);
  return bytes;
}

ZipWriter create_zip(const std::filesystem::path& path, zip_source_t* bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_keep(bytes);  // closing the zip gives up one of two holds
  ZipWriter archive(zip_open_from_source(bytes, ZIP_TRUNCATE, &error));
  const std::string reason = archive ? "" : zip_error_strerror(&error);
  zip_error_fini(&error);
  if (archive) return archive;
  zip_source_free(bytes);
  cannot_write(path, reason);
}

void copy(zip_source_t* bytes, OutFile& file, const std::filesystem::path& path) {
  if (zip_source_open(bytes) != 0) cannot_write(path, zip_error_strerror(zip_source_error(bytes)));
  std::vector<char> part(std::size_t{1} << 16);
  for (;;) {
    const zip_int64_t size = zip_source_read(bytes, part.data(), part.size());
    if (size < 0) cannot_write(path, zip_error_strerror(zip_source_error(bytes)));
    if (size == 0) break;
    file.write({part.data(), static_cast<std::size_t>(size)});
  }
  zip_source_close(bytes);
}

/// `file` must live until the archive is closed.
void add_entry(const std::filesystem::path& path, zip_t* archive, const std::string& name,
               std::span<const std::byte> file) {
  zip_source_t* source = zip_source_buffer(archive, file.data(), file.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    const std::string reason = zip_strerror(archive);
    zip_source_free(source);
    bad_file(path, ErrorCode::kBadInput, "cannot hold the array `" + name + "`: " + reason);
  }
  zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
  zip_file_set_dostime(archive, static_cast<zip_uint64_t>(index), 0, kFirstDosDate, 0);
}

}  // namespace

std::vector<NamedArray> read_npz(const std::filesystem::path& path) {
  check_start(path);
  try {
    const loader::Zip zip(path);
    loader::Budget budget(zip.file_bytes());
    std::vector<NamedArray> arrays;
    for (std::size_t i = 0; i < zip.entries().size(); ++i) {
      arrays.push_back(read_array(zip, i, budget));
    }
    return arrays;
  } catch (const Error& error) {
    bad_file(path, error.code(), error.what());
  }
}

void write_npz(const std::filesystem::path& path, const std::vector<NamedArray>& arrays) {
  if (arrays.empty()) {
    bad_file(path, ErrorCode::kBadInput, "not written: there is no tensor to write");
  }
  std::vector<std::vector<std::byte>> files;
  files.reserve(arrays.size());
  OutFile file(path);
  const ZipBytes bytes = make_bytes(path);
  ZipWriter archive = create_zip(path, bytes.get());
  for (const NamedArray& array : arrays) {
    files.push_back(encode_npy(array.tensor));
    add_entry(path, archive.get(), array.name + std::string(kSuffix), files.back());
  }
  if (zip_close(archive.get()) != 0) {
    cannot_write(path, zip_strerror(archive.get()));
  }
  archive.release();  // closed
  copy(bytes.get(), file, path);
  file.finish();
}

}  // namespace henson::tools
