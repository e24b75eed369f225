#include "runtime/tensor/bools.h"

#include <algorithm>
#include <span>

namespace henson::runtime {

std::shared_ptr<Buffer> as_bools(std::shared_ptr<Buffer> buffer) {
  const std::span<const std::byte> bytes(buffer->data(), buffer->size());
  const auto is_bool = [](std::byte byte) { return byte <= std::byte{1}; };
  if (std::all_of(bytes.begin(), bytes.end(), is_bool)) return buffer;
  auto storage = std::make_shared<loader::Storage>("", bytes.size());
  std::transform(bytes.begin(), bytes.end(), storage->data(),
                 [](std::byte byte) { return byte == std::byte{0} ? byte : std::byte{1}; });
  return Buffer::share(std::move(storage));
}

}  // namespace henson::runtime
