// Pinned algorithms over a stand-in for the library: one that depends on the number of rows is
// found out, and padded where there is no other.
#include "engine/cuda/pinned_gemm.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <filesystem>

#include "tests/cuda/cuda_fixture.h"
#include "tests/cuda/emulation/device.h"

namespace flm::test {
namespace {

constexpr std::uint64_t kAscending = 1, kDependsOnRows = 2, kManyRowsOnly = 3, kLateRowsDiffer = 4;
constexpr std::int64_t kN = 5, kK = 9;  // an odd number of bf16

/// Algorithm kDependsOnRows sums the other way round below 100 rows, kLateRowsDiffer behind the
/// 600th row of a call; kManyRowsOnly wants 200.
class StandIn : public GemmLibrary {
 public:
  explicit StandIn(std::vector<std::uint64_t> names) : names_(std::move(names)) {}
  std::vector<AlgorithmSettings> choices(const GemmShape&, std::int64_t) override {
    ++searches;
    std::vector<AlgorithmSettings> all;
    for (std::uint64_t name : names_) all.push_back({name, 0, 0, 0, 0, 0, 0, 0});
    return all;
  }
  bool supports(const AlgorithmSettings& settings, const GemmCall& call) override {
    return settings[0] != kManyRowsOnly || call.m >= 200;
  }
  void run(const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream,
           const GemmWorkspace&) override {
    const std::int64_t reversed_from = settings[0] == kLateRowsDiffer                  ? 600
                                       : settings[0] == kDependsOnRows && call.m < 100 ? 0
                                                                                       : call.m;
    emulation::enqueue(stream, [call, reversed_from] { multiply(call, reversed_from); },
                       {call.a, call.weight, call.c});
  }
  static inline int searches = 0;

 private:
  static float element(const GemmCall& call, const void* matrix, std::int64_t at) {
    return call.bf16 ? to_float(static_cast<const bf16*>(matrix)[at])
                     : static_cast<const float*>(matrix)[at];
  }
  static void multiply(const GemmCall& call, std::int64_t reversed_from) {
    for (std::int64_t r = 0; r < call.m; ++r)
      for (std::int64_t n = 0; n < call.n; ++n) {
        float sum = 0;
        for (std::int64_t i = 0; i < call.k; ++i) {
          const std::int64_t k = r >= reversed_from ? call.k - 1 - i : i;
          sum = std::fma(element(call, call.a, r * call.a_stride + k),
                         element(call, call.weight, n * call.k + k), sum);
        }
        float& c = call.c[r * call.c_stride + n];
        c = call.accumulate ? std::fma(call.alpha, sum, c) : call.alpha * sum;
      }
  }
  std::vector<std::uint64_t> names_;
};

class PinnedProducts : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "flm-pinned-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    weight_ = place(kN, 3);
    a_ = place(kRows, 4);
  }
  void TearDown() override {
    for (void* memory : {weight_, a_}) pool_.release(memory);
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<PinnedGemm> open(std::vector<std::uint64_t> names) {
    return std::make_unique<PinnedGemm>(std::make_unique<StandIn>(std::move(names)), table(),
                                        stream_);
  }
  AlgorithmTable table() const { return AlgorithmTable(folder_ / "table.txt"); }
  PinnedAlgorithm entry() const {
    return table().find({kN, kK, GetParam() ? "bf16" : "fp32"}).value();
  }
  /// Rows [begin, begin + rows) of c = 3 * a * weight^T + 1, in rows of eight.
  std::vector<float> product(PinnedGemm& gemm, std::int64_t begin, std::int64_t rows) {
    std::vector<float> c(static_cast<std::size_t>(rows * kStride), 1.0f);
    const auto bytes = static_cast<std::int64_t>(c.size() * sizeof(float));
    void* memory = pool_.acquire(bytes, stream_);
    copy_to_device(memory, c.data(), bytes, stream_);
    const auto* a = static_cast<const std::byte*>(a_) + begin * kK * (GetParam() ? 2 : 4);
    GemmCall call{a, kK, weight_, static_cast<float*>(memory), kStride, rows, kN, kK, GetParam()};
    call.alpha = 3;
    call.accumulate = true;
    gemm.run(call);
    copy_to_host(c.data(), memory, bytes, stream_);
    stream_.wait();
    pool_.release(memory);
    return c;
  }

  static constexpr std::int64_t kRows = 300, kStride = 8;
  std::filesystem::path folder_;
  Stream stream_;
  DevicePool pool_{stream_, DevicePool::Takers::kSameStream};
  void *weight_ = nullptr, *a_ = nullptr;

 private:
  void* place(std::int64_t rows, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::vector<std::uint32_t> wide;
    std::vector<std::uint16_t> narrow;
    for (std::int64_t i = 0; i < rows * kK; ++i) {
      wide.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(generator()) * 0x1p-31f - 1));
      narrow.push_back(static_cast<std::uint16_t>(wide.back() >> 16));
    }
    const std::int64_t bytes = rows * kK * (GetParam() ? 2 : 4);
    void* memory = pool_.acquire(bytes, stream_);
    if (GetParam())
      copy_to_device(memory, narrow.data(), bytes, stream_);
    else
      copy_to_device(memory, wide.data(), bytes, stream_);
    return memory;
  }
};

