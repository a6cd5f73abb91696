// A row's bits whatever surrounds it, whole path: bodies that run on a device where one is, else on
// the emulation.
#include <algorithm>

#include "engine/checkpoint/config_json.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

class CudaInvariance : public ::testing::TestWithParam<Precision> {};

TEST_P(CudaInvariance, NeitherCompanyNorOrderNorMemory) {
  FLM_NEED_SHARED();
  FLM_NEED_DEVICE();
  const std::string model = checkpoint("llama-gqa-tied");
  const auto roomy = open_cuda(model, GetParam());
  auto requests = few_requests(roomy->info());
  const auto expected = score_all(*roomy, requests);
  std::vector<ScoreResult> alone;
  for (const ScoreRequest& request : requests)
    alone.push_back(score_all(*roomy, {request}).front());
  EXPECT_EQ(differences(expected, alone), 0);
  const auto tight = open_cuda(model, GetParam(), least_memory(model, GetParam(), requests));
  EXPECT_GT(tight->plan(requests).batches, 1);
  EXPECT_EQ(differences(expected, score_all(*tight, requests)), 0);
  std::reverse(requests.begin(), requests.end());
  auto reversed = score_all(*roomy, requests);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(differences(expected, reversed), 0);
}

/// Steps with streamed weights are never recorded; with resident ones they are from the third on.
TEST_P(CudaInvariance, NeitherStreamingNorGraphs) {
  FLM_NEED_SHARED();
  FLM_NEED_DEVICE();
  const ModelConfig config = read_model_config(nano());
  const auto table = WeightTable::open(nano(), config);
  const auto communicator = make_single_communicator();
  const std::vector<std::int32_t> tokens = random_ids(140, config.vocab_rows, 3);
  const bool bf16 = GetParam() == Precision::kBf16;
  const auto resident = cuda_model(config, table, *communicator, bf16),
             streamed = cuda_model(config, table, *communicator, bf16, true);
  const auto recorded = decode(*resident, tokens, 122);  // over the border of a page
  EXPECT_EQ(recorded.size(), 18u);
  EXPECT_EQ(recorded, decode(*streamed, tokens, 122));
  EXPECT_EQ(recorded, score_on(*streamed, {{tokens, 122, 0}}).front().logprobs);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaInvariance,
                         ::testing::Values(Precision::kFp32, Precision::kBf16),
                         [](const auto& precision) {
                           return precision.param == Precision::kFp32 ? "fp32" : "bf16";
                         });

}  // namespace
}  // namespace flm::test
