// A batch as kernels see it: its tables in device memory, and how attention takes its rows.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/backend/batch.h"
#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/batch_tables.h"
#include "engine/cuda/runtime/device_pool.h"

namespace flm {

/// Rows of a step that is recorded, or whose long contexts are cut over blocks; bytes of what the
/// blocks leave.
inline constexpr std::int64_t kMostDecodeRows = 64, kMostPartialBytes = std::int64_t{16} << 20;

struct AttentionShape {
  int heads = 0, kv_heads = 0, head_dim = 0;
};

class DeviceBatch {
 public:
  /// Tiles need at most `shared_bytes` of a block where one width does.
  DeviceBatch(DevicePool& pool, const Stream& stream, std::int64_t shared_bytes)
      : pool_(pool), stream_(stream), shared_bytes_(shared_bytes) {}

  /// The batch stays as it is until the next begin().
  void begin(const PackedBatch& batch);
  /// Cuts the rows into query tiles, and the keys into spans where that pays; once a batch.
  void cut(const AttentionShape& shape);

  const PackedBatch& host() const { return *batch_; }
  const void* tables() const { return tables_.get(); }
  const std::int32_t* positions() const { return words() + layout_->positions; }
  const std::int32_t* slots() const { return words() + layout_->slots; }
  cuda::RowPaths paths() const;
  const KvSegment* segments() const;
  cuda::QueryTiles tiles() const;
  int spans() const { return spans_; }  // blocks for each tile; 0: one that makes all spans

 private:
  const std::int32_t* words() const { return static_cast<const std::int32_t*>(tables_.get()); }
  void place();
  void choose_tiles(int head_dim, int group);
  void choose_spans(const AttentionShape& shape, int group);

  DevicePool& pool_;
  const Stream& stream_;
  const std::int64_t shared_bytes_;
  const PackedBatch* batch_ = nullptr;
  std::vector<cuda::QueryTile> tiles_, shared_;
  std::optional<BatchLayout> layout_;
  std::shared_ptr<void> tables_;
  int queries_ = cuda::kWideQueries, spans_ = 0;
};

}  // namespace flm
