// How fast this machine can compute, for expected times and the length of a batch.
#pragma once

#include <string>

namespace flm {

/// Floating-point operations a second that one thread of a scoring run can be expected to do: a
/// share of the fused multiply-adds measured for some milliseconds. Differs a little from call to
/// call.
double measured_flops_per_thread(const std::string& isa);

/// The same by rule of thumb: batches are cut by it, so that the same requests are cut the same way
/// in every process on a machine.
double nominal_flops_per_thread(const std::string& isa);

}  // namespace flm
