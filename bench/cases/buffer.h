// Memory of a case: random normal inputs that repeat from a seed, outputs between sentinels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace flm::bench {

/// Writes values first .. first + count of a fixed sequence of normal deviates, times `scale`.
/// `stream` picks where in the sequence; its period is a prime near 2^20, so that rows of a matrix
/// differ.
void fill_normal(float* out, std::int64_t count, std::uint64_t stream, float scale,
                 std::int64_t first = 0);

/// Value i of that sequence.
float normal_at(std::uint64_t stream, std::int64_t i, float scale);

/// fp32 memory with 64 sentinel values on each side.
class Buffer {
 public:
  explicit Buffer(std::int64_t count);
  float* data() { return memory_.get() + kGuard; }
  const float* data() const { return memory_.get() + kGuard; }
  std::int64_t size() const { return count_; }

  void fill(std::uint64_t stream, float scale);
  void poison();           // NaN
  bool unchanged() const;  // still what fill() wrote
  bool sentinels_intact() const;
  std::uint64_t stream() const { return stream_; }

 private:
  static constexpr std::int64_t kGuard = 64;
  struct Free {
    void operator()(float* p) const;
  };
  std::int64_t count_;
  std::unique_ptr<float[], Free> memory_;
  std::uint64_t stream_ = 0;
  float scale_ = 1;
};

}  // namespace flm::bench
