// Attention's weights where scores are extreme or no numbers.
#include <cmath>
#include <limits>

#include "tests/engine/cuda/attention_case.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

/// Scores as the first element of keys, for queries that are 1 there and 0 elsewhere: all operands
/// are exact in bf16.
void set_scores(Attention& attention, const std::vector<float>& scores) {
  const auto width = static_cast<std::size_t>(attention.head_dim);
  for (std::size_t i = 0; i < attention.queries.size(); ++i)
    attention.queries[i] = i % width == 0 ? 1.0f : 0.0f;
  for (std::size_t i = 0; i < attention.keys.size(); ++i)
    attention.keys[i] = i % width == 0 ? rounded(scores[i / width % scores.size()]) : 0.0f;
  for (float& value : attention.values) value = rounded(value);
}

/// What rounding explains of an output, in units of the mean of |value| under the exact weights:
/// 2^-9 for the weights' rounding to bf16; 2 * 2^-22 for their exponential, above and below the
/// line; 2 * 88 * 2^-24 for two sums of 88; and as w * |x| < 0.54 for w = 2^x, 3 * 2^-24 of that
/// for x: together less than 2^-9 + 2^-16.
TEST(Weights, OfExtremeScoresAreWithinTheirRounding) {
  FLM_NEED_DEVICE();
  const float infinity = std::numeric_limits<float>::infinity();
  Attention attention(16);
  std::vector<float> scores = random_values(63, 6);
  for (float& score : scores) score = 180 * score - 180;  // weights down to 2^-130
  const float below = -4 * 0.6931472f;                    // a power of two less, after the scale
  for (const float power : {0.0f, 126.5f, 127.0f, 128.0f, 150.0f, 1000.0f, infinity})
    scores.push_back(power == 0 ? 0.0f : power * below);
  set_scores(attention, scores);
  const std::vector<float> out = attention.run(*cuda_backend(true), 0, 88);
  Attention sizes = attention;
  for (float& value : sizes.values) value = std::abs(value);
  for (std::size_t row = 0; row < 88; ++row)
    for (int head = 0; head < Attention::kHeads; ++head) {
      const auto exact = attention.plain<double>(row, head), size = sizes.plain<double>(row, head);
      const float* mine = &out[(row * Attention::kHeads + static_cast<std::size_t>(head)) * 16];
      for (std::size_t i = 0; i < 16; ++i)
        EXPECT_LE(std::abs(static_cast<double>(mine[i]) - exact[i]), (0x1p-9 + 0x1p-16) * size[i])
            << row << " " << head;
    }
}

/// A NaN reaches the rows that see it, and no other. In bf16 one in a value reaches the queries of
/// its tile that come before the key, too: the weight there is 0, but 0 * NaN is a NaN.
TEST(Weights, ANaNStaysOne) {
  FLM_NEED_DEVICE();
  constexpr std::size_t kDim = 16, kRow = Attention::kHeads * kDim, kSeen = 30, kAsked = 75;
  const Attention clean(kDim);
  enum class In { kQuery, kKey, kValue };
  for (const bool bf16 : {false, true}) {
    const auto backend = cuda_backend(bf16);
    const std::vector<float> expected = clean.run(*backend, 0, 88);
    for (const In in : {In::kQuery, In::kKey, In::kValue}) {
      Attention attention = clean;
      if (in == In::kQuery) attention.queries[kAsked * kRow + kDim + 3] = std::nanf("");
      if (in == In::kKey) attention.keys[kSeen * Attention::kKvHeads * kDim + 3] = std::nanf("");
      if (in == In::kValue)
        attention.values[kSeen * Attention::kKvHeads * kDim + 3] = std::nanf("");
      const std::vector<float> out = attention.run(*backend, 0, 88);
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t row = i / kRow, head = i / kDim % Attention::kHeads, d = i % kDim;
        const bool seen = row >= kSeen && head < 2;  // all later rows have the stem on their path
        const bool reached = in == In::kQuery ? row == kAsked && head == 1
                             : in == In::kKey ? seen
                                              : seen && d == 3;
        if (bf16 && in == In::kValue && head < 2 && d == 3 && row < kSeen) continue;
        EXPECT_EQ(std::isnan(out[i]), reached) << bf16 << " row " << row << " head " << head;
        if (!reached) {
          EXPECT_EQ(out[i], expected[i]) << bf16 << " row " << row << " head " << head;
        }
      }
    }
  }
}

}  // namespace
}  // namespace flm::test
