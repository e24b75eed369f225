// An archive of any bytes, opened and run. Few of them get past the checksums: what lies behind is
// the business of mutant_fuzzer.cc.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/run_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  henson::fuzz::open_and_run({reinterpret_cast<const char*>(data), size});
  return 0;
}
