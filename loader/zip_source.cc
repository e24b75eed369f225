#include "loader/zip_source.h"

#include <zip.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace henson::loader {
namespace {

class Source {
 public:
  explicit Source(std::shared_ptr<const File> file) : file_(std::move(file)) {
    zip_error_init(&error_);
  }
  ~Source() { zip_error_fini(&error_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  zip_int64_t call(void* data, zip_uint64_t bytes, zip_source_cmd_t command) {
    switch (command) {
      case ZIP_SOURCE_OPEN:
        at_ = 0;
        return 0;
      case ZIP_SOURCE_CLOSE:
        return 0;
      case ZIP_SOURCE_READ:
        return read({static_cast<std::byte*>(data), static_cast<std::size_t>(bytes)});
      case ZIP_SOURCE_SEEK:
        return seek(data, bytes);
      case ZIP_SOURCE_TELL:
        return static_cast<zip_int64_t>(at_);
      case ZIP_SOURCE_STAT:
        return tell_size(data, bytes);
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&error_, data, bytes);
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(
            ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
            ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
      default:
        return fail(ZIP_ER_OPNOTSUPP);
    }
  }

 private:
  zip_int64_t fail(int code) {
    zip_error_set(&error_, code, 0);
    return -1;
  }

  zip_int64_t read(std::span<std::byte> out) {
    const auto left = file_->size() - std::min(file_->size(), at_);
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left)));
    if (!file_->read(at_, out)) return fail(ZIP_ER_READ);
    at_ += out.size();
    return static_cast<zip_int64_t>(out.size());
  }

  zip_int64_t seek(void* data, zip_uint64_t bytes) {
    const zip_int64_t to = zip_source_seek_compute_offset(at_, file_->size(), data, bytes, &error_);
    if (to < 0) return -1;
    at_ = static_cast<std::uint64_t>(to);
    return 0;
  }

  zip_int64_t tell_size(void* data, zip_uint64_t bytes) {
    if (bytes < sizeof(zip_stat_t)) return fail(ZIP_ER_INVAL);
    auto* const stat = static_cast<zip_stat_t*>(data);
    zip_stat_init(stat);
    stat->size = file_->size();
    stat->valid = ZIP_STAT_SIZE;
    return sizeof(zip_stat_t);
  }

  std::shared_ptr<const File> file_;
  std::uint64_t at_ = 0;
  zip_error_t error_;
};

zip_int64_t call_source(void* source, void* data, zip_uint64_t bytes, zip_source_cmd_t command) {
  if (command != ZIP_SOURCE_FREE) return static_cast<Source*>(source)->call(data, bytes, command);
  delete static_cast<Source*>(source);
  return 0;
}

struct Free {
  void operator()(zip_source_t* source) const noexcept { zip_source_free(source); }
};

}  // namespace

zip* open_zip(std::shared_ptr<const File> file, zip_error_t& error) {
  auto reader = std::make_unique<Source>(std::move(file));
  std::unique_ptr<zip_source_t, Free> source(
      zip_source_function_create(&call_source, reader.get(), &error));
  zip* archive = nullptr;
  if (source) {
    reader.release();  // is the source's, which is the archive's once that is open
    archive = zip_open_from_source(source.get(), ZIP_RDONLY, &error);
    if (archive != nullptr) source.release();
  }
  return archive;
}

}  // namespace henson::loader