TEST_P(PinnedProducts, TheFirstChoiceThatDoesNotDependOnRowsIsKept) {
  StandIn::searches = 0;
  const std::vector<float> first =
      product(*open({kDependsOnRows, kManyRowsOnly, kLateRowsDiffer, kAscending}), 0, kRows);
  EXPECT_EQ(StandIn::searches, 1);
  EXPECT_EQ(entry().settings[0], kAscending);
  EXPECT_EQ(entry().rows, 0);
  EXPECT_EQ(product(*open({kDependsOnRows}), 0, kRows), first) << "the table's entry counts";
  EXPECT_EQ(StandIn::searches, 1);
}

TEST_P(PinnedProducts, WhereAllDependOnRowsEveryCallHasAsMany) {
  const auto gemm = open({kManyRowsOnly, kDependsOnRows});
  const std::vector<float> all = product(*gemm, 0, kRows);  // 128, 128 and 44 rows
  EXPECT_EQ(entry().rows, kPaddedRows);
  EXPECT_EQ(entry().settings[0], kDependsOnRows);
  for (std::int64_t begin : {0, 1, 127, 128, 256, 299}) {
    const std::vector<float> alone = product(*gemm, begin, 1);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + begin * kStride)) << begin;
  }
  StandIn::searches = 0;
  EXPECT_EQ(product(*open({kAscending}), 0, kRows), all) << "ascending is what 128 rows give";
  EXPECT_EQ(StandIn::searches, 0);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % kStride >= kN) {
      EXPECT_EQ(all[i], 1.0f) << "beyond the product's columns";
    }
}

TEST_P(PinnedProducts, AnEntryThatTheLibraryDoesNotTakeNamesTheFile) {
  table().add({kN, kK, GetParam() ? "bf16" : "fp32"}, {{kManyRowsOnly, 0, 0, 0, 0, 0, 0, 0}, 0});
  try {
    product(*open({kAscending}), 0, 16);
    FAIL() << "taken";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("delete " + (folder_ / "table.txt").string()));
  }
}

TEST_P(PinnedProducts, TuningRefusesOrPads) {
  StandIn both({kDependsOnRows, kAscending}), dependent({kDependsOnRows});
  const GemmShape shape{kN, 201, GetParam()};  // few sums of so many terms are exact
  const TunedAlgorithm sound = tune_gemm(both, shape), padded = tune_gemm(dependent, shape);
  EXPECT_EQ(sound.tried, 2);
  EXPECT_EQ(sound.dependent, 1);
  EXPECT_EQ(sound.pinned.settings[0], kAscending);
  EXPECT_EQ(sound.pinned.rows, 0);
  EXPECT_LE(sound.best_seconds, sound.seconds);
  EXPECT_EQ(padded.dependent, 1);
  EXPECT_EQ(padded.pinned.rows, kPaddedRows);
  EXPECT_GT(padded.seconds, 0);
  EXPECT_GT(padded.decode_seconds, 0);
}

TEST(Tuning, AmongEqualsTheOneThatDecodesFastest) {
  const auto timed = [](std::uint64_t name, double seconds, double decode) {
    return TimedAlgorithm{{name, 0, 0, 0, 0, 0, 0, 0}, seconds, decode};
  };
  EXPECT_EQ(best_of({timed(1, 1.0, 0.5), timed(2, 1.005, 0.2), timed(3, 1.02, 0.1)}).settings[0],
            2u);
  EXPECT_EQ(best_of({timed(1, 1.3, 0.1), timed(2, 1.0, 0.9)}).settings[0], 2u);
}

INSTANTIATE_TEST_SUITE_P(Types, PinnedProducts, ::testing::Bool(),
                         [](const auto& type) { return type.param ? "bf16" : "fp32"; });

}  // namespace
}  // namespace flm::test
