// Errors against float64, and bits: bodies that run on a device where one is, else on the
// emulation.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "engine/checkpoint/config_json.h"
#include "tests/engine/cuda/attention_case.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

class HeadDims : public ::testing::TestWithParam<int> {};

TEST_P(HeadDims, Bf16AttentionIsAsExactAsANaiveRun) {
  FLM_NEED_DEVICE();
  const Attention attention(GetParam());
  const auto backend = cuda_backend(true);
  const std::vector<float> out = attention.run(*backend, 0, 88);
  double worst = 0, naive = 0;
  for (std::size_t row : {0u, 1u, 63u, 64u, 69u, 78u, 87u})
    for (int head = 0; head < Attention::kHeads; ++head) {
      const auto exact = attention.plain<double>(row, head);
      const auto plain = attention.plain<float>(row, head);
      const float* mine =
          out.data() + (row * Attention::kHeads + static_cast<std::size_t>(head)) * exact.size();
      for (std::size_t i = 0; i < exact.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(mine[i]) - exact[i]));
        naive = std::max(naive, std::abs(static_cast<double>(plain[i]) - exact[i]));
      }
    }
  EXPECT_GT(naive, 0);
  EXPECT_LE(worst, 2 * naive);
}

TEST_P(HeadDims, ARowAloneHasTheBitsOfTheRowInCompany) {
  FLM_NEED_DEVICE();
  const Attention attention(GetParam());
  for (bool bf16 : {false, true}) {
    const auto backend = cuda_backend(bf16);
    const std::vector<float> together = attention.run(*backend, 0, 88);
    const std::size_t width = together.size() / 88;
    for (std::size_t row : {0u, 40u, 64u, 70u, 87u}) {
      const std::vector<float> alone = attention.run(*backend, row, 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(),
                             together.begin() + static_cast<std::int64_t>(row * width)))
          << "row " << row << (bf16 ? " bf16" : " fp32");
    }
  }
}

TEST_P(HeadDims, Fp32AttentionHasTheCpuBackendsBits) {
  FLM_NEED_DEVICE();
  const Attention attention(GetParam());
  EXPECT_EQ(attention.run(*cuda_backend(false), 0, 88),
            attention.run(*make_cpu_backend(1, ""), 0, 88));
}

/// The last rows of a long path, in wide tiles that make all spans themselves, and each alone,
/// where every span has a block: equal bits, and as exact as a naive run.
TEST(LongContext, SpansOfOneBlockAndOfManyHaveTheSameBits) {
  FLM_NEED_DEVICE();
  constexpr std::int32_t kRows = 2070;
  Attention attention(16);
  attention.batch = {};
  attention.batch.segments = {{0, 0, 700}, {700, 700, kRows - 700}};
  for (std::int32_t r = 0; r < kRows; ++r) {
    attention.batch.ids.push_back(0);
    attention.batch.slots.push_back(r);
    attention.batch.positions.push_back(r);
    attention.batch.path_begin.push_back(0);
    attention.batch.path_count.push_back(2);
  }
  attention.queries = random_values(kRows * Attention::kHeads * 16, 1);
  attention.keys = random_values(kRows * Attention::kKvHeads * 16, 2);
  attention.values = random_values(kRows * Attention::kKvHeads * 16, 3);
  const auto backend = cuda_backend(true);
  const std::size_t width = Attention::kHeads * 16;
  for (std::size_t first : {1000u, 2020u}) {  // over the borders at 1024 and 2048
    const std::vector<float> together = attention.run(*backend, first, 50);
    for (std::size_t row : {first, first + 23, first + 24, first + 27, first + 28, first + 49}) {
      const std::vector<float> alone = attention.run(*backend, row, 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(),
                             together.begin() + static_cast<std::int64_t>((row - first) * width)))
          << "row " << row;
      double worst = 0, naive = 0;
      for (int head = 0; head < Attention::kHeads; ++head) {
        const auto exact = attention.plain<double>(row, head);
        const auto plain = attention.plain<float>(row, head);
        for (std::size_t i = 0; i < exact.size(); ++i) {
          const float mine = alone[static_cast<std::size_t>(head) * 16 + i];
          worst = std::max(worst, std::abs(static_cast<double>(mine) - exact[i]));
          naive = std::max(naive, std::abs(static_cast<double>(plain[i]) - exact[i]));
        }
      }
      EXPECT_LE(worst, 2 * naive) << "row " << row;
    }
  }
}

