// Families of models on the device: the CPU backend's bits in fp32, in bf16 as exact as a naive run
// and the same bits whether a text is scored or decoded.
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

const std::string kFixtures = FLM_SOURCE_DIR "/tests/engine/families/fixtures/";
const std::vector<std::string> kFamilies = {
    "small-gelu",    "small-relu", "small-gemma2", "small-gemma3",     "small-cohere",
    "small-cohere2", "small-phi3", "small-olmo2",  "small-starcoder2", "small-ministral3"};

std::vector<ScoreRequest> sequences_of(const Json& reference) {
  std::vector<ScoreRequest> requests;
  for (const Json& sequence : reference["sequences"])
    requests.push_back({sequence["ids"].get<std::vector<std::int32_t>>(), 1, 2});
  return requests;
}

class CudaFamilies : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string folder = kFixtures + GetParam();
  const Json reference = read_json_file(folder + "/reference.json");
  const std::vector<ScoreRequest> requests = sequences_of(reference);
  std::vector<GenerateRequest> prompts(std::int32_t tokens = 12) const {
    std::vector<GenerateRequest> all;
    for (const Json& one : reference["greedy"]) {
      all.emplace_back();
      all.back().prompt = one["prompt"].get<std::vector<std::int32_t>>();
      all.back().max_new_tokens = tokens;
    }
    return all;
  }
};

TEST_P(CudaFamilies, Fp32HasTheCpusBits) {
  FLM_NEED_DEVICE();
  const auto cpu = open_engine(folder), cuda = open_cuda(folder, Precision::kFp32);
  EXPECT_EQ(differences(score_all(*cpu, requests), score_all(*cuda, requests)), 0);
  const auto expected = generate_all(*cpu, folder, prompts()),
             found = generate_all(*cuda, folder, prompts());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].tokens, expected[i].tokens);
    EXPECT_EQ(found[i].logprobs, expected[i].logprobs);
  }
}

/// Two ranks, and two stages, on one device.
TEST_P(CudaFamilies, RanksAndStagesHaveTheBitsOfOne) {
  FLM_NEED_DEVICE();
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    if (precision == Precision::kBf16 && GetParam() == "small-cohere") continue;  // heads of 4
    const auto one = open_cuda(folder, precision);
    const auto scored = score_all(*one, requests);
    const auto generated = generate_all(*one, folder, prompts(3));
    for (const int stages : {1, 2}) {
      SCOPED_TRACE(std::to_string(stages) + " stages");
      const auto many = open_cuda(folder, precision, 0, 3 - stages, stages);
      EXPECT_EQ(differences(scored, score_all(*many, requests)), 0);
      const auto found = generate_all(*many, folder, prompts(3));
      for (std::size_t i = 0; i < generated.size(); ++i) {
        EXPECT_EQ(found[i].tokens, generated[i].tokens);
        EXPECT_EQ(found[i].logprobs, generated[i].logprobs);
      }
    }
  }
}

TEST_P(CudaFamilies, Bf16IsAsExactAsANaiveRunAndDecodesWhatItScores) {
  FLM_NEED_DEVICE();
  if (GetParam() == "small-cohere") {  // heads of 4
    EXPECT_THROW(open_cuda(folder, Precision::kBf16), UserError);
    return;
  }
  const auto cuda = open_cuda(folder, Precision::kBf16);
  const auto results = score_all(*cuda, requests);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json& sequence = reference["sequences"][i];
    const auto expected = sequence["token_logprobs"].get<std::vector<double>>();
    if (expected.size() <= 30) continue;
    double squares = 0;
    for (std::size_t p = 0; p < expected.size(); ++p)
      squares += std::pow(static_cast<double>(results[i].logprobs[p]) - expected[p], 2);
    EXPECT_LE(std::sqrt(squares / static_cast<double>(expected.size())),
              2 * sequence["naive_error"]["bfloat16"]["rms"].get<double>());
  }
  const auto generated = generate_all(*cuda, folder, prompts());
  std::vector<ScoreRequest> again;
  for (std::size_t i = 0; i < generated.size(); ++i) {
    std::vector<std::int32_t> tokens = prompts()[i].prompt;
    again.push_back({tokens, static_cast<std::int32_t>(tokens.size()), 0});
    for (const std::int32_t id : generated[i].tokens) again.back().tokens.push_back(id);
  }
  const auto scored = score_all(*cuda, again);
  for (std::size_t i = 0; i < generated.size(); ++i)
    EXPECT_EQ(generated[i].logprobs, scored[i].logprobs);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, CudaFamilies, ::testing::ValuesIn(kFamilies),
                         [](const auto& test) { return test.param.substr(6); });

}  // namespace
}  // namespace flm::test
