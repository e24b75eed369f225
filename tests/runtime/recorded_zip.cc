#include "tests/runtime/recorded_zip.h"

#include <zip.h>

#include <memory>

namespace henson {
namespace {

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Close {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

std::map<std::string, std::string> files_of_zip(const std::string& name) {
  std::map<std::string, std::string> files;
  const std::string path = std::string(HENSON_TEST_SOURCES) + "/tokenizer/" + name;
  const std::unique_ptr<zip_t, Discard> archive(zip_open(path.c_str(), ZIP_RDONLY, nullptr));
  if (!archive) return files;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t stat;
    if (zip_stat_index(archive.get(), index, 0, &stat) != 0) return {};
    const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive.get(), index, 0));
    std::string& bytes = files[stat.name];
    bytes.resize(stat.size);
    const zip_int64_t size = file ? zip_fread(file.get(), bytes.data(), stat.size) : -1;
    if (size != static_cast<zip_int64_t>(stat.size)) return {};
  }
  return files;
}

}  // namespace henson
