// What the host learns of logits that lie on the device.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm {

/// The logits are [rows, width], in the order of the stream; every call returns with its results on
/// the host. One thread at a time, that of the backend, whose functions of these names these are.
class DeviceLogits {
 public:
  /// `await` waits for the stream and throws what went wrong on it.
  DeviceLogits(const Stream& stream, DevicePool& pool, std::function<void()> await)
      : stream_(stream), pool_(pool), await_(std::move(await)) {}

  void softmax_stats(const float* logits, std::int64_t rows, std::int64_t width,
                     SoftmaxStats* stats) const;
  void largest_of_rows(const float* logits, std::int64_t rows, std::int64_t width,
                       RankedLogit* largest) const;
  void exp_sums(const float* logits, std::int64_t rows, std::int64_t width, const float* largest,
                float* sums) const;
  void pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
            float* values) const;
  std::vector<RankedLogit> largest(const float* logits, std::int64_t width,
                                   std::span<const std::int32_t> counts) const;
  /// What keeps more candidates than the device does is drawn by the host from that row alone.
  void sample(const float* logits, std::int64_t width, std::span<const SampleQuery> queries,
              SampledToken* tokens) const;

 private:
  /// host[0 .. count) = memory, after all that the stream was given.
  template <class T>
  void fetch(const T* memory, std::int64_t count, T* host) const;
  template <class T>
  Scratch on_device(std::span<const T> host) const {
    return Scratch(pool_, stream_, host.data(), static_cast<std::int64_t>(host.size_bytes()));
  }
  template <class T>
  Scratch room_for(std::int64_t count) const {
    return Scratch(pool_, stream_, count * static_cast<std::int64_t>(sizeof(T)));
  }

  const Stream& stream_;
  DevicePool& pool_;
  const std::function<void()> await_;
};

}  // namespace flm
