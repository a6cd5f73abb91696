// attention_bf16 on tables of its own, each in memory that it fills: in the emulation no one may
// read what lies behind.
#include "engine/cuda/batch_tables.h"
#include "engine/cuda/scratch.h"
#include "tests/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

constexpr int kHeadDim = 16, kHeads = 2;  // two query heads of one key head
constexpr std::int32_t kStem = 64, kBranches = 32;

/// Branches of one token behind a stem of one key tile; 64 segments, 768 bytes.
PackedBatch branches_of_one_token() {
  PackedBatch batch;
  for (std::int32_t branch = 0; branch < kBranches; ++branch) {
    batch.ids.push_back(0);
    batch.positions.push_back(kStem);
    batch.slots.push_back(kStem + branch);
    batch.path_begin.push_back(2 * branch);
    batch.path_count.push_back(2);
    batch.segments.push_back({0, 0, kStem});
    batch.segments.push_back({kStem + branch, kStem, 1});
  }
  return batch;
}

class Memory {
 public:
  template <class T>
  const Scratch& of(const std::vector<T>& host) {
    taken_.push_back(std::make_unique<Scratch>(pool_, stream, host.data(),
                                               static_cast<std::int64_t>(host.size() * sizeof(T))));
    return *taken_.back();
  }
  const Stream stream;

 private:
  DevicePool pool_{stream, DevicePool::Takers::kSameStream};
  std::vector<std::unique_ptr<Scratch>> taken_;
};

/// Each row's heads [rows, kHeads * kHeadDim], with the tiles given.
std::vector<float> attended(const PackedBatch& batch, const std::vector<cuda::QueryTile>& own,
                            const std::vector<cuda::QueryTile>& shared) {
  Memory memory;
  const std::size_t width = kHeads * kHeadDim;
  std::vector<float> queries(width * kBranches);
  const std::vector<float> partials(
      static_cast<std::size_t>(cuda::span_floats(1, kBranches, kHeads, kHeadDim)));
  std::vector<std::uint16_t> keys((kStem + kBranches) * kHeadDim), values = keys;
  for (std::size_t i = 0; i < queries.size(); ++i)
    queries[i] = static_cast<float>(static_cast<int>(i * 37 % 23) - 11) * 0.125f;
  const auto below_two = [](std::size_t i) {  // bf16 in [1, 2), of either sign
    return static_cast<std::uint16_t>(0x3F80u + i % 128 + (i % 3 == 0 ? 0x8000u : 0));
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = below_two(i * 29);
    values[i] = below_two(i * 53 + 7);
  }
  const Scratch& out = memory.of(queries);
  AttentionArgs args;
  args.queries = out.as<float>();
  args.query_stride = static_cast<std::int64_t>(width);
  args.keys = memory.of(keys).as<float>();
  args.values = memory.of(values).as<float>();
  args.kv_stride = kHeadDim;
  args.heads = kHeads;
  args.kv_heads = 1;
  args.head_dim = kHeadDim;
  args.scale = 0.25f;
  cuda::QueryTiles tiles{memory.of(own).as<cuda::QueryTile>(),
                         static_cast<std::int64_t>(own.size()), cuda::kNarrowQueries};
  cuda::SpanBlocks blocks;
  if (!shared.empty()) {
    tiles.shared = memory.of(shared).as<cuda::QueryTile>();
    tiles.shared_count = static_cast<std::int64_t>(shared.size());
    blocks = {memory.of(partials).as<float>(), 1, kBranches,
              memory.of(batch.positions).as<std::int32_t>()};
  }
  const auto* segments = memory.of(batch.segments).as<KvSegment>();
  cuda::attention_bf16(memory.stream, args, tiles, segments, blocks);
  copy_to_host(queries.data(), out.as<void>(),
               static_cast<std::int64_t>(queries.size() * sizeof(float)), memory.stream);
  memory.stream.wait();
  return queries;
}

TEST(SharedTiles, ReadNoSegmentsBeyondTheirPaths) {
  FLM_NEED_DEVICE();
  const PackedBatch batch = branches_of_one_token();
  const std::vector<cuda::QueryTile> alone = query_tiles(batch, 1);
  std::vector<cuda::QueryTile> own = alone;
  const auto shared = shared_tiles(batch, cuda::kNarrowQueries / kHeads, own);
  ASSERT_EQ(shared.size(), 4u);
  EXPECT_EQ(attended(batch, own, shared), attended(batch, alone, {}));
}

}  // namespace
}  // namespace flm::test
