#include "engine/cuda/gemm_trial.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>

#include "base/clock.h"
#include "engine/cuda/kernels.h"

namespace flm {
namespace {

constexpr int kRuns = 10;
constexpr std::int64_t kCompared = 257;  // rows at the beginning and at the end of many
constexpr std::int64_t kFewer[] = {1, 2, 7, 16, 33, 64, 129};
// Of the first of them, within the compared rows: multiples of 8, so that it stays aligned.
constexpr std::int64_t kPlaces[] = {0, 64, 120};

}  // namespace

GemmTrial::GemmTrial(GemmLibrary& library, const GemmShape& shape, std::int64_t rows,
                     const Stream& stream)
    : library_(library),
      shape_(shape),
      rows_(rows),
      stream_(stream),
      pool_(stream, DevicePool::Takers::kSameStream),
      a_(pool_, stream_, random_rows(rows).data(), rows * shape.k * element_bytes()),
      weight_(pool_, stream_, shape.n * shape.k * element_bytes()),
      c_(pool_, stream_, rows * shape.n * 4) {
  cuda::counter_weights(stream_, {2, -13, shape.k, 0, shape.n, 0, shape.k}, shape.bf16,
                        weight_.as<void>());
}

GemmTrial::~GemmTrial() { stream_.settle(); }

/// Values of every magnitude below 1: sums of small integers would be exact in any order.
std::vector<std::byte> GemmTrial::random_rows(std::int64_t rows) const {
  std::mt19937 generator(1);
  const auto count = static_cast<std::size_t>(rows * shape_.k);
  const std::size_t size = shape_.bf16 ? 2 : 4;
  std::vector<std::byte> host(count * size);
  for (std::size_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(generator()) * 0x1p-31f - 1.0f;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t kept = shape_.bf16 ? bits >> 16 : bits;
    std::memcpy(host.data() + i * size, &kept, size);  // little-endian, as the device
  }
  return host;
}

GemmCall GemmTrial::call(std::int64_t rows, std::int64_t first) const {
  const auto* a = a_.as<std::byte>() + first * shape_.k * element_bytes();
  return {a,    shape_.k, weight_.as<void>(), c_.as<float>(), shape_.n,
          rows, shape_.n, shape_.k,           shape_.bf16};
}

bool GemmTrial::supports(const AlgorithmSettings& settings, std::int64_t rows) {
  return library_.supports(settings, call(rows));
}

double GemmTrial::seconds_of(const AlgorithmSettings& settings, std::int64_t calls,
                             std::int64_t rows, std::int64_t workspace_bytes) {
  GemmWorkspace workspace{nullptr, workspace_bytes};
  if (workspace_bytes > 0) workspace.memory = pool_.acquire(workspace_bytes, stream_);
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    stream_.wait();
    const double begin = monotonic_seconds();
    for (std::int64_t i = 0; i < calls; ++i) library_.run(settings, call(rows), stream_, workspace);
    stream_.wait();
    const double seconds = monotonic_seconds() - begin;
    best = run == 0 ? seconds : std::min(best, seconds);
  }
  if (workspace.memory) pool_.release(workspace.memory);
  return best;
}

double GemmTrial::seconds(const AlgorithmSettings& settings, std::int64_t workspace_bytes) {
  return seconds_of(settings, 1, rows_, workspace_bytes);
}

/// Several calls at a time: one takes little more than its launch.
double GemmTrial::decode_seconds(const AlgorithmSettings& settings) {
  constexpr std::int64_t kCalls = 16;
  return seconds_of(settings, kCalls, kDecodedRows, 0) / static_cast<double>(kCalls);
}

double GemmTrial::padded_seconds(const AlgorithmSettings& settings, std::int64_t rows) {
  return seconds_of(settings, (rows + kPaddedRows - 1) / kPaddedRows, kPaddedRows, 0);
}

/// Rows [first, first + rows) in one call.
std::vector<float> GemmTrial::rows_of(const AlgorithmSettings& settings, std::int64_t first,
                                      std::int64_t rows) {
  library_.run(settings, call(rows, first), stream_, {});
  return output(0, rows);
}

std::vector<float> GemmTrial::output(std::int64_t first, std::int64_t rows) {
  std::vector<float> out(static_cast<std::size_t>(rows * shape_.n));
  copy_to_host(out.data(), c_.as<float>() + first * shape_.n, rows * shape_.n * 4, stream_);
  stream_.wait();
  return out;
}

bool GemmTrial::independent_of_place(const AlgorithmSettings& settings) {
  const std::vector<float> all = rows_of(settings, 0, kPaddedRows);
  for (const std::int64_t first : kPlaces) {
    const std::vector<float> moved = rows_of(settings, first, kPaddedRows);
    const std::int64_t common = (kPaddedRows - first) * shape_.n;
    if (std::memcmp(moved.data(), all.data() + first * shape_.n,
                    static_cast<std::size_t>(common) * sizeof(float)) != 0)
      return false;
  }
  return true;
}

bool GemmTrial::independent(const AlgorithmSettings& settings) {
  for (const std::int64_t rows : kFewer)
    if (!supports(settings, rows)) return false;
  return independent_from(settings, 0) &&
         independent_from(settings, (rows_ - kCompared) / 8 * 8);  // aligned as well
}

bool GemmTrial::independent_from(const AlgorithmSettings& settings, std::int64_t begin) {
  library_.run(settings, call(rows_), stream_, {});
  const std::vector<float> all = output(begin, kCompared);
  for (const std::int64_t rows : kFewer)
    for (const std::int64_t first : kPlaces) {
      const std::vector<float> few = rows_of(settings, begin + first, rows);
      const float* same = all.data() + first * shape_.n;
      if (std::memcmp(few.data(), same, few.size() * sizeof(float)) != 0) return false;
    }
  return true;
}

}  // namespace flm
