// Ranks that are threads, all on one device: gathers by copies between them.
#include "tests/engine/parallel/rank_bits.h"

#include "engine/cuda/products/gemm.h"
#include "harness/proof/oracle.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

class CudaRankBits : public ::testing::TestWithParam<bool> {
 protected:
  static MakeBackend backends() {
    return [] { return cuda_backend(GetParam()); };
  }
};

/// Standard deviations of a log-probability of 1 nat between two runs whose sums have other orders:
/// each run's roundings move it as harness/proof/oracle.cc derives.
RoundingModel two_orders_of_sums(const RankShape& shape, bool bf16) {
  EngineInfo info;
  info.layers = shape.layers;
  info.hidden = shape.hidden;
  info.weight_dtype = "BF16";  // as SeededWeights stores them
  info.numerics = bf16 ? "flm-cuda/bf16" : "flm-cuda/fp32";
  return {info, info};
}

constexpr double kDeviations = 6;  // of one value among fewer than a thousand: 2e-9 each

void expect_near(const std::vector<ScoreResult>& expected, const std::vector<ScoreResult>& found,
                 const RoundingModel& rounding) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(found[i].logprobs.size(), expected[i].logprobs.size());
    for (std::size_t p = 0; p < expected[i].logprobs.size(); ++p) {
      const double logprob = expected[i].logprobs[p];
      EXPECT_NEAR(found[i].logprobs[p], logprob, kDeviations * rounding.deviation(-logprob))
          << "request " << i << ", token " << p;
    }
  }
}

/// Where a part of the outputs may be summed in another order than all of them: ranks are as near
/// to one as rounding lets them, and have bits of their own, whatever runs beside or ahead.
void expect_figures_of_one_rank(const RankShape& shape, int ranks, const MakeBackend& make,
                                const std::vector<ScoreRequest>& requests,
                                const RoundingModel& rounding) {
  const auto one = ranks_of(shape, 1, make), group = ranks_of(shape, ranks, make);
  const std::vector<ScoreResult> expected = score_on(*one, requests),
                                 found = score_on(*group, requests);
  expect_near(expected, found, rounding);
  EXPECT_EQ(differences(found, score_on(*ranks_of(shape, ranks, make, true), requests)), 0)
      << "streamed";
  const Decoded decoded = decode_some(*group, shape.vocab);
  EXPECT_TRUE(decoded == decode_some(*group, shape.vocab)) << "again, by graphs where they are";
  const double first = decode_some(*one, shape.vocab).tokens.at(0).logprob;  // of equal histories
  EXPECT_NEAR(decoded.tokens.at(0).logprob, first, kDeviations * rounding.deviation(-first));
}

/// The bits of one where the products promise them. A library that does not is searched for an
/// algorithm for each (n, k) of each rank, which takes its time: there one shape stands for all.
TEST_P(CudaRankBits, OfAnyCountAreThoseOfOne) {
  FLM_NEED_DEVICE();
  for (const RankShape& shape : rank_shapes()) {
    const auto requests = rank_requests(shape.vocab, {2, 40});
    if (gemm_sums_by_inputs_alone())
      expect_bits_of_one_rank(shape, {shape.name == "mqa" || shape.name == "normed" ? 8 : 3},
                              backends(), requests);
    else if (shape.name == "odd")
      expect_figures_of_one_rank(shape, 3, backends(), requests,
                                 two_orders_of_sums(shape, GetParam()));
  }
}

TEST_P(CudaRankBits, OfStagesAreThoseOfOne) {
  FLM_NEED_DEVICE();
  RankShape shape = rank_shapes()[1];
  shape.layers = 3;
  expect_bits_of_one_stage(shape, {2, 3}, backends(), rank_requests(shape.vocab, {2, 40}));
}

INSTANTIATE_TEST_SUITE_P(Types, CudaRankBits, ::testing::Values(false, true),
                         [](const auto& bf16) { return bf16.param ? "bf16" : "fp32"; });

}  // namespace
}  // namespace flm::test
