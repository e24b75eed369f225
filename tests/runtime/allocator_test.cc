#include "runtime/tensor/allocator.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "henson/error.h"
#include "runtime/tensor/buffer_pool.h"
#include "runtime/tensor/tensor.h"

namespace henson::runtime {
namespace {

Tensor floats(Allocator& memory, std::int64_t count) {
  return Tensor::empty(memory, DType::kFloat32, {count});
}

std::string refusal(Allocator& memory, Dims sizes) {
  try {
    Tensor::empty(memory, DType::kFloat32, std::move(sizes));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
    return error.message();
  }
  return "";
}

TEST(Allocator, CountsWhatIsAliveAgainstTheLimit) {
  const auto count = std::make_shared<MemoryCount>(1000);
  RunMemory memory(count);
  std::optional<Tensor> first = floats(memory, 100);
  EXPECT_EQ(count->alive(), 400u);
  EXPECT_EQ(refusal(memory, {10, 16}),
            "no memory for float32 [10, 16]: 640 bytes are needed, and 400 are in use of the 1000 "
            "that a run may have");
  EXPECT_EQ(count->alive(), 400u);  // what was refused does not count
  const Tensor view = first->with_view({100}, {0}, 0);
  first.reset();
  EXPECT_EQ(count->alive(), 400u);  // the view holds it
  const Tensor rest = floats(memory, 150);
  EXPECT_EQ(count->alive(), 1000u);
}

TEST(Allocator, PoolAndSystemCountTogether) {
  const auto count = std::make_shared<MemoryCount>(1000, 100);
  BufferPool pool;
  {
    RunMemory scratch(count, &pool);
    RunMemory lasting(count);
    const Tensor pooled = floats(scratch, 100);
    const Tensor kept = floats(lasting, 100);
    EXPECT_TRUE(pooled.buffer()->pooled());
    EXPECT_FALSE(kept.buffer()->pooled());
    EXPECT_EQ(count->alive(), 900u);
    const Charge parts = scratch.charge(100);
    EXPECT_NE(refusal(scratch, {1}), "");
    EXPECT_NE(refusal(lasting, {1}), "");
  }
  EXPECT_EQ(count->alive(), 100u);
}

TEST(Allocator, WhatOutlivesARunCountsInThatRunAlone) {
  std::optional<Tensor> output;
  {
    const auto count = std::make_shared<MemoryCount>(1000);
    RunMemory memory(count);
    output = floats(memory, 250);
  }
  const auto next = std::make_shared<MemoryCount>(1000);
  RunMemory memory(next);
  const Tensor second = floats(memory, 250);
  output.reset();
  EXPECT_EQ(next->alive(), 1000u);
}

TEST(Allocator, TheMachineIsAskedBeforeItIsOverrun) {
  EXPECT_NE(refusal(system_memory(), {std::int64_t{1} << 50}), "");
  EXPECT_THROW(system_memory().charge(std::size_t{1} << 60), Error);
  EXPECT_EQ(refusal(system_memory(), {1000}), "");
}

}  // namespace
}  // namespace henson::runtime
