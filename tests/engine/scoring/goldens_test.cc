// Log-probabilities against float64 references.
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

constexpr double kMostError = 5e-5;  // of one log-probability

struct GoldenModel {
  std::string folder;     // holds config.json
  std::string reference;  // reference.json
};

class Goldens : public ::testing::TestWithParam<GoldenModel> {};

TEST_P(Goldens, LogprobsAndArgmaxAgreeWithFloat64) {
  FLM_NEED_SHARED();
  const Json reference = read_json_file(kShared / GetParam().reference);
  const Json& sequences =
      reference.contains("sequences") ? reference["sequences"] : reference["scored"];
  std::vector<ScoreRequest> requests;
  for (const Json& sequence : sequences)
    requests.push_back({sequence["ids"].get<std::vector<std::int32_t>>(), 1, 5});
  const auto engine = open_engine(kShared / GetParam().folder);
  const std::vector<ScoreResult> results = score_all(*engine, requests);
  ASSERT_GT(sequences.size(), 0u);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto expected = sequences[i]["token_logprobs"].get<std::vector<double>>();
    ASSERT_EQ(results[i].logprobs.size(), expected.size());
    double worst = 0, squares = 0;
    for (std::size_t p = 0; p < expected.size(); ++p) {
      const double error = std::abs(static_cast<double>(results[i].logprobs[p]) - expected[p]);
      worst = std::max(worst, error);
      squares += error * error;
    }
    EXPECT_LE(worst, kMostError) << "sequence " << i;
    if (sequences[i].contains("naive_error") && expected.size() > 30) {
      const double naive = sequences[i]["naive_error"]["float32"]["rms"].get<double>();
      EXPECT_LE(std::sqrt(squares / static_cast<double>(expected.size())), 2 * naive + 1e-7)
          << "sequence " << i;
    }
    if (!sequences[i].contains("argmax")) continue;
    const auto argmax = sequences[i]["argmax"].get<std::vector<std::int32_t>>();
    const auto margins = sequences[i]["argmax_margin"].get<std::vector<double>>();
    for (std::size_t p = 0; p < results[i].argmax.size(); ++p) {
      if (margins[p] > 1e-4) {
        EXPECT_EQ(results[i].argmax[p], argmax[p]) << "sequence " << i << " position " << p;
      }
      EXPECT_EQ(results[i].top[p].size(), 5u);
      EXPECT_EQ(results[i].top[p].front().first, results[i].argmax[p]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Checkpoints, Goldens,
    ::testing::Values(GoldenModel{"conformance/checkpoints/teleflm-mup/safetensors",
                                  "conformance/checkpoints/teleflm-mup/reference.json"},
                      GoldenModel{"conformance/checkpoints/teleflm-mup/bin",
                                  "conformance/checkpoints/teleflm-mup/reference.json"},
                      GoldenModel{"conformance/checkpoints/teleflm-nomup",
                                  "conformance/checkpoints/teleflm-nomup/reference.json"},
                      GoldenModel{"conformance/checkpoints/teleflm-odd-bin",
                                  "conformance/checkpoints/teleflm-odd-bin/reference.json"},
                      GoldenModel{"conformance/checkpoints/llama-gqa-tied",
                                  "conformance/checkpoints/llama-gqa-tied/reference.json"},
                      GoldenModel{"conformance/checkpoints/llama-rope-linear",
                                  "conformance/checkpoints/llama-rope-linear/reference.json"},
                      GoldenModel{"conformance/checkpoints/llama-bias",
                                  "conformance/checkpoints/llama-bias/reference.json"},
                      GoldenModel{"models/stories260K", "models/stories260K/reference.json"}),
    [](const auto& test) {
      std::string name = test.param.folder;
      for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

}  // namespace
}  // namespace flm::test
