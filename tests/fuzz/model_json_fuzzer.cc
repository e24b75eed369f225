// A model.json of any bytes, in an archive of PyTorch 1.0's layout that has what it may name.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/run_archive.h"
#include "tests/fuzz/support.h"

using namespace henson;

namespace {

constexpr const char* kCode = R"(op_version_set = 0
def forward(self,
    x: Tensor) -> Tensor:
  return torch.mul(x, self.weight)
)";

}  // namespace

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  return fuzz::entries_that_end_in(file, "model.json");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<fuzz::FileEntry> entries{
      {"m/version", "1\n"},
      {"m/model.json", {reinterpret_cast<const char*>(data), size}},
      {"m/code/m.py", kCode}};
  for (const char* const tensor : {"m/tensors/0", "m/tensors/1"}) {
    entries.push_back({tensor, std::string(24, '\0')});
  }
  fuzz::open_and_run(fuzz::zip_of(entries));
  return 0;
}