/// Ends of branches behind a stem over the border of a span, two of them forks of a branch: the
/// rows of `ends`, last in the batch, each with a path of its own.
PackedBatch branch_ends(std::int32_t stem, const std::vector<std::int32_t>& lengths) {
  PackedBatch batch;
  const auto add = [&](std::int32_t position, std::int32_t begin, std::int32_t count) {
    batch.ids.push_back(0);
    batch.slots.push_back(batch.rows() - 1);
    batch.positions.push_back(position);
    batch.path_begin.push_back(begin);
    batch.path_count.push_back(count);
  };
  batch.segments = {{0, 0, stem}};
  for (std::int32_t p = 0; p < stem; ++p) add(p, 0, 1);
  std::vector<std::int32_t> begins;
  for (const std::int32_t length : lengths) {
    begins.push_back(batch.rows());
    for (std::int32_t i = 0; i < length; ++i) add(stem + i, 0, 1);
  }
  const auto end = [&](std::size_t branch, std::int32_t taken) {
    const auto begin = static_cast<std::int32_t>(batch.segments.size());
    batch.segments.push_back({0, 0, stem});
    if (taken > 0) batch.segments.push_back({begins[branch], stem, taken});
    batch.segments.push_back({batch.rows(), stem + taken, 1});
    add(stem + taken, begin, static_cast<std::int32_t>(batch.segments.size()) - begin);
  };
  for (std::size_t branch = 0; branch < lengths.size(); ++branch) end(branch, lengths[branch]);
  end(lengths.size() - 1, lengths.back() / 2);
  return batch;
}

/// Rows of several branches take the keys that they share together: the bits of each row alone, and
/// as exact as a naive run.
TEST(Decoding, RowsThatShareAStemHaveTheBitsOfRowsAlone) {
  FLM_NEED_DEVICE();
  for (const int head_dim : {16, 128})
    for (const std::int32_t stem : {40, 200, 1100}) {
      Attention attention(head_dim);
      attention.batch = branch_ends(stem, {0, 3, 63, 64, 200, 1, 17, 90, 5, 300});
      const auto rows = static_cast<std::size_t>(attention.batch.rows());
      const std::size_t ends = 11, first = rows - ends;
      const auto width = static_cast<std::size_t>(head_dim);
      attention.queries = random_values(rows * Attention::kHeads * width, 1);
      attention.keys = random_values(rows * Attention::kKvHeads * width, 2);
      attention.values = random_values(rows * Attention::kKvHeads * width, 3);
      const auto backend = cuda_backend(true);
      const std::vector<float> together = attention.run(*backend, first, ends);
      const std::size_t row_width = Attention::kHeads * width;
      for (std::size_t row = first; row < rows; ++row) {
        const std::vector<float> alone = attention.run(*backend, row, 1);
        EXPECT_TRUE(
            std::equal(alone.begin(), alone.end(),
                       together.begin() + static_cast<std::int64_t>((row - first) * row_width)))
            << "stem " << stem << " row " << row - first;
        double worst = 0, naive = 0;
        const auto exact = attention.plain<double>(row, 1);
        const auto plain = attention.plain<float>(row, 1);
        for (std::size_t i = 0; i < width; ++i) {
          worst = std::max(worst, std::abs(static_cast<double>(alone[width + i]) - exact[i]));
          naive = std::max(naive, std::abs(static_cast<double>(plain[i]) - exact[i]));
        }
        EXPECT_LE(worst, 2 * naive) << "stem " << stem << " row " << row - first;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Attention, HeadDims, ::testing::Values(8, 24, 64, 80, 96, 128, 256));

/// The bar of the references: twice the error of a naive run in the same precision.
TEST(CudaGoldens, ErrorsAgainstFloat64AreWithinTwiceANaiveRuns) {
  FLM_NEED_SHARED();
  FLM_NEED_DEVICE();
  for (const std::string name : {"teleflm-mup", "teleflm-nomup", "llama-gqa-tied", "llama-bias"}) {
    const std::string folder = name == "teleflm-mup" ? name + "/safetensors" : name;
    const Json reference =
        read_json_file(kShared / "conformance/checkpoints" / name / "reference.json");
    for (const char* type : {"float32", "bfloat16"}) {
      const auto engine = open_cuda(
          checkpoint(folder), type == std::string("float32") ? Precision::kFp32 : Precision::kBf16);
      for (const Json& sequence : reference["sequences"]) {
        const auto ids = sequence["ids"].get<std::vector<std::int32_t>>();
        if (ids.size() < 30 || ids.size() > 160 || !sequence.contains("naive_error")) continue;
        const auto expected = sequence["token_logprobs"].get<std::vector<double>>();
        const ScoreResult result = score_all(*engine, {{ids, 1, 0}}).front();
        double squares = 0;
        for (std::size_t p = 0; p < expected.size(); ++p)
          squares += std::pow(static_cast<double>(result.logprobs[p]) - expected[p], 2);
        const double rms = std::sqrt(squares / static_cast<double>(expected.size()));
        EXPECT_LE(rms, 2 * sequence["naive_error"][type]["rms"].get<double>() + 1e-7)
            << name << " " << type;
      }
    }
  }
}

/// One token a step, and the same tokens scored: equal log-probabilities, bit by bit.
TEST(CudaGeneration, DecodingEqualsScoring) {
  FLM_NEED_NANO();
  FLM_NEED_DEVICE();
  for (bool bf16 : {false, true}) {
    const ModelConfig config = read_model_config(nano());
    const auto communicator = make_single_communicator();
    const auto model = cuda_model(config, WeightTable::open(nano(), config), *communicator, bf16);
    const std::vector<std::int32_t> tokens = random_ids(70, config.vocab_rows, 3);
    const auto scored = score_on(*model, {{tokens, 62, 0}}).front();
    EXPECT_EQ(scored.logprobs, decode(*model, tokens, 62));
  }
}

}  // namespace
}  // namespace flm::test
