// What the machine's multiply-adds could do at most.
#pragma once

namespace henson::kernels {

/// Gop/s of float32 on so many threads at once, a multiply-add counted as two, on the instruction
/// set that is active. Takes some 50 milliseconds; the best of several tries.
double measure_peak_gops(int threads);

}  // namespace henson::kernels
