#include "runtime/tensor/allocator.h"

#include <cstdint>
#include <optional>
#include <string>

#include "henson/error.h"
#include "runtime/machine/allowance.h"
#include "runtime/tensor/buffer_pool.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {
namespace {

/// The system is asked what it has after so many bytes.
constexpr std::size_t kAskAfter = std::size_t{64} << 20;

std::atomic<std::size_t> since_asked{0};

class SystemMemory : public Allocator {
 public:
  std::shared_ptr<Buffer> allocate(std::size_t bytes) override {
    check_machine_has(bytes);
    return std::make_shared<Buffer>(bytes);
  }
  Charge charge(std::size_t bytes) override {
    check_machine_has(bytes);
    return {};
  }
};

}  // namespace

void MemoryCount::add(std::size_t bytes) {
  if (whole_) whole_->add(bytes);
  const std::size_t before = alive_.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes <= limit_ && before <= limit_ - bytes) return;
  remove(bytes);
  throw Error(ErrorCode::kOutOfMemory,
              std::to_string(bytes) + " bytes are needed, and " + std::to_string(before) +
                  " are in use of the " + std::to_string(limit_) + " that " + whose_ + " may have");
}

void check_machine_has(std::size_t bytes) {
  const std::size_t before = since_asked.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes < kAskAfter && before < kAskAfter) return;
  since_asked.store(0, std::memory_order_relaxed);
  const std::optional<std::uint64_t> available = available_memory();
  // An eighth is left to what else the process does.
  if (!available || bytes <= *available - *available / 8) return;
  throw Error(ErrorCode::kOutOfMemory,
              std::to_string(bytes) + " bytes are needed, more than the machine has left");
}

Allocator& system_memory() noexcept {
  static SystemMemory memory;
  return memory;
}

std::shared_ptr<Buffer> RunMemory::allocate(std::size_t bytes) {
  Charge charge(count_, bytes);
  if (pool_ != nullptr) return std::make_shared<Buffer>(bytes, *pool_, std::move(charge));
  check_machine_has(bytes);
  return std::make_shared<Buffer>(bytes, std::move(charge));
}

Charge RunMemory::charge(std::size_t bytes) { return {count_, bytes}; }

}  // namespace henson::runtime
