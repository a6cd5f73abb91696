// How fast a device multiplies when it does nothing else for seconds: at its power limit, warm.
#pragma once

#include <functional>

#include "engine/cuda/products/gemm_library.h"
#include "engine/cuda/runtime/device_sensors.h"

namespace flm {

struct SustainedSizes {
  double seconds = 3;           // at least
  std::int64_t product = 8192;  // rows, outputs and inputs, bf16
};
/// One stretch of about a quarter of a second.
struct SustainedStretch {
  double end = 0;    // seconds since the beginning
  double flops = 0;  // a second
  SensorReading sensors;
};
/// FLOPs a second over all of it, by the fastest algorithm of all; the device is never idle between
/// two stretches, and `sensors` (or null) are read while it works.
double sustained_flops(GemmLibrary& library, const SustainedSizes& sizes,
                       const DeviceSensors* sensors,
                       const std::function<void(const SustainedStretch&)>& tick);

}  // namespace flm
