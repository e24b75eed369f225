// Small archives and pickles, made by the tests themselves.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/error.h"

namespace henson::test {

/// A file that goes with the object.
class TempFile {
 public:
  explicit TempFile(const std::string& suffix = ".pt") {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("henson_test_" + std::to_string(::getpid()) + '_' + std::to_string(count++) + suffix);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  void write(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::string read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

struct MadeEntry {
  std::string name;
  std::string bytes;
  bool deflated = false;
  bool encrypted = false;
};

using Entries = std::vector<MadeEntry>;

inline void write_zip(const std::filesystem::path& path, const Entries& entries) {
  int code = 0;
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  ASSERT_NE(zip, nullptr);
  for (const MadeEntry& entry : entries) {
    if (entry.name.ends_with('/')) {
      ASSERT_GE(zip_dir_add(zip, entry.name.c_str(), 0), 0);
      continue;
    }
    zip_source_t* source = zip_source_buffer(zip, entry.bytes.data(), entry.bytes.size(), 0);
    const zip_int64_t index = zip_file_add(zip, entry.name.c_str(), source, 0);
    ASSERT_GE(index, 0);
    const auto at = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(zip, at, entry.deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    if (entry.encrypted) zip_file_set_encryption(zip, at, ZIP_EM_AES_256, "secret");
  }
  ASSERT_EQ(zip_close(zip), 0);
}

/// The entry `name`, replaced or removed by the tests.
inline MadeEntry& entry_named(Entries& entries, std::string_view name) {
  for (MadeEntry& entry : entries) {
    if (entry.name == name) return entry;
  }
  throw std::out_of_range(std::string(name));
}

inline void remove_entry(Entries& entries, std::string_view name) {
  std::erase_if(entries, [&](const MadeEntry& entry) { return entry.name == name; });
}

/// Writes pickles of protocol 2, opcode by opcode.
class PickleMaker {
 public:
  PickleMaker() : bytes_("\x80\x02", 2) {}

  PickleMaker& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  PickleMaker& global(std::string_view module, std::string_view name) {
    bytes_ += 'c';
    return raw(module).raw("\n").raw(name).raw("\n");
  }
  PickleMaker& text(std::string_view value) {
    bytes_ += 'X';
    return little_endian(value.size(), 4).raw(value);
  }
  PickleMaker& integer(std::int64_t value) {
    bytes_ += "\x8a\x08";
    return little_endian(static_cast<std::uint64_t>(value), 8);
  }
  PickleMaker& tuple(const std::vector<std::int64_t>& values) {
    bytes_ += '(';
    for (const std::int64_t value : values) integer(value);
    return raw("t");
  }
  PickleMaker& storage(std::string_view type, std::string_view key, std::int64_t count,
                       std::string_view device = "cpu") {
    raw("(").text("storage").global("torch", type).text(key).text(device).integer(count);
    return raw("tQ");
  }
  PickleMaker& tensor(std::string_view type, std::string_view key, std::int64_t count,
                      std::int64_t offset, const std::vector<std::int64_t>& shape,
                      const std::vector<std::int64_t>& strides, std::string_view device = "cpu") {
    global("torch._utils", "_rebuild_tensor_v2").raw("(").storage(type, key, count, device);
    integer(offset).tuple(shape).tuple(strides).raw("\x89");
    return global("collections", "OrderedDict").raw(")RtR");
  }
  std::string stop() { return bytes_ + '.'; }

 private:
  PickleMaker& little_endian(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }

  std::string bytes_;
};

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// data.pkl of a module M with one float weight [2, 3] in storage 0.
inline std::string small_data_pkl() {
  return PickleMaker()
      .global("__torch__", "M")
      .raw(")\x81}(")
      .text("weight")
      .tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1})
      .raw("ub")
      .stop();
}

/// A whole archive of the newer layout, under `root` ("m/", or "").
inline Entries small_archive(const std::string& root = "m/") {
  const std::string code =
      "class M(Module):\n"
      "  __parameters__ = [\"weight\", ]\n"
      "  __buffers__ = []\n"
      "  weight : Tensor\n"
      "  def forward(self: __torch__.M,\n"
      "    x: Tensor) -> Tensor:\n"
      "    weight = self.weight\n"
      "    return torch.mul(x, weight)\n";
  return {{root + "data.pkl", small_data_pkl()},
          {root + "code/__torch__.py", code, true},
          {root + "data/0", bytes_of<float>({1, 2, 3, 4, 5, 6})},
          {root + "constants.pkl", PickleMaker().raw(")").stop()},
          {root + "version", "3\n"}};
}

/// What henson::Error says, or "" when `call` throws none.
template <typename Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace henson::test
