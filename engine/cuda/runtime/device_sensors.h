// Clocks and power of a GPU as NVML tells them; NVML is loaded where it is there.
#pragma once

#include <memory>
#include <string>

namespace flm {

struct SensorReading {
  double sm_mhz = 0, memory_mhz = 0, watts = 0, celsius = 0;
};

class DeviceSensors {
 public:
  /// Of a device of this process (as CUDA counts them). Null where NVML is missing or does not know
  /// it; `library` is its file name.
  static std::unique_ptr<DeviceSensors> open(int device, const char* library = kNvml);
  ~DeviceSensors();
  DeviceSensors(const DeviceSensors&) = delete;
  DeviceSensors& operator=(const DeviceSensors&) = delete;
  /// What the device does not tell is 0.
  SensorReading read() const;

 private:
  static constexpr char kNvml[] = "libnvidia-ml.so.1";
  struct Nvml;
  DeviceSensors(std::unique_ptr<Nvml> nvml, void* device);

  const std::unique_ptr<Nvml> nvml_;
  void* const device_;
};

}  // namespace flm
