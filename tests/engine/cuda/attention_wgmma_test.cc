// Attention by wgmma has mma.sync's bits in the emulation, whose twins sum alike, and is chosen
// where it is asked for and can be had.
#include <gmock/gmock.h>

#include <bit>
#include <cstdlib>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/attention_choice.h"
#include "engine/cuda/attention/batch_tables.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/attention_case.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/cuda/emulation/block.h"
#include "tests/engine/cuda/emulation/stream_queue.h"
#include "tests/error_of.h"

namespace flm::test {
namespace {

using testing::HasSubstr;

struct WgmmaCase {
  int head_dim, group, kv_heads;
  PackedBatch batch;
  std::string name;
  int window = 0;
  float cap = 0;
  bool operand = false, turned = false;
};

/// The last `rows` rows of a text of `length`, whose slots come in pages of 96 in falling order.
PackedBatch end_of_text(std::int32_t length, std::int32_t rows) {
  constexpr std::int32_t kPage = 96;
  const std::int32_t pages = (length + kPage - 1) / kPage;
  PackedBatch batch;
  for (std::int32_t page = 0; page < pages; ++page)
    batch.segments.push_back(
        {(pages - 1 - page) * kPage, page * kPage, std::min(kPage, length - page * kPage)});
  for (std::int32_t position = length - rows; position < length; ++position) {
    batch.ids.push_back(0);
    batch.positions.push_back(position);
    batch.slots.push_back(batch.segments[static_cast<std::size_t>(position / kPage)].slot +
                          position % kPage);
    batch.path_begin.push_back(0);
    batch.path_count.push_back(pages);
  }
  return batch;
}

class AttentionByWgmma : public ::testing::TestWithParam<WgmmaCase> {
 protected:
  const WgmmaCase& case_ = GetParam();
  const std::int64_t q_ = static_cast<std::int64_t>(case_.group) * case_.kv_heads * case_.head_dim,
                     kv_ = static_cast<std::int64_t>(case_.kv_heads) * case_.head_dim;
  std::int64_t slots_ = 0;

  void SetUp() override {
    for (const KvSegment& segment : case_.batch.segments)
      slots_ = std::max<std::int64_t>(slots_, segment.slot + segment.length);
  }

  std::vector<std::uint16_t> narrow(std::uint32_t seed) const {
    std::vector<std::uint16_t> bits;
    for (const float x : random_values(static_cast<std::size_t>(slots_ * kv_), seed))
      bits.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16));
    return bits;
  }

  /// Queries' places, and behind them the operand's bits in pairs.
  std::vector<float> run(bool wgmma, int queries) const {
    const Stream stream;
    DevicePool pool(stream, DevicePool::Takers::kSameStream);
    std::vector<float> host = random_values(static_cast<std::size_t>(case_.batch.rows() * q_), 1);
    for (float& x : host) x *= 4;
    host.resize(host.size() * 3 / 2);
    const auto placed = [&](const auto& values) {
      return Scratch(pool, stream, values.data(),
                     static_cast<std::int64_t>(values.size() * sizeof(values[0])));
    };
    const std::vector<QueryTile> own = query_tiles(case_.batch, queries / case_.group);
    const Scratch out = placed(host), keys = placed(narrow(2)), values = placed(narrow(3)),
                  tiles = placed(own), segments = placed(case_.batch.segments),
                  positions = placed(case_.batch.positions),
                  angles = placed(
                      random_values(static_cast<std::size_t>(slots_ * case_.head_dim / 2), 4));
    AttentionArgs args;
    args.queries = out.as<float>();
    args.query_stride = q_;
    args.keys = keys.as<float>();
    args.values = values.as<float>();
    args.kv_stride = kv_;
    args.heads = case_.group * case_.kv_heads;
    args.kv_heads = case_.kv_heads;
    args.head_dim = case_.head_dim;
    args.scale = 1 / std::sqrt(static_cast<float>(case_.head_dim));
    args.window = case_.window;
    args.score_cap = case_.cap;
    if (case_.operand) args.operand = out.as<float>() + case_.batch.rows() * q_;
    cuda::Rotation rotation;
    if (case_.turned)
      rotation = {angles.as<float>(), angles.as<float>(), case_.head_dim / 2,
                  positions.as<std::int32_t>(), case_.head_dim};
    cuda::attention_bf16(
        stream, args,
        {tiles.as<QueryTile>(), static_cast<std::int64_t>(own.size()), queries, nullptr, 0, wgmma},
        segments.as<KvSegment>(), {}, rotation);
    copy_to_host(host.data(), out.as<void>(), static_cast<std::int64_t>(host.size() * 4), stream);
    stream.wait();
    return host;
  }
  using QueryTile = cuda::QueryTile;
};

