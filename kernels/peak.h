// What the machine's multiply-adds could do at most.
#pragma once

#include "kernels/product.h"

namespace henson::kernels {

/// Gop/s on so many threads at once, a multiply-add counted as two, on the instruction set that is
/// active: of multiply-adds on registers, and for products of narrower numbers of tiles whose
/// operands lie in L1. Takes some 50 milliseconds; the best of several tries.
double measure_peak_gops(int threads, WeightType type = WeightType::kFloat32);

}  // namespace henson::kernels
