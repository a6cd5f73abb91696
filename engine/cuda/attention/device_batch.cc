#include "engine/cuda/attention/device_batch.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::int64_t kWord = 4;
constexpr std::int64_t kEnoughBlocks = 264;   // two for each multiprocessor of an H100
constexpr std::int64_t kTableStep = 1 << 14;  // bytes: tables of about the same size share a place

}  // namespace

void DeviceBatch::begin(const PackedBatch& batch) {
  batch_ = &batch;
  tiles_ = shared_ = {};
  spans_ = 0;
  layout_.emplace(batch, 0, 0);
  place();
}

void DeviceBatch::place() {
  std::vector<std::int32_t> host(layout_->words);
  write_tables(*batch_, tiles_, shared_, *layout_, host.data());
  const auto bytes = static_cast<std::int64_t>(host.size()) * kWord;
  const std::int64_t room = (bytes + kTableStep - 1) / kTableStep * kTableStep;
  tables_.reset();  // first, so that the pool can give the same block again
  tables_ = {pool_.acquire(room, stream_), [this](void* p) { pool_.release(p); }};
  copy_to_device(tables_.get(), host.data(), bytes, stream_);
}

void DeviceBatch::cut(const AttentionShape& shape) {
  if (!tiles_.empty()) return;
  const int group = shape.heads / shape.kv_heads;
  FLM_CHECK(group <= cuda::kNarrowQueries, "more than 16 query heads to a key head");
  choose_tiles(shape.head_dim, group);
  choose_spans(shape, group);
  order_longest_first(tiles_);
  layout_.emplace(*batch_, tiles_.size(), shared_.size());
  place();
}

/// The width that takes least; the bits are the same. A query of a narrower tile costs more, for
/// fewer share a key: a warp's instructions for a query and a tile of 64 keys are 38, 46 and 111
/// (sm_90a, heads of 128).
void DeviceBatch::choose_tiles(int head_dim, int group) {
  struct Width {
    int queries, cost;
  };
  const Width widths[] = {
      {cuda::kNarrowQueries, 9}, {cuda::kMediumQueries, 4}, {cuda::kWideQueries, 3}};
  std::int64_t least = 0;
  for (const auto& [queries, cost] : widths) {
    if (queries > cuda::kNarrowQueries &&
        (head_dim > cuda::kWidestHead ||
         cuda::attention_shared_bytes(head_dim, queries) > shared_bytes_))
      continue;
    std::vector<cuda::QueryTile> tiles = query_tiles(*batch_, queries / group);
    const std::int64_t all = static_cast<std::int64_t>(tiles.size()) * queries * cost;
    if (least > 0 && all >= least) continue;
    least = all;
    tiles_ = std::move(tiles);
    queries_ = queries;
  }
}

/// A block for each span where few queries meet many keys, or where rows of different paths share
/// their first keys; the bits are the same.
void DeviceBatch::choose_spans(const AttentionShape& shape, int group) {
  const std::vector<std::int32_t>& positions = batch_->positions;
  const int spans = *std::max_element(positions.begin(), positions.end()) / cuda::kSpanKeys + 1;
  const bool fits = batch_->rows() <= kMostDecodeRows &&
                    cuda::span_floats(spans, batch_->rows(), shape.heads, shape.head_dim) * kWord <=
                        kMostPartialBytes;
  if (queries_ != cuda::kNarrowQueries || !fits) return;
  const auto blocks = static_cast<std::int64_t>(tiles_.size()) * shape.kv_heads;
  shared_ = shared_tiles(*batch_, cuda::kNarrowQueries / group, tiles_);
  if (!shared_.empty() || (spans > 1 && blocks < kEnoughBlocks)) spans_ = spans;
}

cuda::QueryTiles DeviceBatch::tiles() const {
  const auto at = [&](std::size_t word) {
    return reinterpret_cast<const cuda::QueryTile*>(words() + word);
  };
  return {at(layout_->tiles), static_cast<std::int64_t>(tiles_.size()), queries_,
          at(layout_->shared), static_cast<std::int64_t>(shared_.size())};
}

cuda::RowPaths DeviceBatch::paths() const {
  return {positions(), words() + layout_->path_begin, words() + layout_->path_count, segments()};
}

const KvSegment* DeviceBatch::segments() const {
  return reinterpret_cast<const KvSegment*>(words() + layout_->segments);
}

}  // namespace flm
