#include "bench/probe/cuda/attention_bits.h"

#include <bit>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "bench/probe/cuda/differences.h"
#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/batch_tables.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm::bench {
namespace {

PackedBatch one_text(std::int32_t length) {
  PackedBatch batch;
  batch.segments = {{0, 0, length}};
  for (std::int32_t row = 0; row < length; ++row) {
    batch.ids.push_back(0);
    batch.positions.push_back(row);
    batch.slots.push_back(row);
    batch.path_begin.push_back(0);
    batch.path_count.push_back(1);
  }
  return batch;
}

/// Within [-1, 1).
std::vector<float> drawn(std::int64_t count, std::mt19937& random) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random()) * 0x1p-31f - 1.0f;
  return values;
}
std::vector<std::uint16_t> cut_to_bf16(const std::vector<float>& values) {
  std::vector<std::uint16_t> bits;
  for (const float value : values)
    bits.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
  return bits;
}

/// A text's attention, again and again from the same operands.
class TextAttention {
 public:
  TextAttention(int head_dim, const AttentionSizes& sizes)
      : sizes_(sizes), head_dim_(head_dim), batch_(one_text(sizes.length)) {
    std::mt19937 random(static_cast<std::uint32_t>(head_dim));
    queries_ = drawn(sizes.length * sizes.kv_heads * sizes.group * head_dim, random);
    for (float& query : queries_) query *= 4;
    keys_ = cut_to_bf16(drawn(sizes.length * sizes.kv_heads * head_dim, random));
    values_ = cut_to_bf16(drawn(sizes.length * sizes.kv_heads * head_dim, random));
  }

  std::vector<float> run(int queries, bool wgmma) {
    const std::vector<cuda::QueryTile> own = query_tiles(batch_, queries / sizes_.group);
    const Scratch out = placed(queries_), keys = placed(keys_), values = placed(values_),
                  tiles = placed(own), segments = placed(batch_.segments);
    const std::int64_t width = sizes_.kv_heads * head_dim_;
    AttentionArgs args{
        out.as<float>(), width * sizes_.group,           keys.as<float>(), values.as<float>(),
        width,           sizes_.kv_heads * sizes_.group, sizes_.kv_heads,  head_dim_};
    args.scale = 1 / std::sqrt(static_cast<float>(head_dim_));
    cuda::attention_bf16(stream_, args,
                         {tiles.as<cuda::QueryTile>(), static_cast<std::int64_t>(own.size()),
                          queries, nullptr, 0, wgmma},
                         segments.as<KvSegment>(), {});
    std::vector<float> result(queries_.size());
    copy_to_host(result.data(), out.as<void>(),
                 static_cast<std::int64_t>(result.size() * sizeof(float)), stream_);
    stream_.wait();
    return result;
  }

 private:
  template <class T>
  Scratch placed(const std::vector<T>& host) {
    return Scratch(pool_, stream_, host.data(), static_cast<std::int64_t>(host.size() * sizeof(T)));
  }

  const AttentionSizes sizes_;
  const int head_dim_;
  const PackedBatch batch_;
  std::vector<float> queries_;
  std::vector<std::uint16_t> keys_, values_;
  Stream stream_;
  DevicePool pool_{stream_, DevicePool::Takers::kSameStream};
};

}  // namespace

void probe_attention(bool wgmma, const AttentionSizes& sizes, std::ostream& lines) {
  if (!wgmma) {
    lines << "attention_wgmma absent not_9.0_or_no_sm_90a\n";
    return;
  }
  std::int64_t differing = 0;
  std::ostringstream differences;  // behind what they come to
  for (const int head_dim : {64, 80, 96, 128}) {
    TextAttention text(head_dim, sizes);
    for (const int queries : {cuda::kMediumQueries, cuda::kWideQueries}) {
      const std::vector<float> by_mma = text.run(queries, false), found = text.run(queries, true);
      differing += print_differences(
          differences, "attention_d" + std::to_string(head_dim) + "_q" + std::to_string(queries),
          by_mma, found);
    }
  }
  lines << "attention_wgmma " << (differing == 0 ? "equal" : "differ") << " bits\n"
        << differences.str();
}

}  // namespace flm::bench
