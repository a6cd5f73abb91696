// Weights on their way to the device: [rows, columns] row-major, bf16 or fp32, on a stream of their
// own: from page-locked memory that keeps them, else through a ring of it; what a rule makes is
// made on the device.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <tuple>

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
  /// Slices with a name are kept page-locked, as the device takes them, while `pinned_bytes` last.
  WeightUpload(DevicePool& pool, int device, bool bf16, std::int64_t pinned_bytes)
      : pool_(pool), device_(device), bf16_(bf16), pinned_left_(pinned_bytes) {}
  ~WeightUpload() { stream_.settle(); }
  std::unique_ptr<DeviceMatrix> upload(std::span<const MatrixSlice> slices);

 private:
  struct Chunk {
    std::unique_ptr<PinnedMemory> memory;
    Event sent;
  };
  static constexpr std::int64_t kChunkBytes = std::int64_t{16} << 20;

  Chunk& next_chunk(std::int64_t bytes);
  void send(const MatrixSlice& slice, std::byte* to);
  void send_rows(const MatrixSlice& slice, std::byte* to);
  /// The slice's bytes as the device takes them; null where there is no room to keep them.
  const PinnedMemory* pinned(const MatrixSlice& slice);

  DevicePool& pool_;
  const int device_;
  const bool bf16_;
  std::int64_t pinned_left_;
  using SliceKey = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
  std::map<SliceKey, std::unique_ptr<PinnedMemory>> pinned_;
  std::mutex mutex_;
  Stream stream_;
  std::array<Chunk, 3> ring_;
  std::size_t turn_ = 0;
};

}  // namespace flm
