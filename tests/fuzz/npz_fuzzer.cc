// Inputs of any bytes: an npz, or an array in one. What it holds is what a small model is run on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "tests/fuzz/support.h"
#include "tools/cases.h"
#include "tools/npy.h"
#include "tools/npz.h"

using namespace henson;

namespace {

constexpr std::string_view kZip = "PK\3\4";
constexpr std::size_t kMemory = 64 << 20;

const Model& model() {
  static const Model opened =
      Model::open(std::string(HENSON_TEST_SOURCES) + "/golden/torch2.13_half.pt");
  return opened;
}

/// What is written is what was read.
void compare(const tools::NamedArray& array) {
  if (array.tensor.dtype() == DType::kBFloat16) return;
  const std::vector<std::byte> bytes = tools::encode_npy(array.tensor);
  const tools::NpyHeader header = tools::parse_npy_header(bytes, bytes.size(), array.name);
  const Tensor again = tools::decode_npy(header, std::span(bytes).subspan(header.size));
  if (again.dtype() != array.tensor.dtype() || again.shape() != array.tensor.shape()) {
    fuzz::fail("an array that is another when it is written");
  }
  const auto one = array.tensor.bytes();
  const auto other = again.bytes();
  if (!std::equal(one.begin(), one.end(), other.begin(), other.end())) {
    fuzz::fail("an array of other elements when it is written");
  }
}

void run(const std::vector<tools::NamedArray>& arrays) {
  std::vector<Tensor> inputs;
  for (const tools::NamedArray& array : arrays) inputs.push_back(array.tensor);
  for (const Executor executor : {Executor::kPlan, Executor::kInterpreter}) {
    SessionOptions options;
    options.executor = executor;
    options.threads = 1;
    options.memory_limit = kMemory;
    fuzz::accepted([&] { Session(model(), options).run(inputs); });
  }
}

}  // namespace

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  std::vector<std::string> seeds = fuzz::entries_that_end_in(file, ".npy");
  seeds.push_back(file);
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const bool whole = bytes.starts_with(kZip);
  const fuzz::MemoryFile file(whole ? bytes : fuzz::zip_of({{"input_ids.npy", bytes}}));
  fuzz::accepted([&] { tools::read_cases(file.path()); });
  fuzz::accepted([&] {
    const std::vector<tools::NamedArray> arrays = tools::read_npz(file.path());
    for (const tools::NamedArray& array : arrays) compare(array);
    run(arrays);
  });
  return 0;
}
