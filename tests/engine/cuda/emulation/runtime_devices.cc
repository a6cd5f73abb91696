// The calls of the runtime about devices, functions and errors.
#include <cstdio>
#include <mutex>
#include <utility>

#include "tests/engine/cuda/emulation/block.h"
#include "tests/engine/cuda/emulation/cuda_runtime_api.h"
#include "tests/engine/cuda/emulation/emulated_device.h"
#include "tests/engine/cuda/emulation/kernel_name.h"

using namespace flm::emulation;

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    default:
      return "invalid argument";
  }
}
const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
cudaError_t cudaGetLastError() {
  const std::lock_guard lock(device().mutex);
  const cudaError_t last = take_last_error();
  return device().fault != cudaSuccess ? device().fault : last;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = device().major;
  return cudaSuccess;
}
cudaError_t cudaFuncGetName(const char** name, const void* function) {
  *name = function_name(function);
  return told(*name ? cudaSuccess : cudaErrorInvalidDeviceFunction);
}
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute, int value) {
  const std::lock_guard lock(device().mutex);
  if (value > kBlockShared) return told(cudaErrorInvalidValue);
  device().shared_bytes[function] = value;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = device().count;
  return told(*count > 0 ? cudaSuccess : cudaErrorNoDevice);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int ordinal) {
  if (ordinal >= device().count) return told(cudaErrorInvalidDevice);
  *properties = {"emulated device",
                 device().major,
                 0,
                 4,
                 static_cast<std::size_t>(device().capacity),
                 static_cast<std::size_t>(kBlockShared)};
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int ordinal) {
  if (ordinal < 0 || ordinal >= device().count) return told(cudaErrorInvalidDevice);
  current_device() = ordinal;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* ordinal) {
  *ordinal = current_device();
  return cudaSuccess;
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int ordinal, int peer) {
  if (ordinal >= device().count || peer >= device().count) return told(cudaErrorInvalidDevice);
  *can = ordinal != peer && device().peer_access;
  return cudaSuccess;
}
/// Of the calling thread's device; a second time is an error, as a driver has it.
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned) {
  const std::lock_guard lock(device().mutex);
  if (peer >= device().count || peer == current_device() || !device().peer_access)
    return told(cudaErrorInvalidDevice);
  const bool anew = device().peers.insert({current_device(), peer}).second;
  return told(anew ? cudaSuccess : cudaErrorPeerAccessAlreadyEnabled);
}
cudaError_t cudaDeviceGetPCIBusId(char* bus_id, int bytes, int ordinal) {
  if (ordinal >= device().count) return told(cudaErrorInvalidDevice);
  std::snprintf(bus_id, static_cast<std::size_t>(bytes), "0000:00:%02x.0", ordinal);
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
