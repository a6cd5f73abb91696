// What a GPU does in a second: as it was measured here, else by the maker's data sheet.
#pragma once

#include <string>

#include "engine/cuda/cuda_device.h"

namespace flm {

/// What a device reached in a second when it was measured; 0: not measured yet.
struct KeptCeilings {
  double bf16_flops = 0, fp32_flops = 0;  // of large products
  double host_to_device_bytes = 0;        // from page-locked memory
};
/// $XDG_CACHE_HOME/flmeval/ceilings/DEVICE.json, by default below ~/.cache. Whatever goes wrong
/// reads as "not measured".
KeptCeilings kept_ceilings(const std::string& device);
/// Puts what is above 0 over what is kept; a disk that cannot be written keeps nothing.
void keep_ceilings(const std::string& device, const KeptCeilings& measured);

/// What a scoring pass can expect.
struct DeviceSpeed {
  double flops = 0;                 // in a second
  double nominal_flops = 0;         // by the data sheet alone
  double host_to_device_bytes = 0;  // in a second
  std::string basis;                // where the figures are from, for people
};
DeviceSpeed expected_device_speed(const CudaDevice& device, bool bf16);

}  // namespace flm
