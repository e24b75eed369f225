// Files of weights of any bytes: a zip as torch.save writes it; else a pickle in such a file, after
// a byte that is 0; else safetensors.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "loader/weights_file.h"
#include "runtime/api/guarded.h"
#include "runtime/api/public_tensor.h"
#include "runtime/import/weights.h"
#include "tests/fuzz/support.h"

using namespace henson;

namespace {

constexpr char kPickleFollows = '\0';
constexpr std::size_t kMostBytes = 1 << 20;  // of a tensor that is written out

void read(const loader::NamedTensors& tensors) {
  runtime::WeightViews views;
  for (const auto& [name, stored] : tensors) {
    const auto count = loader::element_count(stored->shape);
    if (!count) fuzz::fail("a tensor without a number of elements");
    if (is_quantized(stored->dtype) || *count > static_cast<std::int64_t>(kMostBytes)) continue;
    if (runtime::to_public(views.tensor(stored)).element_count() != *count) {
      fuzz::fail("a tensor of another number of elements");
    }
  }
}

std::string packed(std::string_view pickle) {
  std::vector<fuzz::FileEntry> entries{{"w/data.pkl", std::string(pickle)}, {"w/version", "3\n"}};
  for (const char* const key : {"w/data/0", "w/data/1", "w/data/2"}) {
    entries.push_back({key, std::string(96, '\1')});
  }
  return fuzz::zip_of(entries);
}

}  // namespace

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  std::vector<std::string> seeds;
  for (const std::string& pickle : fuzz::entries_that_end_in(file, "data.pkl")) {
    seeds.push_back(kPickleFollows + pickle);
  }
  seeds.push_back(file);
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool is_pickle = bytes.starts_with(kPickleFollows) && !bytes.substr(0, 8).ends_with('\0');
  const bool is_zip = is_pickle || bytes.starts_with("PK");
  const fuzz::MemoryFile file(is_pickle ? packed(bytes.substr(1)) : std::string(bytes));
  fuzz::accepted([&] {
    runtime::guarded([&] {
      read(is_zip ? loader::read_state_dict(file.path()) : loader::read_safetensors(file.path()));
    });
  });
  return 0;
}
