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

struct Kernels;

/// Whether products of bf16 operands take longer than fp32 ones with these kernels: both are timed
/// for some hundred microseconds, and a tenth more counts.
bool bf16_is_slower(const Kernels& kernels);

}  // namespace flm
