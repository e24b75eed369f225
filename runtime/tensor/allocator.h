// Where the bytes of tensors come from, passed to whatever makes one, and how they are counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

namespace henson::runtime {

class Buffer;
class BufferPool;

/// Bytes that are alive at once, against a limit. What counts in it may outlive whoever made it,
/// and may go on any thread.
class MemoryCount {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  /// `held` bytes count from the start. What is added counts in `whole` too, where there is one.
  /// `whose` is told in errors: a literal.
  explicit MemoryCount(std::size_t limit, std::size_t held = 0,
                       std::shared_ptr<MemoryCount> whole = nullptr, const char* whose = "a run")
      : limit_(limit), alive_(held), whole_(std::move(whole)), whose_(whose) {}

  std::size_t limit() const noexcept { return limit_; }
  std::size_t alive() const noexcept { return alive_.load(std::memory_order_relaxed); }
  /// Throws henson::Error (kOutOfMemory) when so many more would exceed the limit.
  void add(std::size_t bytes);
  void remove(std::size_t bytes) noexcept {
    alive_.fetch_sub(bytes, std::memory_order_relaxed);
    if (whole_) whole_->remove(bytes);
  }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> alive_;
  std::shared_ptr<MemoryCount> whole_;
  const char* whose_;
};

/// Bytes that count as alive while it lives.
class Charge {
 public:
  Charge() = default;
  /// Throws as MemoryCount::add does.
  Charge(std::shared_ptr<MemoryCount> count, std::size_t bytes)
      : count_(std::move(count)), bytes_(bytes) {
    if (count_) count_->add(bytes_);
  }
  ~Charge() {
    if (count_) count_->remove(bytes_);
  }
  Charge(Charge&& other) noexcept = default;  // a count moves away, and with it the charge
  Charge& operator=(Charge&& other) noexcept {
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

 private:
  std::shared_ptr<MemoryCount> count_;
  std::size_t bytes_ = 0;
};

/// Makes buffers.
class Allocator {
 public:
  Allocator() = default;
  virtual ~Allocator() = default;
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// Owned, uninitialized, aligned to a cache line. Throws henson::Error (kOutOfMemory) when a
  /// limit or the machine has no room for it.
  virtual std::shared_ptr<Buffer> allocate(std::size_t bytes) = 0;
  /// Counts what is no buffer, such as the many parts of a tensor. Throws likewise.
  virtual Charge charge(std::size_t bytes) = 0;
};

/// The system's memory: for what outlives a run, and where there is none. May be used concurrently.
Allocator& system_memory() noexcept;

/// Throws henson::Error (kOutOfMemory) when the machine has no room for so many bytes more. Small
/// amounts are added up, and the system is asked now and then: it would promise more than it has,
/// and end the process when that is used.
void check_machine_has(std::size_t bytes);

/// Memory of one run, counted: of a pool, or of the system where there is none. What is allocated
/// from the system may outlive the run; what is from the pool may not.
class RunMemory : public Allocator {
 public:
  explicit RunMemory(std::shared_ptr<MemoryCount> count, BufferPool* pool = nullptr)
      : count_(std::move(count)), pool_(pool) {}

  std::shared_ptr<Buffer> allocate(std::size_t bytes) override;
  Charge charge(std::size_t bytes) override;

 private:
  std::shared_ptr<MemoryCount> count_;
  BufferPool* pool_;
};

}  // namespace henson::runtime
