// Models over ranks with a device each, NCCL's stand-in between them: the bits of one rank.
#include <map>

#include "engine/cpu/cpu_backend.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/cuda_cost.h"
#include "engine/engine.h"
#include "tests/engine/cuda/devices/nccl_fixture.h"
#include "tests/engine/cuda/emulation/collectives.h"
#include "tests/engine/parallel/rank_bits.h"

namespace flm::test {
namespace {

/// Ranks of a shape of rank_shapes(); none: not here.
struct BitsCase {
  std::string name;
  bool bf16 = false;
  std::map<std::string, std::vector<int>> ranks = {};
  emulation::Eagerness eagerness = emulation::Eagerness::kLate;
};

class NcclBits : public NcclRanks, public ::testing::WithParamInterface<BitsCase> {
 protected:
  /// The next device for each, in turn.
  std::unique_ptr<Backend> backend() {
    return make_cuda_backend({next_++ % 8, GetParam().bf16}, make_cpu_backend(1, ""));
  }

 private:
  int next_ = 0;
};

TEST_P(NcclBits, OfAnyCountAreThoseOfOne) {
  emulation::set_eagerness(GetParam().eagerness);
  const std::int64_t begun = emulation::nccl_use().gathers;
  for (const RankShape& shape : rank_shapes()) {
    const auto ranks = GetParam().ranks.find(shape.name);
    if (ranks == GetParam().ranks.end()) continue;
    expect_bits_of_one_rank(
        shape, ranks->second, [&] { return backend(); }, rank_requests(shape.vocab, {2, 40}));
  }
  EXPECT_GT(emulation::nccl_use().gathers, begun + 100);
}

INSTANTIATE_TEST_SUITE_P(
    Types, NcclBits,
    ::testing::Values(BitsCase{"fp32", false, {{"gqa", {4}}, {"odd", {3}}, {"normed", {3}}}},
                      BitsCase{"bf16", true, {{"mha", {2}}, {"mqa", {8}}, {"normed", {8}}}},
                      BitsCase{"bf16Four", true, {{"gqa", {4}}, {"odd", {2, 4, 8}}}},
                      BitsCase{"bf16Mha", true, {{"mha", {3, 4, 8}}}},
                      BitsCase{"bf16Early", true, {{"odd", {3}}}, emulation::Eagerness::kEarly}),
    [](const auto& bits) { return bits.param.name; });

class NcclSteps : public NcclRanks {};

/// A layer of the shape of the 52B model at a sixteenth of its size: over 8 ranks shards of the MLP
/// are 170 or 171 wide.
TEST_F(NcclSteps, OfALayerLikeThe52BModelsHaveTheBitsOfOne) {
  int device = 0;
  EXPECT_GT(expect_bits_of_one_rank(
                {.name = "52B / 16",
                 .heads = 32,
                 .kv_heads = 32,
                 .head_dim = 16,
                 .hidden = 512,
                 .intermediate = 1364,
                 .vocab = 1024,
                 .layers = 1},
                {8},
                [&] {
                  return make_cuda_backend({device++ % 8, true}, make_cpu_backend(1, ""));
                },
                rank_requests(1024, {2, 40})),
            80u);
}

/// Steps of decoding are replayed on all ranks, gathers and all: of a layer four, and of queries
/// and of keys where all heads are normed together.
void expect_recorded(HeadNorm norm, int gathers) {
  const RankShape shape{
      .name = "gqa", .heads = 4, .kv_heads = 2, .head_dim = 16, .hidden = 64, .head_norm = norm};
  int device = 0;
  const MakeBackend make = [&] {
    return make_cuda_backend({device++ % 8, true}, make_cpu_backend(1, ""));
  };
  const Decoded expected = decode_some(*ranks_of(shape, 1, make), shape.vocab);
  const std::int64_t graphs = emulation::graph_launches(),
                     recorded = emulation::nccl_use().recorded, hazards = emulation::hazards();
  EXPECT_TRUE(decode_some(*ranks_of(shape, 2, make), shape.vocab) == expected);
  // Six steps of one row follow the prompt: the first is plain, each of the others a graph.
  EXPECT_EQ(emulation::graph_launches() - graphs, 2 * 5);
  EXPECT_EQ(emulation::nccl_use().recorded - recorded, 2 * gathers * shape.layers);
  EXPECT_EQ(emulation::hazards(), hazards);
}

TEST_F(NcclSteps, AreRecorded) {
  expect_recorded(HeadNorm::kNone, 4);
  expect_recorded(HeadNorm::kWholeProjection, 6);
}

TEST_F(NcclSteps, RunPlainlyWhereTheBackendsAreTold) {
  const RankShape shape{.name = "gqa", .heads = 4, .kv_heads = 2, .head_dim = 16, .hidden = 64};
  int device = 0;
  CudaOptions options{0, true};
  options.record_gathers = false;
  const std::int64_t graphs = emulation::graph_launches();
  const auto group = ranks_of(shape, 2, [&] {
    options.device = device++;
    return make_cuda_backend(options, make_cpu_backend(1, ""));
  });
  (void)decode_some(*group, shape.vocab);
  EXPECT_EQ(emulation::graph_launches(), graphs);
}

TEST_F(NcclSteps, ArePlainCopiesOnOneDeviceOrWithoutTheLibrary) {
  const std::int64_t gathers = emulation::nccl_use().gathers;
  const RankShape shape{.name = "mha"};
  const auto one_device = ranks_of(shape, 2, [] {
    return make_cuda_backend({3, true}, make_cpu_backend(1, ""));
  });
  (void)decode_some(*one_device, shape.vocab);
  setenv("FLM_NCCL", "0", 1);
  int device = 0;
  const auto asked_for = ranks_of(shape, 2, [&] {
    return make_cuda_backend({device++, true}, make_cpu_backend(1, ""));
  });
  (void)decode_some(*asked_for, shape.vocab);
  EXPECT_EQ(emulation::nccl_use().gathers, gathers);
}

class Gathers : public NcclRanks {
 protected:
  static std::string of(const std::string& device, int ranks) {
    SilentProgress silent;
    EngineOptions options;
    options.model = "synthetic:tiny";
    options.device = device;
    options.tensor_parallel = ranks;
    return Engine::open(options, silent)->info().gathers;
  }
};

/// Before anything runs: what will move the bytes, and why.
TEST_F(Gathers, AreNamedWithTheReason) {
  EXPECT_EQ(of("cuda:0", 1), "");
  EXPECT_EQ(of("cuda:0,1", 2).rfind("NCCL 2.", 0), 0u) << of("cuda:0,1", 2);
  EXPECT_EQ(of("cuda:0", 2), "copies between ranks: some ranks share a device");
  setenv("FLM_NCCL", "0", 1);
  EXPECT_EQ(of("cuda:0,1", 2), "copies between ranks: FLM_NCCL=0");
  unsetenv("FLM_NCCL");
  const std::string found = of("cuda:0,1", 2);
  EXPECT_TRUE(found.rfind("copies between ranks: NCCL: ", 0) == 0 || found.rfind("NCCL 2.", 0) == 0)
      << found;
  setenv("FLM_NCCL", "/nowhere/libnccl.so", 1);
  EXPECT_THROW(of("cuda:0,1", 2), UserError) << "a library that was named must be there";
  EXPECT_EQ(of("cpu", 2), "the host's memory, which all ranks share");
}

/// 2,112 logits are eight blocks of 256 and one of 64; of eight ranks one has that one besides.
TEST_F(Gathers, OfLogitsHaveRoom) {
  const RankShape shape{.name = "eight", .heads = 8, .kv_heads = 8, .vocab = 2112};
  const ModelConfig config = config_of(shape);
  EXPECT_EQ(cuda_cost_of(config, 8, true, 64).logits_bytes, 4 * (2112 + 320 + 8 * 320) + 8 * 16);
  EXPECT_EQ(cuda_cost_of(config, 1, true, 64).logits_bytes, 4 * 2 * 2112);
}

/// Of a row, beside what one rank has: all heads in fp32, then a gather of the heads in bf16 and
/// one of the hidden columns in fp32, each as wide as the widest of three ranks' parts, padded; in
/// place of the first those of q and k in fp32 where they are normed together. Nine heads of 8,
/// three key heads.
TEST_F(Gathers, OfRowsHaveRoom) {
  RankShape shape{.name = "nine", .heads = 9, .kv_heads = 3, .hidden = 96};
  const auto more = [&] {
    const ModelConfig config = config_of(shape);
    const std::int64_t q = 24, kv = 8, here = 4 * (2 * 96 + q + 2 * kv) + 2 * (q + 2 * kv);
    const std::int64_t of_one = cuda_cost_of(config, 1, true, 64).row_bytes,
                       shared = of_one - (4 * (2 * 96 + 72 + 2 * 24) + 2 * (72 + 2 * 24));
    return cuda_cost_of(config, 3, true, 64).row_bytes - here - shared;
  };
  EXPECT_EQ(more(), 4 * 72 + 3 * (2 * 24 + 4 * 32 + 48));
  shape.head_norm = HeadNorm::kWholeProjection;
  EXPECT_EQ(more(), 4 * 72 + 3 * (4 * (24 + 8) + 4 * 32 + 48));
}

/// The rows of four texts more on three devices take no more than what is planned for rows, for the
/// MLP's tile that they enlarge, and for the four rows of the head.
TEST_F(Gathers, OfRowsTakeNoMoreThanTheirRoom) {
  constexpr int kRanks = 3, kTexts = 4, kLength = 64;
  const RankShape shape{.name = "nine",
                        .heads = 9,
                        .kv_heads = 3,
                        .hidden = 96,
                        .intermediate = 9,
                        .head_norm = HeadNorm::kWholeProjection};
  const auto peak = [&](int texts) {
    emulation::reset_peak();
    const std::int64_t before = emulation::device_use().bytes;
    int device = 0;
    const auto group = ranks_of(shape, kRanks, [&] {
      return make_cuda_backend({device++, true}, make_cpu_backend(1, ""));
    });
    std::vector<ScoreRequest> requests;
    for (int text = 0; text < texts; ++text)
      requests.push_back(
          {random_ids(kLength + 1, shape.vocab, static_cast<std::uint32_t>(text)), kLength, 0});
    (void)score_on(*group, requests);
    return emulation::device_use().peak_bytes - before;
  };
  const std::int64_t tile = 4 * (3 * 3 + 9) + 16 * kRanks, head = 4 * (700 + 2 * 96) + 64;
  const std::int64_t row = cuda_cost_of(config_of(shape), kRanks, true, 256).row_bytes + tile;
  EXPECT_LE(peak(2 * kTexts) - peak(kTexts), kRanks * kTexts * (kLength * row + head));
}

}  // namespace
}  // namespace flm::test
