// Runs a test of kernels once on each instruction set that the machine has.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/isa.h"

namespace henson::kernels {

/// Forces an instruction set; false when the machine has it not.
inline bool force_if_available(Isa isa) {
  for (const Isa available : available_isas()) {
    if (available != isa) continue;
    force_isa(isa);
    return true;
  }
  return false;
}

class IsaTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!force_if_available(GetParam())) {
      GTEST_SKIP() << "this machine has no " << name_of(GetParam());
    }
  }
  void TearDown() override { force_isa(available_isas().back()); }
};

}  // namespace henson::kernels

#define HENSON_ON_ALL_ISAS(fixture)                                           \
  INSTANTIATE_TEST_SUITE_P(, fixture, testing::ValuesIn(all_isas()),          \
                           [](const testing::TestParamInfo<Isa>& parameter) { \
                             return std::string(name_of(parameter.param));    \
                           })
