// TorchScript of any bytes, parsed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "loader/script/parser.h"
#include "tests/fuzz/support.h"

using namespace henson;

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  return fuzz::entries_that_end_in(file, ".py");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::accepted([&] {
    const script::SourceFile file = script::parse_source(text, "code/__torch__.py", "__torch__");
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') +
                                                  std::count(text.begin(), text.end(), '\r') + 1);
    for (const script::Class& parsed : file.classes) {
      if (parsed.line > lines) fuzz::fail("a class beyond the end");
      for (const script::Function& method : parsed.methods) {
        if (method.line > lines) fuzz::fail("a method beyond the end");
      }
    }
  });
  return 0;
}
