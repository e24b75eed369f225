#include "runtime/api/archive_source.h"

#include <cstdint>

#include "loader/source.h"
#include "runtime/machine/allowance.h"

namespace henson::runtime {
namespace {

std::uint64_t most_bytes() {
  const auto available = available_memory();
  return available ? *available - *available / 8 : loader::kAllBytes;
}

}  // namespace

std::shared_ptr<const loader::File> open_source(const std::filesystem::path& path) {
  return loader::open_source(path, most_bytes());
}

std::shared_ptr<const loader::File> open_source(int descriptor) {
  return loader::open_source(descriptor, most_bytes());
}

std::shared_ptr<const loader::File> copy_source(std::span<const std::byte> bytes) {
  return loader::copy_source(bytes, most_bytes());
}

loader::FileAccess access_of(const loader::File& file, bool map) {
  return map || file.in_memory() ? loader::FileAccess::kMap : loader::FileAccess::kRead;
}

}  // namespace henson::runtime
