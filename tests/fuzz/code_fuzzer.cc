// TorchScript of any bytes as the code of a small sound archive, imported and run.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "loader/script/parser.h"
#include "tests/fuzz/run_archive.h"
#include "tests/fuzz/support.h"

using namespace henson;

namespace {

/// A module M with one weight, float32 [2, 3], as in tests/broken/pickle_bytes.py.
const std::vector<fuzz::FileEntry>& small_archive() {
  static const auto entries = [] {
    const std::string folder = std::string(HENSON_TEST_SOURCES) + "/broken/lenient/";
    return *fuzz::entries_of(fuzz::read_file(folder + "sound.pt"));
  }();
  return entries;
}

}  // namespace

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  return fuzz::entries_that_end_in(file, "/code/__torch__.py");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const bool parses =
      fuzz::accepted([&] { script::parse_source(text, "code/__torch__.py", "__torch__"); });
  if (!parses) return 0;
  std::vector<fuzz::FileEntry> entries = small_archive();
  for (fuzz::FileEntry& entry : entries) {
    if (entry.name.ends_with(".py")) entry.bytes = text;
  }
  fuzz::open_and_run(fuzz::zip_of(entries));
  return 0;
}
