// Weights on their way to the device: [rows, columns] row-major, bf16 or fp32, on a stream of their
// own: from page-locked memory that keeps them, else through a ring of it; what a rule makes is
// made on the device.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/cuda/locked_weights.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/parallel/workers.h"

namespace flm {

/// A weight in device memory; computation waits for `ready`.
class DeviceMatrix : public PackedWeight {
 public:
  DeviceMatrix(DevicePool& pool, CudaStream stream, std::int64_t rows, std::int64_t columns,
               std::int64_t element_bytes);
  /// The memory of another one, which outlives it.
  explicit DeviceMatrix(const DeviceMatrix& of);
  ~DeviceMatrix() override {
    if (pool_) pool_->release(memory_);
  }
  std::int64_t rows() const override { return rows_; }
  std::int64_t columns() const override { return columns_; }
  std::int64_t bytes() const override { return bytes_; }
  void* data() const { return memory_; }
  int device() const { return device_; }

  Event ready;
  mutable bool awaited = false;  // by the stream of computation

 private:
  DevicePool* pool_;  // null: the memory is another one's
  int device_;
  std::int64_t rows_, columns_, bytes_;
  void* memory_;
};

/// Any thread; uploads are one after the other, on a stream of their own: none waits for what is
/// computed meanwhile but for the memory that it takes over.
class WeightUpload {
 public:
  /// Slices with a name are kept in `locked`, where there is room.
  WeightUpload(DevicePool& pool, int device, bool bf16, std::shared_ptr<LockedWeights> locked,
               int threads)
      : pool_(pool),
        device_(device),
        bf16_(bf16),
        locked_(std::move(locked)),
        converters_(threads) {}
  ~WeightUpload() { stream_.settle(); }
  std::unique_ptr<DeviceMatrix> upload(std::span<const MatrixSlice> slices);
  /// Of a matrix on any device: in memory of the pool, or that memory itself.
  std::unique_ptr<DeviceMatrix> copy(const DeviceMatrix& from);
  std::unique_ptr<DeviceMatrix> borrow(const DeviceMatrix& from);
  /// There when a matrix that is uploaded later is ready.
  PackedVector upload(std::span<const float> vector);
  /// What comes on `stream` has every vector that was uploaded so far.
  void order_vectors(CudaStream stream);

 private:
  struct Chunk {
    std::unique_ptr<PinnedMemory> memory;
    Event sent;
  };
  /// Page-locked memory in turn, each part again when what it held has been sent.
  struct Ring {
    std::int64_t chunk_bytes;
    std::vector<Chunk> chunks;
    std::size_t turn = 0;
    Chunk& next(std::int64_t bytes);
  };

  void send(const MatrixSlice& slice, std::byte* to);
  void send_rows(const MatrixSlice& slice, std::byte* to);
  /// Rows from `begin` of the stored matrix on, as the device takes them.
  void convert_rows(const MatrixSlice& slice, std::int64_t begin, std::int64_t rows,
                    std::byte* out) const;
  /// The slice's bytes as the device takes them; null where there is no room to keep them.
  const PinnedMemory* pinned(const MatrixSlice& slice);

  DevicePool& pool_;
  const int device_;
  const bool bf16_;
  const std::shared_ptr<LockedWeights> locked_;
  const Workers converters_;
  std::set<int> reached_;  // devices
  std::mutex mutex_;
  Stream stream_;
  Ring matrices_{std::int64_t{16} << 20, std::vector<Chunk>(3)};
  Event vectors_sent_;
  Ring vectors_{std::int64_t{64} << 10, std::vector<Chunk>(8)};  // of a layer, at least
};

}  // namespace flm
