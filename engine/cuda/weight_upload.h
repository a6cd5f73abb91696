// Weights on their way to the device: [rows, columns] row-major, bf16 or fp32, through a ring of
// page-locked memory on a stream of their own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "engine/backend.h"
#include "engine/cuda/device_pool.h"
#include "engine/cuda/runtime.h"

namespace flm {

/// A weight in device memory; computation waits for `ready`.
class DeviceMatrix : public PackedWeight {
 public:
  DeviceMatrix(DevicePool& pool, CudaStream stream, std::int64_t rows, std::int64_t columns,
               std::int64_t element_bytes);
  ~DeviceMatrix() override { pool_.release(memory_); }
  std::int64_t rows() const override { return rows_; }
  std::int64_t columns() const override { return columns_; }
  void* data() const { return memory_; }

  Event ready;
  mutable bool awaited = false;  // by the stream of computation

 private:
  DevicePool& pool_;
  std::int64_t rows_, columns_;
  void* memory_;
};

/// Any thread; uploads are one after the other.
class WeightUpload {
 public:
  WeightUpload(DevicePool& pool, int device, bool bf16)
      : pool_(pool), device_(device), bf16_(bf16) {}
  std::unique_ptr<DeviceMatrix> upload(std::span<const MatrixSlice> slices);

 private:
  struct Chunk {
    std::unique_ptr<PinnedMemory> memory;
    Event sent;
  };
  static constexpr std::int64_t kChunkBytes = std::int64_t{16} << 20;

  Chunk& next_chunk(std::int64_t bytes);
  void send_rows(const MatrixSlice& slice, std::byte* to);

  DevicePool& pool_;
  const int device_;
  const bool bf16_;
  std::mutex mutex_;
  Stream stream_;
  std::array<Chunk, 3> ring_;
  std::size_t turn_ = 0;
};

}  // namespace flm
