// Weights as the device gets them: every type of source and operand, odd shapes, any number of
// threads.
#include "engine/cuda/weight_upload.h"

#include <tbb/global_control.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "engine/cuda/locked_weights.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

/// Of the two bf16 numbers around x the nearer, of equally near ones the even.
std::uint16_t nearest_bf16(float x) {
  const std::uint32_t below = std::bit_cast<std::uint32_t>(x) & 0xFFFF0000u,
                      above = below + 0x10000;
  const double low = std::bit_cast<float>(below), high = std::bit_cast<float>(above);
  const double to_low = std::abs(x - low), to_high = std::abs(high - x);
  const bool up = to_high < to_low || (to_high == to_low && (below >> 16) % 2 == 1);
  return static_cast<std::uint16_t>((up ? above : below) >> 16);
}

/// Half precision of a number that has one exactly: |x| in [2^-14, 2).
std::uint16_t exact_half(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const int exponent = static_cast<int>(bits >> 23 & 255) - 127;
  return static_cast<std::uint16_t>((bits >> 16 & 0x8000) |
                                    static_cast<std::uint32_t>(exponent + 15) << 10 |
                                    (bits >> 13 & 1023));
}

/// A stored matrix, and its values as floats.
struct Source {
  std::vector<float> values;
  std::shared_ptr<std::vector<std::byte>> bytes = std::make_shared<std::vector<std::byte>>();
  WeightTable::Loaded loaded;
};

/// Values with as many significant bits as the type holds, so that all but bf16 must be rounded.
Source source_of(DType dtype, std::int64_t rows, std::int64_t columns) {
  std::mt19937 random(11);
  Source source;
  const int bits = dtype == DType::kF32 ? 23 : dtype == DType::kF16 ? 10 : 7;
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    const auto fraction = static_cast<float>(random() >> (32 - bits)) * std::ldexp(1.0f, -bits);
    const float value = std::ldexp(1 + fraction, -static_cast<int>(random() % 12));
    source.values.push_back(random() % 2 ? value : -value);
  }
  for (const float value : source.values) {
    std::byte raw[4];
    std::memcpy(raw, &value, 4);
    const std::uint16_t half = exact_half(value);
    if (dtype == DType::kF16) std::memcpy(raw, &half, 2);
    const std::byte* first = dtype == DType::kBF16 ? raw + 2 : raw;
    source.bytes->insert(source.bytes->end(), first, first + bytes_of(dtype));
  }
  source.loaded = {{dtype, {rows, columns}, source.bytes->data()}, source.bytes};
  return source;
}

/// What lies on the device after the upload of some slices, stacked.
std::vector<std::byte> uploaded(std::span<const MatrixSlice> slices, bool bf16, bool kept,
                                int threads) {
  use_device(0);
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kOtherStreams);
  WeightUpload upload(pool, 0, bf16,
                      std::make_shared<LockedWeights>(kept ? std::int64_t{1} << 30 : 0), threads);
  std::vector<std::byte> found;
  for (int time = 0; time < 2; ++time) {  // kept ones come from page-locked memory from now on
    const auto matrix = upload.upload(slices);
    matrix->ready.order(stream);
    found.resize(static_cast<std::size_t>(matrix->rows() * matrix->columns() * (bf16 ? 2 : 4)));
    copy_to_host(found.data(), matrix->data(), static_cast<std::int64_t>(found.size()), stream);
    stream.wait();
  }
  return found;
}

void expect_right(std::int64_t rows, std::int64_t columns, DType dtype, bool bf16,
                  std::initializer_list<bool> keeping) {
  // As many as are asked for, on whichever machine.
  const tbb::global_control workers(tbb::global_control::max_allowed_parallelism, 5);
  const Source source = source_of(dtype, rows, columns);
  // Two parts of the rows and an inner part of the columns, stacked the other way round.
  const std::int64_t cut = rows / 3, left = columns / 5, right = columns - columns / 7;
  const std::vector<MatrixSlice> slices = {{source.loaded, cut, rows, left, right, "w"},
                                           {source.loaded, 0, cut, left, right, "w"}};
  std::vector<std::byte> expected;
  for (const MatrixSlice& slice : slices)
    for (std::int64_t r = slice.row_begin; r < slice.row_end; ++r)
      for (std::int64_t c = left; c < right; ++c) {
        const float value = source.values[static_cast<std::size_t>(r * columns + c)];
        const std::uint16_t narrow = nearest_bf16(value);
        const auto* raw = bf16 ? reinterpret_cast<const std::byte*>(&narrow)
                               : reinterpret_cast<const std::byte*>(&value);
        expected.insert(expected.end(), raw, raw + (bf16 ? 2 : 4));
      }
  for (bool kept : keeping)
    for (int threads : {1, 5})
      EXPECT_TRUE(expected == uploaded(slices, bf16, kept, threads))
          << rows << " x " << columns << " " << name_of(dtype) << " bf16 " << bf16 << " kept "
          << kept << " threads " << threads;
}

TEST(WeightUploads, GiveEveryTypesBytesWithAnyNumberOfThreads) {
  FLM_NEED_DEVICE();
  for (const auto& [rows, columns] : {std::pair{3, 8}, {37, 101}, {301, 1031}, {5, 2055}})
    for (const DType dtype : {DType::kBF16, DType::kF16, DType::kF32})
      for (bool bf16 : {false, true}) expect_right(rows, columns, dtype, bf16, {false, true});
}

/// More than the ring holds, in parts that no chunk ends with.
TEST(WeightUploads, GoThroughTheRingMoreThanOnce) {
  FLM_NEED_DEVICE();
  expect_right(2703, 9001, DType::kBF16, false, {false});
}

}  // namespace
}  // namespace flm::test
