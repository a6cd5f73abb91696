// Tensor parallel has the bits of one rank, for any number of ranks.
#include "tests/engine/parallel/rank_bits.h"

#include <numeric>

#include "engine/cpu/cpu_backend.h"

namespace flm::test {
namespace {

class RankBits : public ::testing::TestWithParam<bool> {};

TEST_P(RankBits, OfAnyCountAreThoseOfOne) {
  std::size_t compared = 0;
  for (const RankShape& shape : rank_shapes())
    compared += expect_bits_of_one_rank(
        shape, {2, 3, 4, 6, 8, 12}, [&] { return make_cpu_backend(1, "", GetParam()); },
        rank_requests(shape.vocab));
  EXPECT_GE(compared, 10'000u) << "log-probabilities";
}

/// A layer of the shape of the 52B model, whose shards of the MLP are 2,728 wide over 8 ranks; 64
/// of its 64 heads, at an eighth of their size.
TEST_P(RankBits, OfALayerLikeThe52BModels) {
  expect_bits_of_one_rank(
      {.name = "52B / 8",
       .heads = 64,
       .kv_heads = 64,
       .head_dim = 16,
       .hidden = 1024,
       .intermediate = 2728,
       .vocab = 2048,
       .layers = 1},
      {8}, [&] { return make_cpu_backend(1, "", GetParam()); }, rank_requests(2048));
}

INSTANTIATE_TEST_SUITE_P(Types, RankBits, ::testing::Values(false, true),
                         [](const auto& bf16) { return bf16.param ? "bf16" : "fp32"; });

/// What the tests above would see if ranks added their parts of a product, as tensor parallel does
/// elsewhere: cut by inputs and added in rank order, most outputs have other bits.
TEST(RankBitsInverse, APartedSumHasOtherBits) {
  constexpr std::int64_t kRows = 8, kOutputs = 96, kInputs = 768;
  const auto backend = make_cpu_backend(1, "");
  std::vector<float> weight(kOutputs * kInputs), x(kRows * kInputs);
  std::mt19937 generator(3);
  for (auto* values : {&weight, &x})
    for (float& value : *values) value = static_cast<float>(generator() >> 8) * 0x1p-23f - 1.0f;
  const WeightTable::Loaded stored{
      {DType::kF32, {kOutputs, kInputs}, reinterpret_cast<const std::byte*>(weight.data())},
      nullptr};
  const auto product = [&](Range inputs) {
    const MatrixSlice slice{stored, 0, kOutputs, inputs.begin, inputs.end};
    std::vector<float> c(kRows * kOutputs);
    backend->matmul(Rows{x.data() + inputs.begin, kInputs}, kRows, *backend->pack({&slice, 1}), {},
                    Assigned{c.data(), kOutputs});
    return c;
  };
  const std::vector<float> whole = product({0, kInputs});
  for (const int ranks : {2, 3, 4}) {
    std::vector<float> sum = product(part_of(kInputs, 0, ranks));
    for (int rank = 1; rank < ranks; ++rank) {
      const std::vector<float> part = product(part_of(kInputs, rank, ranks));
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
    }
    std::size_t other = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) other += sum[i] != whole[i];
    EXPECT_GT(other, sum.size() / 10) << ranks << " ranks";
  }
}

TEST(RankGroup, TellsItsFirstErrorAgain) {
  const RankShape shape = rank_shapes()[0];
  const auto group = ranks_of(shape, 3, [] { return make_cpu_backend(1, ""); });
  const auto storage = group->make_kv_storage(64);
  std::vector<ScoreRequest> requests = rank_requests(shape.vocab);
  const PrefixTrie trie(requests);
  ScoringBatch batch = pack(trie, {0, trie.nodes(), 0}, requests);
  batch.rows.slots[0] = 5;
  std::string first;
  for (int call = 0; call < 2; ++call) {
    try {
      (void)group->score(batch.rows, batch.queries);
      ADD_FAILURE();
    } catch (const InternalError& error) {
      EXPECT_NE(std::string(error.what()).find("slots are its rows"), std::string::npos);
      if (call == 0) first = error.what();
      EXPECT_EQ(error.what(), first);
    }
  }
}

}  // namespace
}  // namespace flm::test
