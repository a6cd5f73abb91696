// Ranks that are threads, all on one device: gathers by copies between them.
#include "tests/engine/parallel/rank_bits.h"

#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

class CudaRankBits : public ::testing::TestWithParam<bool> {};

TEST_P(CudaRankBits, OfAnyCountAreThoseOfOne) {
  FLM_NEED_DEVICE();
  for (const RankShape& shape : rank_shapes())
    expect_bits_of_one_rank(
        shape, shape.name == "mqa" || shape.name == "normed" ? std::vector{8} : std::vector{3},
        [&] { return cuda_backend(GetParam()); }, rank_requests(shape.vocab, {2, 40}));
}

TEST_P(CudaRankBits, OfStagesAreThoseOfOne) {
  FLM_NEED_DEVICE();
  RankShape shape = rank_shapes()[1];
  shape.layers = 3;
  expect_bits_of_one_stage(
      shape, {2, 3}, [&] { return cuda_backend(GetParam()); }, rank_requests(shape.vocab, {2, 40}));
}

INSTANTIATE_TEST_SUITE_P(Types, CudaRankBits, ::testing::Values(false, true),
                         [](const auto& bf16) { return bf16.param ? "bf16" : "fp32"; });

}  // namespace
}  // namespace flm::test
