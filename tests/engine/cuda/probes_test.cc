// The probes of a device on the emulation, small: what they print there is known.
#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "bench/probe/cuda/attention_bits.h"
#include "bench/probe/cuda/instructions.h"
#include "bench/probe/cuda/traffic.h"
#include "bench/probe/probe.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/cuda/emulation/block.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

namespace flm::bench {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

/// The value behind each key.
std::map<std::string, std::string> values_of(const std::string& lines) {
  std::map<std::string, std::string> values;
  std::istringstream in(lines);
  for (std::string key, value, unit; in >> key >> value >> unit;) values[key] = value;
  return values;
}

InstructionSizes small_sizes() {
  InstructionSizes sizes;
  sizes.product = {64, 64, 48};
  sizes.exponential_first = 0x42F00000;  // 120 .. 127
  sizes.exponential_count = 0x000E0001;
  sizes.exponential_run = 1500;
  return sizes;
}

TEST(Probes, InstructionsOfTheEmulationAreEqual) {
  for (const auto order : {emulation::Order::kAscending, emulation::Order::kShuffled}) {
    emulation::set_order(order);
    std::ostringstream lines;
    EXPECT_TRUE(probe_instructions(true, small_sizes(), lines)) << lines.str();
    auto values = values_of(lines.str());
    for (const char* layout :
         {"mma_layout", "mma_two_tiles_layout", "wgmma_layout", "wgmma_tile_64_layout",
          "wgmma_tile_80_layout", "wgmma_tile_96_layout", "wgmma_tile_128_layout"})
      EXPECT_EQ(values[layout], "ok") << layout;
    for (const char* zero : {"mma_two_tiles_differing_outputs", "wgmma_differing_outputs",
                             "wgmma_differing_bits", "ex2_ascents", "ex2_below_minus_126"})
      EXPECT_EQ(values[zero], "0") << zero;
  }
  emulation::set_order(emulation::Order::kAscending);
}

/// The twin rounds once: half a unit. The polynomial's error is less than 2e-7, and one unit is at
/// least 2^-24 of the value.
TEST(Probes, ExponentialsErrAsTheyMust) {
  std::ostringstream lines;
  EXPECT_TRUE(probe_instructions(false, small_sizes(), lines));
  auto values = values_of(lines.str());
  EXPECT_EQ(values["wgmma_layout"], "absent");
  EXPECT_THAT(std::stod(values["ex2_worst_ulps"]), AllOf(Ge(0.49), Le(0.5)));
  EXPECT_THAT(std::stod(values["ex2_worst_error"]), AllOf(Ge(0x1p-26), Le(0x1p-24)));
  EXPECT_THAT(std::stod(values["polynomial_worst_error"]), AllOf(Ge(0x1p-25), Le(2e-7)));
  EXPECT_THAT(std::stod(values["polynomial_worst_ulps"]), AllOf(Ge(0.5), Le(2e-7 * 0x1p24)));
  EXPECT_EQ(values["ex2_error_at_0"], "0");
  EXPECT_EQ(values["polynomial_error_at_0"], "0");
}

/// Seven floats in four runs: each knows the one before it, and a run that goes on beyond the last
/// ends there.
TEST(Probes, RunsOfExponentialsMeet) {
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch memory(pool, stream, 4 * static_cast<std::int64_t>(sizeof(ExponentialTally)));
  tally_exponentials(stream, Exponential::kPolynomial, 0x42FBFFFE, 7, 2,  // -126 is the third
                     memory.as<ExponentialTally>());
  std::vector<ExponentialTally> tallies(4);
  copy_to_host(tallies.data(), memory.as<void>(),
               static_cast<std::int64_t>(4 * sizeof(ExponentialTally)), stream);
  stream.wait();
  EXPECT_EQ(tallies[0].below, 0.0f);
  EXPECT_GT(tallies[2].below, 0x0.FFFp-126f);
  EXPECT_LT(tallies[3].below, 0x1p-126f);
  EXPECT_EQ(tallies[3].worst_ulps, 0);
  for (const ExponentialTally& tally : tallies) EXPECT_EQ(tally.ascents, 0);
}

TEST(Probes, AttentionOfTheEmulationIsEqual) {
  std::ostringstream lines;
  probe_attention(true, {70, 1, 2}, lines);
  auto values = values_of(lines.str());
  for (const char* zero :
       {"attention_d64_q64_differing_outputs", "attention_d80_q128_differing_outputs",
        "attention_d96_q64_differing_bits", "attention_d128_q128_differing_outputs"})
    EXPECT_EQ(values[zero], "0") << zero << lines.str();
  EXPECT_EQ(values["attention_wgmma"], "equal");
  lines.str("");
  probe_attention(false, {}, lines);
  EXPECT_EQ(lines.str(), "attention_wgmma absent not_9.0_or_no_sm_90a\n");
}

TEST(Probes, TrafficIsMeasured) {
  std::ostringstream lines;
  probe_traffic({1 << 16, 1 << 16, 1 << 20, 1, 1}, lines);
  auto values = values_of(lines.str());
  for (const char* key : {"copy", "read", "host_to_device", "device_to_host", "lock", "touch",
                          "touch_locked", "unlock", "host_free_before", "host_free_after_lock"}) {
    ASSERT_TRUE(values.count(key)) << lines.str();
    EXPECT_GT(std::stod(values[key]), 0) << key;
  }
  EXPECT_EQ(values["lock_bytes"], "0.00104858");
}

TEST(Probes, ThoseOfTheDeviceAreThereWhereItIs) {
  std::vector<std::string> names;
  for (const Probe& probe : every_probe()) names.push_back(probe.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf({"mmlu-ids", "store-weights", "instructions", "attention",
                                     "traffic", "gemm", "tensor-parallel", "sustained"}));
  emulation::set_device(0, 0);
  std::ostringstream lines;
  EXPECT_EQ(run_probe_command_line({"traffic"}, lines), 2);
  emulation::set_device(1, std::int64_t{4} << 30);
  EXPECT_EQ(lines.str(), "");
}

}  // namespace
}  // namespace flm::bench
