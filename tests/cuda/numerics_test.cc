// Errors against float64, and bits: bodies that run on a device where one is, else on the
// emulation.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "engine/cuda/cuda_backend.h"
#include "tests/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

float rounded(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7FFFu + (bits >> 16 & 1)) & 0xFFFF0000u);
}

std::vector<float> random_values(std::size_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator()) * 0x1p-31f - 1.0f;
  return values;
}

/// A stem of 70 rows and two branches of 9: paths that end within a tile of 64 and cross it.
PackedBatch forked_batch() {
  PackedBatch batch;
  batch.segments = {{0, 0, 70}, {0, 0, 70}, {70, 70, 9}, {0, 0, 70}, {79, 70, 9}};
  for (std::int32_t r = 0; r < 88; ++r) {
    const int branch = r < 70 ? 0 : r < 79 ? 1 : 2;
    batch.ids.push_back(0);
    batch.slots.push_back(r);
    batch.positions.push_back(branch == 2 ? r - 9 : r);
    batch.path_begin.push_back(branch == 0 ? 0 : 2 * branch - 1);
    batch.path_count.push_back(branch == 0 ? 1 : 2);
  }
  return batch;
}

std::vector<std::int32_t> path_slots(const PackedBatch& batch, std::size_t row) {
  std::vector<std::int32_t> slots;
  for (std::int32_t s = 0; s < batch.path_count[row]; ++s) {
    const KvSegment& segment = batch.segments[static_cast<std::size_t>(batch.path_begin[row] + s)];
    for (std::int32_t i = 0; i < segment.length; ++i)
      if (segment.position + i <= batch.positions[row]) slots.push_back(segment.slot + i);
  }
  return slots;
}

struct Attention {
  static constexpr int kHeads = 4, kKvHeads = 2;
  int head_dim;
  PackedBatch batch = forked_batch();
  std::vector<float> queries, keys, values;  // [rows, heads or kv_heads, head_dim]

  explicit Attention(int d) : head_dim(d) {
    const auto rows = static_cast<std::size_t>(batch.rows()), width = static_cast<std::size_t>(d);
    queries = random_values(rows * kHeads * width, 1);
    keys = random_values(rows * kKvHeads * width, 2);
    values = random_values(rows * kKvHeads * width, 3);
    for (float& query : queries) query *= 4;
  }

  /// One output row of one head; Real double: exact; float: naive, operands and weights bf16.
  template <class Real>
  std::vector<Real> plain(std::size_t row, int head) const {
    const auto narrow = [](float x) { return std::is_same_v<Real, float> ? rounded(x) : x; };
    const std::vector<std::int32_t> slots = path_slots(batch, row);
    const auto at = [&](const std::vector<float>& of, std::size_t r, int h, int heads, int i) {
      return static_cast<Real>(
          narrow(of[(r * static_cast<std::size_t>(heads) + static_cast<std::size_t>(h)) *
                        static_cast<std::size_t>(head_dim) +
                    static_cast<std::size_t>(i)]));
    };
    std::vector<Real> weights, out(static_cast<std::size_t>(head_dim));
    Real sum = 0, best = -1e30f;
    for (std::int32_t slot : slots) {
      Real dot = 0;
      for (int i = 0; i < head_dim; ++i)
        dot += at(queries, row, head, kHeads, i) *
               at(keys, static_cast<std::size_t>(slot), head / 2, kKvHeads, i);
      weights.push_back(dot * static_cast<Real>(scale()));
      best = std::max(best, weights.back());
    }
    for (Real& weight : weights) sum += weight = std::exp(weight - best);
    for (std::size_t k = 0; k < slots.size(); ++k)
      for (int i = 0; i < head_dim; ++i)
        out[static_cast<std::size_t>(i)] +=
            (std::is_same_v<Real, float>
                 ? static_cast<Real>(rounded(static_cast<float>(weights[k])))
                 : weights[k]) *
            at(values, static_cast<std::size_t>(slots[k]), head / 2, kKvHeads, i);
    for (Real& value : out) value /= sum;
    return out;
  }

  float scale() const { return 1.0f / std::sqrt(static_cast<float>(head_dim)); }

  /// Rows `rows` of the batch in one call, on a backend.
  std::vector<float> run(const Backend& backend, std::size_t first, std::size_t count) const {
    const auto width = static_cast<std::int64_t>(head_dim);
    PackedBatch part = batch;
    for (auto* field :
         {&part.ids, &part.positions, &part.slots, &part.path_begin, &part.path_count})
      *field = {field->begin() + static_cast<std::int64_t>(first),
                field->begin() + static_cast<std::int64_t>(first + count)};
    const auto place = [&](const std::vector<float>& host, std::size_t begin, std::size_t end) {
      Buffer memory = backend.allocate(static_cast<std::int64_t>((end - begin) * sizeof(float)));
      backend.upload(host.data() + begin, static_cast<std::int64_t>(end - begin), memory.get());
      return memory;
    };
    const std::size_t row_width = kHeads * static_cast<std::size_t>(head_dim);
    const Buffer query = place(queries, first * row_width, (first + count) * row_width),
                 key = place(keys, 0, keys.size()), value = place(values, 0, values.size());
    AttentionArgs args{query.get(),      kHeads * width, key.get(), value.get(),
                       kKvHeads * width, kHeads,         kKvHeads,  head_dim};
    args.scale = scale();
    Buffer key_slots, value_slots;
    if (backend.wants_kv_slots()) {
      const auto bytes = static_cast<std::int64_t>(keys.size()) * backend.kv_element_bytes();
      key_slots = backend.allocate(bytes);
      value_slots = backend.allocate(bytes);
      backend.begin(batch);
      backend.store_kv(batch, key.get(), value.get(), kKvHeads * width, kKvHeads * width,
                       key_slots.get(), value_slots.get());
      args.keys = key_slots.get();
      args.values = value_slots.get();
      args.stored = true;
    }
    backend.begin(part);
    backend.attention(part, args);
    std::vector<float> out(count * row_width);
    backend.download(query.get(), static_cast<std::int64_t>(out.size()), out.data());
    return out;
  }
};

class HeadDims : public ::testing::TestWithParam<int> {};

TEST_P(HeadDims, Bf16AttentionIsAsExactAsANaiveRun) {
  FLM_NEED_DEVICE();
  const Attention attention(GetParam());
  const auto backend = make_cuda_backend({0, true});
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
    const auto backend = make_cuda_backend({0, bf16});
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
  EXPECT_EQ(attention.run(*make_cuda_backend({0, false}), 0, 88),
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
  const auto backend = make_cuda_backend({0, true});
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
      const auto backend = make_cuda_backend({0, true});
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
  const std::vector<float> out = attention.run(*make_cuda_backend({0, true}), 0, 88);
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
    const auto backend = make_cuda_backend({0, bf16});
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
  FLM_NEED_SHARED();
  FLM_NEED_DEVICE();
  for (bool bf16 : {false, true}) {
    const ModelConfig config = read_model_config(nano());
    const auto communicator = make_single_communicator();
    const auto model = Model::create(config, WeightTable::open(nano(), config), *communicator,
                                     {1, "", false, 0, bf16});
    const std::vector<std::int32_t> tokens = random_ids(70, config.vocab_rows, 3);
    const auto scored = score_on(*model, {{tokens, 62, 0}}).front();
    EXPECT_EQ(scored.logprobs, decode(*model, tokens, 62));
  }
}

}  // namespace
}  // namespace flm::test
