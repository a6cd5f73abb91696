// The benchmark's bf16 rows of the GPU on the emulation: the same cases and references, small
// shapes.
#include "bench/ops/ops.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::bench {
namespace {

constexpr std::int64_t kHeadDim = 64;

/// The row runs once and its result is within the tolerance, yet no exact copy of the reference.
void expect_correct(const Row& row, const Backend& backend) {
  const std::unique_ptr<Case> one = row.make(backend, 1);
  one->place_on(backend);
  for (int seed : {0, 1}) {
    one->restore(0, seed);
    one->run(0);
    one->wait();
    const Check check = one->check(0, 1);
    EXPECT_TRUE(check.passed) << row.name() << ": " << check.reason;
    EXPECT_GT(check.max_error, 0.01) << row.name();
  }
}

TEST(BenchRows, Bf16AttentionAndHead) {
  FLM_NEED_DEVICE();
  const ModelShape shape{"small", 2 * kHeadDim, 2, 1, kHeadDim, 128, 300};
  std::vector<Row> rows;
  add_bf16_attention_rows(shape, 1, rows);
  add_head_rows(shape, 1, rows);
  const auto backend = test::cuda_backend(true);
  int checked = 0;
  for (const Row& row : rows) {
    const bool wanted = (row.op == "attention_prefill" && row.shape == "S:512") ||
                        (row.op == "attention_decode" && row.shape == "B:1/L:1024") ||
                        (row.op == "lm_head_logprob" && row.dtype == "bf16" && row.shape == "T:8");
    if (!wanted) continue;
    ++checked;
    expect_correct(row, *backend);
  }
  EXPECT_EQ(checked, 3);
}

}  // namespace
}  // namespace flm::bench
