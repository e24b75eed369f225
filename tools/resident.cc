#include "tools/resident.h"

#include <fstream>
#include <string>
#include <string_view>

#ifdef __GLIBC__  // which the headers above say
#include <malloc.h>
#endif

namespace henson::tools {
namespace {

std::uint64_t status_bytes(std::string_view wanted) {
  std::ifstream status("/proc/self/status");
  std::string field;
  while (status >> field) {
    std::uint64_t kilobytes = 0;
    if (field == wanted && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

std::uint64_t resident_bytes() { return status_bytes("VmRSS:"); }

std::uint64_t peak_resident_bytes() { return status_bytes("VmHWM:"); }

bool forget_peak_resident() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

void give_back_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace henson::tools
