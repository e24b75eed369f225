// A zip file of any bytes: opened, and every entry read in each way that there is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "loader/zip.h"
#include "tests/fuzz/support.h"

namespace {

using namespace henson;

constexpr std::uint64_t kMostBytes = 1 << 20;

/// What place() says of a stored entry is what read() gives.
void compare(const loader::Zip& zip, std::size_t index, const std::string& text) {
  const auto place = zip.place(index);
  if (!place) return;
  std::string bytes(text.size(), '\0');
  if (!zip.file()->read(place->offset, std::as_writable_bytes(std::span<char>(bytes)))) {
    fuzz::fail("a verified entry lies outside of the file");
  }
  if (bytes != text) fuzz::fail("an entry that is two things");
}

void read_entries(const loader::Zip& zip) {
  for (std::size_t i = 0; i < zip.entries().size(); ++i) {
    const loader::ZipEntry& entry = zip.entries()[i];
    if (zip.find(entry.name) != i) fuzz::fail("an entry that is not found by its name");
    fuzz::accepted([&] {
      const std::string text = zip.read_text(i, kMostBytes, entry.name);
      compare(zip, i, text);
      const std::string start = zip.read_start(i, 16);
      if (start != std::string_view(text).substr(0, 16)) fuzz::fail("an entry with two starts");
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file({reinterpret_cast<const char*>(data), size});
  fuzz::accepted([&] { read_entries(loader::Zip(file.path())); });
  return 0;
}
