#include "engine/cuda/device_batch.h"

#include <algorithm>

#include "base/errors.h"
#include "engine/cuda/cuda_backend.h"

namespace flm {
namespace {

constexpr std::int64_t kWord = 4;
constexpr int kWidestQueryTile = 128;         // head dimensions above it leave room for fewer rows
constexpr std::int64_t kEnoughBlocks = 264;   // two for each multiprocessor of an H100
constexpr std::int64_t kTableStep = 1 << 14;  // bytes: tables of about the same size share a place

}  // namespace

void DeviceBatch::begin(const PackedBatch& batch) {
  batch_ = &batch;
  tiles_ = {};
  spans_ = 1;
  layout_.emplace(batch, 0);
  place();
}

void DeviceBatch::place() {
  std::vector<std::int32_t> host(layout_->words);
  write_tables(*batch_, tiles_, *layout_, host.data());
  const auto bytes = static_cast<std::int64_t>(host.size()) * kWord;
  const std::int64_t room = (bytes + kTableStep - 1) / kTableStep * kTableStep;
  tables_.reset();  // first, so that the pool can give the same block again
  tables_ = {pool_.acquire(room, stream_), [this](void* p) { pool_.release(p); }};
  copy_to_device(tables_.get(), host.data(), bytes, stream_);
}

/// Few rows to a path, as in decoding, go in narrow tiles; the bits are the same.
void DeviceBatch::cut(const AttentionShape& shape) {
  if (!tiles_.empty()) return;
  const int group = shape.heads / shape.kv_heads;
  FLM_CHECK(group <= cuda::kNarrowQueries, "more than 16 query heads to a key head");
  tiles_ = query_tiles(*batch_, cuda::kWideQueries / group);
  queries_ = cuda::kWideQueries;
  if (shape.head_dim > kWidestQueryTile ||
      tile_count() * cuda::kNarrowQueries > batch_->rows() * group) {
    tiles_ = query_tiles(*batch_, cuda::kNarrowQueries / group);
    queries_ = cuda::kNarrowQueries;
  }
  choose_spans(shape);
  layout_.emplace(*batch_, tiles_.size());
  place();
}

/// A block for each span where few queries meet many keys; the bits are the same.
void DeviceBatch::choose_spans(const AttentionShape& shape) {
  const std::vector<std::int32_t>& positions = batch_->positions;
  const int spans = *std::max_element(positions.begin(), positions.end()) / cuda::kSpanKeys + 1;
  const bool few =
      queries_ == cuda::kNarrowQueries && tile_count() * shape.kv_heads < kEnoughBlocks;
  const bool fits = batch_->rows() <= kMostDecodeRows &&
                    cuda::span_floats(spans, batch_->rows(), shape.heads, shape.head_dim) * kWord <=
                        kMostPartialBytes;
  spans_ = few && fits ? spans : 1;
}

cuda::RowPaths DeviceBatch::paths() const {
  return {positions(), words() + layout_->path_begin, words() + layout_->path_count, segments()};
}

const KvSegment* DeviceBatch::segments() const {
  return reinterpret_cast<const KvSegment*>(words() + layout_->segments);
}

const cuda::QueryTile* DeviceBatch::tiles() const {
  return reinterpret_cast<const cuda::QueryTile*>(words() + layout_->tiles);
}

}  // namespace flm
