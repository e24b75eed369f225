// Runs a test of kernels once on each instruction set that the machine has.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/isa.h"

namespace henson::kernels {

class IsaTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    bool available = false;
    for (const Isa isa : available_isas()) available = available || isa == GetParam();
    if (!available) GTEST_SKIP() << "this machine has no " << name_of(GetParam());
    force_isa(GetParam());
  }
  void TearDown() override { force_isa(available_isas().back()); }
};

}  // namespace henson::kernels

#define HENSON_ON_ALL_ISAS(fixture)                                                               \
  INSTANTIATE_TEST_SUITE_P(, fixture,                                                             \
                           testing::Values(Isa::kBaseline, Isa::kSse4, Isa::kAvx2, Isa::kAvx512), \
                           [](const testing::TestParamInfo<Isa>& parameter) {                     \
                             return std::string(name_of(parameter.param));                        \
                           })
