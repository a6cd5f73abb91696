// Sound weights whose logits are not finite: the requests that meet such a row have no figures and
// say why; all others have theirs.
#include <cmath>
#include <limits>

#include "engine/backend/backend.h"
#include "engine/cpu/cpu_backend.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

constexpr std::int32_t kBad = 5;  // rows of this token overflow in the layer's MLP

/// A bf16 tensor [rows, columns] by the value of each element.
void fill(SmallTensor& tensor, const std::function<float(std::int64_t, std::int64_t)>& value) {
  const std::int64_t rows = tensor.shape.at(0), columns = tensor.shape.at(1);
  tensor.bytes.clear();
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto bits = std::bit_cast<std::uint32_t>(value(r, c)) >> 16;
      tensor.bytes += static_cast<char>(bits & 0xFF);
      tensor.bytes += static_cast<char>(bits >> 8);
    }
}

/// One layer without attention's share. Only the token kBad has a value in dimension 0, which the
/// MLP alone reads: its down projection, at the end of bf16's range, makes infinities of both signs
/// of it, and adds 0 to every other row.
std::string overflowing() {
  static const SmallCheckpoint* checkpoint = [] {
    auto* made = new SmallCheckpoint;
    for (auto& [name, tensor] : made->tensors) {
      if (name.ends_with("embed_tokens.weight"))
        fill(tensor, [](std::int64_t id, std::int64_t d) {
          return d == 0 ? (id == kBad ? 1.0f : 0.0f) : 0.25f * static_cast<float>((id * d) % 5);
        });
      if (name.ends_with("o_proj.weight")) fill(tensor, [](auto, auto) { return 0.0f; });
      if (name.ends_with("gate_proj.weight") || name.ends_with("up_proj.weight"))
        fill(tensor, [](std::int64_t, std::int64_t d) { return d == 0 ? 64.0f : 0.0f; });
      if (name.ends_with("down_proj.weight"))
        fill(tensor, [](std::int64_t, std::int64_t i) { return i % 2 ? 3e38f : -3e38f; });
    }
    made->write();
    return made;
  }();
  return checkpoint->folder.path();
}

std::vector<ScoreRequest> requests() {
  return {{{1, 2, 3, 4}, 1, 0},
          {{1, 2, kBad, 4, 6}, 1, 3},  // the row of kBad is asked for token 3
          {{1, 2, 3, kBad}, 1, 0},     // only a target
          {{1, kBad, 3, 4}, 3, 2},     // its row is asked for nothing, and no other row sees it
          {{2, kBad, kBad, 1}, 2, 10}};
}

void expect_only_the_bad_ones_fail(Engine& engine) {
  const std::vector<ScoreResult> all = score_all(engine, requests());
  EXPECT_NE(all[1].error.find("the logits for token 3 are not finite"), std::string::npos)
      << all[1].error;
  EXPECT_NE(all[4].error.find("the logits for token 2 are not finite"), std::string::npos)
      << all[4].error;
  for (std::size_t i : {1u, 4u}) {
    EXPECT_TRUE(all[i].logprobs.empty() && all[i].argmax.empty() && all[i].top.empty());
  }
  for (std::size_t i : {0u, 2u, 3u}) {
    EXPECT_EQ(all[i].error, "");
    ASSERT_EQ(all[i].logprobs.size(),
              requests()[i].tokens.size() - static_cast<std::size_t>(requests()[i].first_scored));
    for (float logprob : all[i].logprobs) EXPECT_TRUE(std::isfinite(logprob) && logprob <= 0);
    const ScoreResult alone = score_all(engine, {requests()[i]})[0];
    EXPECT_EQ(alone.logprobs, all[i].logprobs);
  }
}

TEST(NotFinite, OnlyRequestsThatAskSuchARowFail) {
  expect_only_the_bad_ones_fail(*open_engine(overflowing()));
}

TEST(NotFinite, TheSameOnTwoRanks) {
  expect_only_the_bad_ones_fail(*open_engine(overflowing(), 2, 0, 2));
}

TEST(NotFinite, OneValueOfARowIsSeenByEveryInstructionSet) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(),
                  kInfinity = std::numeric_limits<float>::infinity();
  for (const char* isa : {"portable", "avx2", "avx512"}) {
    std::unique_ptr<Backend> backend;
    try {
      backend = make_cpu_backend(1, isa, false);
    } catch (const UserError&) {
      continue;  // not on this machine
    }
    for (std::int64_t width : {1, 15, 16, 17, 255, 256, 257, 700})
      for (std::int64_t at : {std::int64_t{0}, width / 2, width - 1})
        for (float bad : {kNaN, -kNaN, kInfinity}) {
          std::vector<float> row(static_cast<std::size_t>(width), 0.5f);
          row[static_cast<std::size_t>(at)] = bad;
          const SoftmaxStats stats = backend->softmax_stats_of(row.data(), width);
          EXPECT_FALSE(std::isfinite(stats.max) && std::isfinite(stats.sum))
              << isa << " width " << width << " at " << at << " value " << bad;
          const std::vector<RankedLogit> top =
              backend->largest(row.data(), width, std::vector<std::int32_t>{20});
          EXPECT_EQ(top.size(), 20u);
        }
  }
}

}  // namespace
}  // namespace flm::test
