// Rotation on the way into slots and shared memory, and attention's result as a product's operand:
// the bits of the same steps one by one, and errors against float64.
#include <algorithm>
#include <bit>
#include <cmath>

#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

constexpr double kBf16Unit = 0x1p-9;  // half an ulp, relative

std::uint16_t rounded(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

struct Shape {
  int head_dim, heads, kv_heads;
  std::int32_t stem;
};

/// A stem, and behind it seven rows of their own that leave it at different places: the last rows
/// meet in shared tiles at positions far apart.
PackedBatch stem_and_ends(std::int32_t stem) {
  constexpr std::int32_t kEnds = 7;
  PackedBatch batch;
  batch.segments = {{0, 0, stem}};
  for (std::int32_t row = 0; row < stem + kEnds; ++row) {
    const std::int32_t end = row - stem, position = end < 0 ? row : stem - 12 * end;
    batch.ids.push_back(0);
    batch.positions.push_back(position);
    batch.slots.push_back(row);
    batch.path_begin.push_back(static_cast<std::int32_t>(end < 0 ? 0 : batch.segments.size()));
    batch.path_count.push_back(end < 0 ? 1 : 2);
    if (end < 0) continue;
    batch.segments.push_back({0, 0, position});
    batch.segments.push_back({row, position, 1});
  }
  return batch;
}

PackedBatch rows_behind(const PackedBatch& batch, std::int32_t first) {
  PackedBatch part = batch;
  for (auto* field : {&part.ids, &part.positions, &part.slots, &part.path_begin, &part.path_count})
    field->erase(field->begin(), field->begin() + first);
  return part;
}

class FusedAttention : public ::testing::TestWithParam<Shape> {
 protected:
  const int dim_ = GetParam().head_dim, heads_ = GetParam().heads, kv_heads_ = GetParam().kv_heads;
  const std::int64_t q_ = heads_ * dim_, kv_ = kv_heads_ * dim_, stride_ = q_ + 2 * kv_;
  const PackedBatch batch_ = stem_and_ends(GetParam().stem);
  std::vector<double> frequencies_;
  std::vector<float> rows_;  // [rows, q | k | v]

  void SetUp() override {
    for (int i = 0; i < dim_ / 2; ++i) frequencies_.push_back(std::pow(500, -2.0 * i / dim_));
    std::mt19937 generator(3);
    for (std::int64_t i = 0; i < batch_.rows() * stride_; ++i)
      rows_.push_back(static_cast<float>(generator()) * 0x1p-31f - 1.0f);
  }
  float scale() const { return 2.0f / std::sqrt(static_cast<float>(dim_)); }

  enum class Steps { kApart, kFused, kFusedToOperand };
  /// Rows from `first` on, [rows, q]: fp32, or the operand's bits in pairs.
  std::vector<float> run(const Backend& backend, std::int32_t first, Steps steps,
                         bool slots = true) const {
    const RopeTable table = backend.rope_table(frequencies_, 1, GetParam().stem + 1);
    const auto bytes = batch_.rows() * kv_ * backend.kv_element_bytes();
    const Buffer keys = backend.allocate(bytes), values = backend.allocate(bytes),
                 rows = backend.allocate(static_cast<std::int64_t>(rows_.size() * sizeof(float)));
    backend.upload(rows_.data(), static_cast<std::int64_t>(rows_.size()), rows.get());
    AttentionArgs args{rows.get(), stride_, rows.get() + q_, rows.get() + q_ + kv_, stride_, heads_,
                       kv_heads_,  dim_,    scale()};
    float *key_slots = slots ? keys.get() : nullptr, *value_slots = slots ? values.get() : nullptr;
    backend.begin(batch_);
    if (steps == Steps::kApart)  // what a backend does that has no faster way
      backend.Backend::rope_store_kv(batch_, table, key_slots, value_slots, args);
    else
      backend.rope_store_kv(batch_, table, key_slots, value_slots, args);
    const PackedBatch part = rows_behind(batch_, first);
    backend.begin(part);
    args.queries += first * stride_;
    std::vector<float> out;
    if (steps == Steps::kFusedToOperand) {
      const Buffer operand = backend.allocate(part.rows() * q_ * 2);
      args.operand = operand.get();
      backend.attention(part, args);
      out.resize(static_cast<std::size_t>(part.rows() * q_ / 2));
      backend.download(operand.get(), static_cast<std::int64_t>(out.size()), out.data());
      return out;
    }
    backend.attention(part, args);
    out.resize(static_cast<std::size_t>(part.rows() * q_));
    for (std::int64_t r = 0; r < part.rows(); ++r)
      backend.download(args.queries + r * stride_, q_, out.data() + r * q_);
    return out;
  }

  /// Element i of a head in float64, turned; `at` is the head's first element in its row.
  double turned(std::int32_t row, std::int64_t at, int i) const {
    const int half = dim_ / 2, pair = i % half;
    const auto low = static_cast<std::size_t>(row * stride_ + at + pair);
    const double a = rows_[low], b = rows_[low + static_cast<std::size_t>(half)];
    const double angle = batch_.positions[static_cast<std::size_t>(row)] *
                         frequencies_[static_cast<std::size_t>(pair)];
    return i < half ? a * std::cos(angle) - b * std::sin(angle)
                    : a * std::sin(angle) + b * std::cos(angle);
  }
  void expect_near_exact(std::int32_t row, int head, const float* found) const;
};

/// q, k, v, weights and the result are rounded to bf16 once each, which no sum makes worse than in
/// the same direction: scores err by 2 units of the sum of |q k|, weights by that (twice, with
/// their sum) and two units. 1.1: products of errors, and all in fp32.
void FusedAttention::expect_near_exact(std::int32_t row, int head, const float* found) const {
  const std::int64_t kv_head = head / (heads_ / kv_heads_) * dim_;
  const auto r = static_cast<std::size_t>(row);
  std::vector<std::int32_t> slots;
  for (std::int32_t s = 0; s < batch_.path_count[r]; ++s) {
    const KvSegment& segment = batch_.segments[static_cast<std::size_t>(batch_.path_begin[r] + s)];
    for (std::int32_t i = 0; i < segment.length; ++i)
      if (segment.position + i <= batch_.positions[r]) slots.push_back(segment.slot + i);
  }
  std::vector<double> weights;
  double sum = 0, score_error = 0;
  for (const std::int32_t slot : slots) {
    double dot = 0, size = 0;
    for (int i = 0; i < dim_; ++i) {
      const double term = turned(row, head * dim_, i) * turned(slot, q_ + kv_head, i);
      dot += term;
      size += std::abs(term);
    }
    weights.push_back(std::exp(dot * static_cast<double>(scale())));
    sum += weights.back();
    score_error = std::max(score_error, 2 * kBf16Unit * size * static_cast<double>(scale()));
  }
  for (int i = 0; i < dim_; ++i) {
    double exact = 0, size = 0;
    for (std::size_t k = 0; k < slots.size(); ++k) {
      const double term =
          weights[k] / sum *
          static_cast<double>(
              rows_[static_cast<std::size_t>(slots[k] * stride_ + q_ + kv_ + kv_head + i)]);
      exact += term;
      size += std::abs(term);
    }
    ASSERT_NEAR(found[i], exact, 1.1 * (std::expm1(2 * score_error) + 4 * kBf16Unit) * size)
        << "row " << row << " head " << head << " element " << i;
  }
}

TEST_P(FusedAttention, Bf16HasTheBitsOfStepsApart) {
  FLM_NEED_DEVICE();
  const auto backend = cuda_backend(true);
  EXPECT_EQ(backend->operand_element_bytes(), 2);
  const std::int32_t ends = GetParam().stem;
  const std::vector<float> apart = run(*backend, 0, Steps::kApart);
  EXPECT_EQ(run(*backend, 0, Steps::kFused), apart);
  const auto width = static_cast<std::size_t>(q_), from = static_cast<std::size_t>(ends) * width;
  for (const std::int32_t first : {0, ends}) {  // wide tiles; shared ones, a block for each span
    const auto pairs = run(*backend, first, Steps::kFusedToOperand);
    for (std::size_t i = 0; i < 2 * pairs.size(); ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(pairs[i / 2]) >> (i % 2 * 16);
      ASSERT_EQ(bits & 0xFFFFu, rounded(apart[(first > 0 ? from : 0) + i])) << first << " " << i;
    }
  }
  const std::vector<float> last = run(*backend, ends, Steps::kFused);
  EXPECT_TRUE(
      std::equal(last.begin(), last.end(), apart.begin() + static_cast<std::ptrdiff_t>(from)));
  for (const std::int32_t row : {1, ends - 1, ends, ends + 1, ends + 6})
    for (const int head : {0, heads_ - 1})
      expect_near_exact(row, head, apart.data() + row * q_ + head * dim_);
}

TEST_P(FusedAttention, Fp32HasTheBitsOfStepsApartAndInPlace) {
  FLM_NEED_DEVICE();
  const auto backend = cuda_backend(false);
  EXPECT_EQ(backend->operand_element_bytes(), 0);
  const std::int32_t first = GetParam().stem - 2;
  const std::vector<float> apart = run(*backend, first, Steps::kApart);
  EXPECT_EQ(run(*backend, first, Steps::kFused), apart);
  EXPECT_EQ(run(*backend, first, Steps::kFused, false), apart);
}

INSTANTIATE_TEST_SUITE_P(Shapes, FusedAttention,
                         ::testing::Values(Shape{8, 16, 1, 100}, Shape{16, 2, 2, 1100},
                                           Shape{24, 4, 2, 150}, Shape{64, 3, 3, 150},
                                           Shape{80, 4, 1, 100}, Shape{96, 2, 1, 100},
                                           Shape{128, 4, 2, 150}, Shape{256, 2, 1, 100}),
                         [](const auto& shape) {
                           return "d" + std::to_string(shape.param.head_dim) + "g" +
                                  std::to_string(shape.param.heads / shape.param.kv_heads) + "s" +
                                  std::to_string(shape.param.stem);
                         });

}  // namespace
}  // namespace flm::test
