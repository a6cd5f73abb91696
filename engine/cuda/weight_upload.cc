#include "engine/cuda/weight_upload.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/errors.h"
#include "engine/cuda/kernels/kernels.h"

namespace flm {
namespace {

constexpr std::int64_t kRun = 1024;                      // values that are widened at a time
constexpr std::int64_t kPart = std::int64_t{256} << 10;  // bytes that one thread converts at a time

std::uint16_t rounded_to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return 0x7FFF;
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

/// `count` elements from `begin` on, as bf16 or fp32.
void convert(const TensorView& view, std::int64_t begin, std::int64_t count, bool bf16,
             std::byte* out) {
  if (bf16 && view.dtype == DType::kBF16) {
    std::memcpy(out, view.data + begin * 2, static_cast<std::size_t>(count) * 2);
    return;
  }
  if (!bf16) return widen(view, begin, count, reinterpret_cast<float*>(out));
  float wide[kRun];
  auto* to = reinterpret_cast<std::uint16_t*>(out);
  for (std::int64_t done = 0; done < count; done += kRun) {
    const std::int64_t run = std::min(kRun, count - done);
    widen(view, begin + done, run, wide);
    std::transform(wide, wide + run, to + done, rounded_to_bf16);
  }
}

}  // namespace

DeviceMatrix::DeviceMatrix(DevicePool& pool, CudaStream stream, std::int64_t rows,
                           std::int64_t columns, std::int64_t element_bytes)
    : pool_(&pool),
      device_(pool.device()),
      rows_(rows),
      columns_(columns),
      bytes_(rows * columns * element_bytes),
      memory_(pool.acquire(bytes_, stream)) {}

DeviceMatrix::DeviceMatrix(const DeviceMatrix& of)
    : pool_(nullptr),
      device_(of.device_),
      rows_(of.rows_),
      columns_(of.columns_),
      bytes_(of.bytes_),
      memory_(of.memory_) {}

std::unique_ptr<DeviceMatrix> WeightUpload::copy(const DeviceMatrix& from) {
  const std::lock_guard lock(mutex_);
  use_device(device_);
  auto matrix = std::make_unique<DeviceMatrix>(pool_, stream_, from.rows(), from.columns(),
                                               from.bytes() / (from.rows() * from.columns()));
  if (reached_.insert(from.device()).second) reach_peer(from.device());
  from.ready.order(stream_);
  copy_within_device(matrix->data(), from.data(), from.bytes(), stream_);
  matrix->ready.record(stream_);
  return matrix;
}

std::unique_ptr<DeviceMatrix> WeightUpload::borrow(const DeviceMatrix& from) {
  const std::lock_guard lock(mutex_);
  use_device(device_);
  auto matrix = std::make_unique<DeviceMatrix>(from);
  from.ready.order(stream_);
  matrix->ready.record(stream_);
  return matrix;
}

std::unique_ptr<DeviceMatrix> WeightUpload::upload(std::span<const MatrixSlice> slices) {
  const std::lock_guard lock(mutex_);
  use_device(device_);  // a thread that prefetches has none yet
  std::int64_t rows = 0;
  const std::int64_t columns = slices[0].column_end - slices[0].column_begin;
  for (const MatrixSlice& slice : slices) {
    FLM_CHECK(slice.column_end - slice.column_begin == columns,
              "stacked weights of different widths");
    rows += slice.row_end - slice.row_begin;
  }
  const std::int64_t element = bf16_ ? 2 : 4;
  auto matrix = std::make_unique<DeviceMatrix>(pool_, stream_, rows, columns, element);
  auto* to = static_cast<std::byte*>(matrix->data());
  for (const MatrixSlice& slice : slices) {
    send(slice, to);
    to += (slice.row_end - slice.row_begin) * columns * element;
  }
  matrix->ready.record(stream_);
  return matrix;
}

/// From page-locked memory: a copy from elsewhere may wait for all that is on a stream.
PackedVector WeightUpload::upload(std::span<const float> vector) {
  const auto size = static_cast<std::int64_t>(vector.size()), bytes = size * 4;
  if (size == 0) return {};
  const std::lock_guard lock(mutex_);
  use_device(device_);  // a thread that prefetches has none yet
  auto* memory = static_cast<float*>(pool_.acquire(bytes, stream_));
  PackedVector packed{{memory, [this](const float* p) { pool_.release(const_cast<float*>(p)); }},
                      size};
  Chunk& chunk = vectors_.next(bytes);
  std::memcpy(chunk.memory->data(), vector.data(), vector.size_bytes());
  copy_to_device(memory, chunk.memory->data(), bytes, stream_);
  chunk.sent.record(stream_);
  vectors_sent_.record(stream_);
  return packed;
}

void WeightUpload::order_vectors(CudaStream stream) {
  const std::lock_guard lock(mutex_);
  vectors_sent_.order(stream);
}

void WeightUpload::send(const MatrixSlice& slice, std::byte* to) {
  if (slice.rule)
    return cuda::counter_weights(stream_,
                                 {slice.rule->key, slice.rule->exponent, slice.source.view.shape[1],
                                  slice.row_begin, slice.row_end - slice.row_begin,
                                  slice.column_begin, slice.column_end - slice.column_begin},
                                 bf16_, to);
  if (const PinnedMemory* kept = pinned(slice))
    copy_to_device(to, kept->data(), kept->bytes(), stream_);
  else
    send_rows(slice, to);
}

const PinnedMemory* WeightUpload::pinned(const MatrixSlice& slice) {
  if (slice.name.empty() || !locked_) return nullptr;
  const std::int64_t rows = slice.row_end - slice.row_begin,
                     columns = slice.column_end - slice.column_begin;
  return locked_->find(
      {slice.name, slice.row_begin, slice.row_end, slice.column_begin, slice.column_end},
      rows * columns * (bf16_ ? 2 : 4),
      [&](std::byte* out) { convert_rows(slice, slice.row_begin, rows, out); });
}

/// By several threads, which share the page faults of a mapped file too.
void WeightUpload::convert_rows(const MatrixSlice& slice, std::int64_t begin, std::int64_t rows,
                                std::byte* out) const {
  const TensorView& view = slice.source.view;
  const std::int64_t columns = slice.column_end - slice.column_begin,
                     row_bytes = columns * (bf16_ ? 2 : 4);
  slice.source.took(rows * columns);
  converters_.spread(rows, std::max<std::int64_t>(1, kPart / row_bytes), [&](std::int64_t r) {
    convert(view, (begin + r) * view.shape[1] + slice.column_begin, columns, bf16_,
            out + r * row_bytes);
  });
}

WeightUpload::Chunk& WeightUpload::Ring::next(std::int64_t bytes) {
  Chunk& chunk = chunks[turn++ % chunks.size()];
  if (chunk.memory) chunk.sent.wait();
  if (!chunk.memory || chunk.memory->bytes() < bytes)
    chunk.memory = PinnedMemory::of(std::max(bytes, chunk_bytes));
  return chunk;
}

void WeightUpload::send_rows(const MatrixSlice& slice, std::byte* to) {
  const std::int64_t columns = slice.column_end - slice.column_begin;
  const std::int64_t row_bytes = columns * (bf16_ ? 2 : 4);
  const std::int64_t most = std::max<std::int64_t>(1, matrices_.chunk_bytes / row_bytes);
  for (std::int64_t row = slice.row_begin; row < slice.row_end;) {
    const std::int64_t rows = std::min(most, slice.row_end - row);
    Chunk& chunk = matrices_.next(rows * row_bytes);
    convert_rows(slice, row, rows, chunk.memory->data());
    copy_to_device(to, chunk.memory->data(), rows * row_bytes, stream_);
    chunk.sent.record(stream_);
    to += rows * row_bytes;
    row += rows;
  }
}

}  // namespace flm
