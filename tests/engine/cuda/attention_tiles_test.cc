// attention_bf16 on tables of its own, each in memory that it fills: in the emulation no one may
// read what lies behind.
#include "engine/cuda/attention/batch_tables.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

constexpr int kHeadDim = 16, kGroup = 2;  // query heads of one key head
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

/// Key heads of a model, and those of them that a call takes.
struct KeyHeads {
  int all = 1, first = 0, count = 1;
};

/// Each row's heads [rows, all * kGroup * kHeadDim], with the tiles given; queries where the call
/// has no part.
std::vector<float> attended(const PackedBatch& batch, const std::vector<cuda::QueryTile>& own,
                            const std::vector<cuda::QueryTile>& shared,
                            const KeyHeads& heads = {}) {
  Memory memory;
  const int kv_width = heads.all * kHeadDim, width = kv_width * kGroup;
  std::vector<float> queries(static_cast<std::size_t>(width * kBranches));
  const std::vector<float> partials(
      static_cast<std::size_t>(cuda::span_floats(1, kBranches, heads.count * kGroup, kHeadDim)));
  std::vector<std::uint16_t> keys(static_cast<std::size_t>((kStem + kBranches) * kv_width));
  std::vector<std::uint16_t> values = keys;
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
  const int begin = heads.first * kHeadDim;
  args.queries = out.as<float>() + begin * kGroup;
  args.query_stride = width;
  args.keys = memory.of(keys).as<float>() + begin / 2;  // bf16: two to a float
  args.values = memory.of(values).as<float>() + begin / 2;
  args.kv_stride = kv_width;
  args.heads = heads.count * kGroup;
  args.kv_heads = heads.count;
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
  const auto shared = shared_tiles(batch, cuda::kNarrowQueries / kGroup, own);
  ASSERT_EQ(shared.size(), 4u);
  EXPECT_EQ(attended(batch, own, shared), attended(batch, alone, {}));
}

TEST(Sections, OfHeadsHaveTheBitsOfHeadsAlone) {
  FLM_NEED_DEVICE();
  constexpr int kAll = 20, kWidth = kGroup * kHeadDim, kRows = 3;  // key heads; of one of them
  ASSERT_EQ(cuda::heads_of_a_section(kAll), 10);
  const PackedBatch batch = branches_of_one_token();
  std::vector<cuda::QueryTile> own = query_tiles(batch, 1);
  own.resize(kRows);
  const std::vector<float> together = attended(batch, own, {}, {kAll, 0, kAll});
  for (const int head : {0, 9, 10, 19}) {
    const std::vector<float> alone = attended(batch, own, {}, {kAll, head, 1});
    for (int i = 0; i < kRows * kWidth; ++i) {
      const auto at = static_cast<std::size_t>((i / kWidth * kAll + head) * kWidth + i % kWidth);
      ASSERT_EQ(together[at], alone[at]) << "head " << head << " row " << i / kWidth;
    }
  }
}

}  // namespace
}  // namespace flm::test