TEST_P(AttentionByWgmma, HasTheBitsOfMmaSync) {
  for (const int queries : {cuda::kMediumQueries, cuda::kWideQueries}) {
    ASSERT_TRUE(cuda::wgmma_takes(case_.head_dim, queries));
    const std::vector<float> expected = run(false, queries);
    for (const auto order : {emulation::Order::kAscending, emulation::Order::kShuffled}) {
      emulation::set_order(order);
      const std::vector<float> found = run(true, queries);
      std::int64_t differing = 0;
      for (std::size_t i = 0; i < found.size(); ++i)
        differing +=
            std::bit_cast<std::uint32_t>(found[i]) != std::bit_cast<std::uint32_t>(expected[i]);
      EXPECT_EQ(differing, 0) << queries << " queries, of " << found.size();
      EXPECT_FALSE(std::isnan(found[0]));
    }
    emulation::set_order(emulation::Order::kAscending);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionByWgmma,
    ::testing::Values(WgmmaCase{64, 2, 2, forked_batch(), "d64g2forked"},
                      WgmmaCase{80, 3, 1, forked_batch(), "d80g3forked"},
                      WgmmaCase{96, 1, 2, forked_batch(), "d96g1forked"},
                      WgmmaCase{128, 8, 1, forked_batch(), "d128g8forked"},
                      WgmmaCase{40, 2, 1, forked_batch(), "d40g2forked"},
                      WgmmaCase{104, 5, 1, end_of_text(77, 77), "d104g5whole"},
                      WgmmaCase{128, 2, 1, end_of_text(1, 1), "d128g2one"},
                      WgmmaCase{64, 1, 1, end_of_text(1101, 131), "d64g1spans"},
                      WgmmaCase{128, 4, 1, end_of_text(2051, 11), "d128g4spans", 0, 0, true, true},
                      WgmmaCase{80, 2, 1, end_of_text(150, 150), "d80g2operand", 0, 0, true, true},
                      WgmmaCase{128, 1, 2, end_of_text(1100, 90), "d128g1window", 70},
                      WgmmaCase{96, 2, 1, end_of_text(200, 200), "d96g2capwindow", 100, 3},
                      WgmmaCase{64, 16, 1, end_of_text(100, 30), "d64g16cap", 0, 2}),
    [](const auto& shape) { return shape.param.name; });

TEST(WgmmaChoice, TakesWhatFillsAWarpgroup) {
  for (const int head_dim : {8, 24, 32, 136, 256})
    EXPECT_FALSE(cuda::wgmma_takes(head_dim, cuda::kWideQueries)) << head_dim;
  EXPECT_FALSE(cuda::wgmma_takes(128, cuda::kNarrowQueries));
}

/// Sets FLM_CUDA_ATTENTION, and puts it back.
class AskedFor {
 public:
  explicit AskedFor(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    value ? setenv(kName, value, 1) : unsetenv(kName);
  }
  ~AskedFor() { before_.empty() ? unsetenv(kName) : setenv(kName, before_.c_str(), 1); }

 private:
  static constexpr const char* kName = "FLM_CUDA_ATTENTION";
  std::string before_;
};

std::string refusal(int major, int minor) {
  return error_of([&] { (void)wants_wgmma("a device", major, minor); });
}

TEST(WgmmaChoice, IsMadeByTheEnvironment) {
  {
    const AskedFor nothing(nullptr);
    EXPECT_FALSE(wants_wgmma("a device", 9, 0));
    EXPECT_FALSE(wants_wgmma("a device", 8, 0));
  }
  {
    const AskedFor mma("mma");
    EXPECT_FALSE(wants_wgmma("a device", 9, 0));
  }
  {
    const AskedFor other("wgmm");
    EXPECT_EQ(refusal(9, 0), "FLM_CUDA_ATTENTION takes mma or wgmma, not \"wgmm\"; unset it");
  }
  const AskedFor wgmma("wgmma");
  EXPECT_TRUE(wants_wgmma("a device", 9, 0));
  for (const auto& [major, minor] : {std::pair{8, 0}, {8, 9}, {10, 0}, {12, 0}})
    EXPECT_EQ(refusal(major, minor),
              "FLM_CUDA_ATTENTION=wgmma needs compute capability 9.0, and a device has " +
                  std::to_string(major) + "." + std::to_string(minor) + "; unset it");
}

/// The backend refuses at its door, and what it computes is named.
TEST(WgmmaChoice, IsTheBackends) {
  const CudaOptions bf16{0, true}, fp32{0, false};
  const AskedFor wgmma("wgmma");
  EXPECT_THAT(cuda_numerics(bf16, 1), testing::EndsWith("-wgmma"));
  EXPECT_THAT(cuda_numerics(fp32, 1), testing::Not(HasSubstr("wgmma")));
  emulation::set_compute_capability(8);
  EXPECT_THROW(cuda_backend(true), UserError);
  EXPECT_NO_THROW(cuda_backend(false));
  emulation::set_compute_capability(9);
}

}  // namespace
}  // namespace flm::test
