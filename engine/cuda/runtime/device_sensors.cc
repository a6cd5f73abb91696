#include "engine/cuda/runtime/device_sensors.h"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <utility>

namespace flm {

/// The calls that are made, by the names and numbers of nvml.h (NVML API Reference Guide), which no
/// toolkit need have.
struct DeviceSensors::Nvml {
  static constexpr unsigned kSmClock = 1, kMemoryClock = 2;  // nvmlClockType_t
  static constexpr unsigned kGpuTemperature = 0;             // nvmlTemperatureSensors_t

  int (*init)();
  int (*shutdown)();
  int (*find)(const char* bus_id, void** device);
  int (*clock)(void* device, unsigned type, unsigned* mhz);
  int (*power)(void* device, unsigned* milliwatts);
  int (*temperature)(void* device, unsigned sensor, unsigned* celsius);
};

namespace {

template <class F>
bool resolve(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

std::unique_ptr<DeviceSensors> DeviceSensors::open(int device, const char* name) {
  char bus_id[32] = {};
  if (cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, device) != cudaSuccess) {
    (void)cudaGetLastError();
    return nullptr;
  }
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);  // kept, as every library of the process
  if (!library) return nullptr;
  auto nvml = std::make_unique<Nvml>();
  const bool complete = resolve(library, "nvmlInit_v2", nvml->init) &&
                        resolve(library, "nvmlShutdown", nvml->shutdown) &&
                        resolve(library, "nvmlDeviceGetHandleByPciBusId_v2", nvml->find) &&
                        resolve(library, "nvmlDeviceGetClockInfo", nvml->clock) &&
                        resolve(library, "nvmlDeviceGetPowerUsage", nvml->power) &&
                        resolve(library, "nvmlDeviceGetTemperature", nvml->temperature);
  if (!complete || nvml->init() != 0) return nullptr;
  void* handle = nullptr;
  if (nvml->find(bus_id, &handle) != 0) {
    nvml->shutdown();
    return nullptr;
  }
  return std::unique_ptr<DeviceSensors>(new DeviceSensors(std::move(nvml), handle));
}

DeviceSensors::DeviceSensors(std::unique_ptr<Nvml> nvml, void* device)
    : nvml_(std::move(nvml)), device_(device) {}
DeviceSensors::~DeviceSensors() { nvml_->shutdown(); }

SensorReading DeviceSensors::read() const {
  unsigned sm = 0, memory = 0, milliwatts = 0, celsius = 0;
  if (nvml_->clock(device_, Nvml::kSmClock, &sm) != 0) sm = 0;
  if (nvml_->clock(device_, Nvml::kMemoryClock, &memory) != 0) memory = 0;
  if (nvml_->power(device_, &milliwatts) != 0) milliwatts = 0;
  if (nvml_->temperature(device_, Nvml::kGpuTemperature, &celsius) != 0) celsius = 0;
  return {static_cast<double>(sm), static_cast<double>(memory), milliwatts / 1e3,
          static_cast<double>(celsius)};
}

}  // namespace flm
